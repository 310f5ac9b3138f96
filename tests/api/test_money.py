"""Amounts for people."""

import random
from decimal import Decimal

import pytest

from cinema.api.money import format_amount


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1250, "EUR", "12.50 EUR"),
        (5, "USD", "0.05 USD"),
        (0, "EUR", "0.00 EUR"),
        (1250, "JPY", "1250 JPY"),
        (1250, "KWD", "1.250 KWD"),
    ],
)
def test_amount_has_the_digits_of_its_currency(amount, currency, text):
    assert format_amount(amount, currency) == text


def test_amounts_of_100_000_carts_add_up_to_the_amount_of_the_cart():
    """The sum of the texts is the text of the sum, for currencies with 0, 2 and 3 digits. No step rounds."""
    chance = random.Random(7)
    amounts = [
        0,
        1,
        5,
        33,
        99,
        101,
        995,
        1005,
        1115,
        2675,
        10**9,
        *(chance.randrange(10**9) for _ in range(39)),
    ]
    for currency, carts in (("EUR", 60_000), ("JPY", 20_000), ("KWD", 20_000)):
        decimals = {amount: Decimal(format_amount(amount, currency).split()[0]) for amount in amounts}
        for _ in range(carts):
            cart = chance.choices(amounts, k=chance.randint(1, 6))
            assert f"{sum(map(decimals.get, cart))} {currency}" == format_amount(sum(cart), currency)
