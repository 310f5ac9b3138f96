"""Compares bookings with the same sale without its sub-selects of prices, on PostgreSQL.

Each request passes through the WSGI application. Its CPU time includes that of the database.
"""

from collections.abc import Iterator
from itertools import count, islice
from time import process_time
from typing import Any

from bench import fixtures, users
from bench.cpu_time import database_cpu_seconds
from bench.errors import require
from bench.inprocess import request_to, respond
from bench.sizes import SHORT_ROUNDS, full_or_quick

# Database CPU time is counted in ticks of 10 ms, and a sale takes about 0.3 ms of it.
REQUESTS = full_or_quick(500, 20)
USERS = 500


def measure() -> dict[str, Any]:
    """Returns the CPU microseconds of a booking per round, of process and database together."""
    from cinema.seats.booking.statements import sales
    from cinema.shows.models import PriceList, Show

    tokens = users.create_tokens(USERS)
    shows_needed = (SHORT_ROUNDS + 1) * REQUESTS // fixtures.SEATS + 1
    price_list = PriceList.objects.create(name="Prices")
    for position, amount in enumerate((1250, 900)):
        price_list.prices.create(category="", kind=f"Kind {position}", amount=amount, position=position)
    with_list, without_list, without_prices = (fixtures.add_shows(shows_needed) for _ in range(3))
    Show.objects.filter(pk__in=with_list).update(price_list=price_list)
    variants = {
        "sale without prices": (_without_prices(sales.BOOK), _seats(without_prices)),
        "show without a price list": (sales.BOOK, _seats(without_list)),
        "show with a price list": (sales.BOOK, _seats(with_list)),
    }
    fixtures.analyze_and_checkpoint()
    figures: dict[str, Any] = {name: {"us": []} for name in variants}
    turn = count()
    for warm in [False] + [True] * SHORT_ROUNDS:
        for name, (statement, seats) in variants.items():
            sales.BOOK = statement
            requests = [
                request_to("POST", f"/shows/{show}/book/", tokens[next(turn) % USERS], {"seat_number": seat})
                for show, seat in islice(seats, REQUESTS)
            ]
            start = process_time() + database_cpu_seconds()
            statuses = [respond(request)[0] for request in requests]
            spent = process_time() + database_cpu_seconds() - start
            require(set(statuses) == {201}, f"{name}: the bookings returned {set(statuses)}.")
            if warm:
                figures[name]["us"].append(1e6 * spent / REQUESTS)
    return figures


def _seats(shows: range) -> Iterator[tuple[int, int]]:
    return ((show, seat) for show in shows for seat in range(1, fixtures.SEATS + 1))


def _without_prices(sale: str) -> str:
    """The same statement, with constants in place of what it reads from price lists."""
    from cinema.seats.booking.prices import has_price, price_of
    from cinema.seats.booking.statements.recording import KIND
    from cinema.seats.booking.statements.sales import CATEGORY

    no_price = "(SELECT CAST(NULL AS text) AS kind, CAST(NULL AS integer) AS amount)"
    parts = {has_price(CATEGORY, KIND): "TRUE", price_of("sold.category", KIND): no_price}
    for part, constant in parts.items():
        require(part in sale, f"The sale does not contain {part}.")
        sale = sale.replace(part, constant)
    return sale
