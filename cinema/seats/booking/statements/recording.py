"""Records the bookings of the seats that a sale takes, at their prices.

On PostgreSQL the statement that takes the seats records the bookings, too. SQLite and a distributed database
need statements of their own for that.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cinema.seats.booking.prices import price_of
from cinema.seats.booking.statements.answers import JOIN_SHOW, SHOW_COLUMNS, booking_from, with_show
from cinema.seats.models import Booking
from cinema.seats.orders import new_order
from cinema.seats.sql.dialect import JSON_VALUE
from cinema.seats.sql.distributed import is_distributed
from cinema.seats.sql.fetch import fetch_all, fetch_one

# The kinds of prices that the buyer wants: of one seat, and of several seats by number.
KIND = "CAST(%(kind)s AS text)"
KIND_OF_SEAT = JSON_VALUE.format("%(kinds)s", "number")

BOOKING_COLUMNS = """show_id, seat_number, sold_label, status, created_at, "order",
  kind, amount, currency"""
# The price that counts is the one at the sale. A later change of the list changes no booking.
PRICE = "price.kind, price.amount, CASE WHEN price.kind IS NOT NULL THEN %(currency)s END"
# With an idempotency key, each booking stores the request: the call, its number, its place in the answer.
KEY_COLUMNS = ", idempotency_key, key_call, key_number, key_place"
# The buyer of a booking. A guest at the till has no account; then `user` is the clerk.
BY_USER = ("user_id", "%(user)s")
BY_GUEST = ("sold_by_id, guest_name, guest_folded", "%(user)s, %(guest_name)s, %(guest_folded)s")


def sale_values(
    user_id: int,
    show_id: int,
    *,
    call: str,
    key: str | None,
    password_hash: str | None = None,
    kinds: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """The values that every sale has. `kinds` are the kinds of the prices by seat number."""
    return {
        "user": user_id,
        "password_hash": password_hash,
        "show": show_id,
        "key": key,
        "call": call,
        "kinds": json.dumps(kinds) if kinds else None,
        "currency": settings.CURRENCY,
        "now": timezone.now(),
        "order": new_order(),
    }


def take_and_record(take: str, kind: str, buyer: tuple[str, str] = BY_USER, *, with_key: bool = False) -> str:
    """One PostgreSQL statement, which is its own transaction: one round trip sells the seats."""
    columns, values = KEY_COLUMNS if with_key else "", ""
    if with_key:
        values = ", %(key)s, %(call)s, number, ROW_NUMBER() OVER (ORDER BY number)"
    return f"""
WITH sold AS ({take}),
booked AS (
INSERT INTO seats_booking ({buyer[0]}, {BOOKING_COLUMNS}{columns})
SELECT {buyer[1]}, show_id, number, label, 'booked', %(now)s, %(order)s, {PRICE}{values}
FROM sold LEFT JOIN LATERAL {price_of("sold.category", kind)} price ON TRUE
RETURNING id, seat_number, sold_label, kind, amount, currency)
SELECT booked.id, booked.seat_number, booked.sold_label, booked.kind, booked.amount, booked.currency,
       {SHOW_COLUMNS}
FROM booked {JOIN_SHOW}
ORDER BY booked.seat_number"""  # noqa: S608


def _record_one(columns: str = "", values: str = "", buyer: tuple[str, str] = BY_USER) -> str:
    """Records the booking of a seat that an earlier statement took."""
    return f"""
INSERT INTO seats_booking ({buyer[0]}, {BOOKING_COLUMNS}{columns})
SELECT {buyer[1]}, %(show)s, number, label, 'booked', %(now)s, %(order)s, {PRICE}{values}
FROM (SELECT %(seat)s AS number, %(label)s AS label) sold
LEFT JOIN {price_of("%(category)s", KIND)} price ON TRUE
RETURNING id, kind, amount, currency"""  # noqa: S608


KEY_VALUES = ", %(key)s, %(call)s, %(seat)s, %(place)s"
# By whether the call has an idempotency key and whether the buyer is a guest.
RECORD = {
    (False, False): _record_one(),
    (True, False): _record_one(KEY_COLUMNS, KEY_VALUES),
    (False, True): _record_one(buyer=BY_GUEST),
    (True, True): _record_one(KEY_COLUMNS, KEY_VALUES, BY_GUEST),
}

# On a distributed database. Citus runs an INSERT of values on the node of the show, but not one with a query.
# The price is in tables that each node has, so it is read beforehand, in the same transaction.
PRICE_AND_SHOW = f"""
SELECT price.kind, price.amount, {SHOW_COLUMNS}
FROM shows_show show JOIN shows_movie movie ON movie.id = show.movie_id
LEFT JOIN {price_of("%(category)s", KIND)} price ON TRUE
WHERE show.id = %(show)s"""  # noqa: S608


def _record_values(columns: str = "", values: str = "", buyer: tuple[str, str] = BY_USER) -> str:
    return f"""
INSERT INTO seats_booking ({buyer[0]}, {BOOKING_COLUMNS}{columns})
VALUES ({buyer[1]}, %(show)s, %(seat)s, %(label)s, 'booked', %(now)s, %(order)s,
        %(kind)s, %(amount)s, %(currency)s{values})
RETURNING id"""  # noqa: S608


RECORD_VALUES = {
    (False, False): _record_values(),
    (True, False): _record_values(KEY_COLUMNS, KEY_VALUES),
    (False, True): _record_values(buyer=BY_GUEST),
    (True, True): _record_values(KEY_COLUMNS, KEY_VALUES, BY_GUEST),
}


@transaction.atomic
def sell_in_two_statements(take: str, values: dict[str, Any], kinds: Mapping[int, str | None]) -> list[Booking]:
    return take_then_record(take, values, kinds)


def take_then_record(
    take: str,
    values: dict[str, Any],
    kinds: Mapping[int, str | None],
    make_booking: Callable[..., Any] = booking_from,
) -> list[Any]:
    """Takes the seats with one statement, and records each booking with another one.

    SQLite needs this, because it can't write in a CTE, and so does a distributed database (`is_distributed`).
    """
    take = take if is_distributed() else with_show(take)
    seats = sorted(fetch_all(take, values), key=lambda seat: seat[1])
    call = values["key"] is not None, "guest_name" in values
    bookings = []
    for place, (_, number, label, category, *show) in enumerate(seats, start=1):
        seat = {"seat": number, "label": label, "category": category, "place": place}
        seat["kind"] = kinds.get(number)
        if is_distributed():
            booking_id, price, show = _record_at_price(RECORD_VALUES[call], values | seat)
        else:
            booking_id, *price = fetch_one(RECORD[call], values | seat) or ()
        bookings.append(make_booking(values, booking_id, number, label, *price, *show))
    return bookings


def _record_at_price(record: str, values: dict[str, Any]) -> tuple[Any, list[Any], list[Any]]:
    """Records one booking. Returns its id, its kind, amount and currency, and the columns of its show."""
    kind, amount, *show = fetch_one(PRICE_AND_SHOW, values) or ()
    currency = None if kind is None else values["currency"]
    price = {"kind": kind, "amount": amount, "currency": currency}
    (booking_id,) = fetch_one(record, values | price) or ()
    return booking_id, [*price.values()], show
