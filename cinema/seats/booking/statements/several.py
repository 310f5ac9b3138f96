"""Runs several calls that sell or hold seats in one transaction with one commit."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from cinema.seats.booking.statements.answers import booking_from, in_one_statement
from cinema.seats.booking.statements.holds import HOLD, Hold, hold_from, hold_values, lock_user, lock_users
from cinema.seats.booking.statements.recording import sale_values, take_then_record
from cinema.seats.booking.statements.sales import (
    BOOK,
    BOOK_CALL,
    BOOK_HELD,
    BOOK_HELD_CALL,
    TAKE,
    TAKE_HELD,
)
from cinema.seats.sql.fetch import Row, fetch_all, fetch_all_of_each

HOLD_CALL = "hold"
STATEMENTS = {BOOK_CALL: BOOK, BOOK_HELD_CALL: BOOK_HELD, HOLD_CALL: HOLD}
TAKES = {BOOK_CALL: TAKE, BOOK_HELD_CALL: TAKE_HELD}


class Sale(NamedTuple):
    """A call that books a seat, holds seats or books the held ones, at prices of the first kind and without an
    idempotency key."""

    show_id: int
    # Empty for BOOK_HELD_CALL.
    seat_numbers: tuple[int, ...]
    call: str
    user_id: int
    password_hash: str | None


# The bookings, or the hold. Empty or None if nothing was changed.
Result = list[Any] | Hold | None
MakeBooking = Callable[..., Any]


def sell_several(sales: Sequence[Sale], make_booking: MakeBooking = booking_from) -> list[Result]:
    """Runs each call that can be run, all in one transaction. `make_booking` gets what `booking_from` gets.

    Two transactions lock the seats in the same order if the sales are sorted. Raises database errors, with
    nothing done.
    """
    every_values = [_values(sale) for sale in sales]
    # Before all seats, like other calls that lock users.
    users = {sale.user_id for sale in sales if sale.call != BOOK_CALL}
    if in_one_statement():
        locks = [lock_users(users)] if users else []
        calls = [(STATEMENTS[sale.call], values) for sale, values in zip(sales, every_values, strict=True)]
        every_rows = fetch_all_of_each([*locks, *calls])[len(locks) :]
        return [_result(*each, make_booking) for each in zip(sales, every_values, every_rows, strict=True)]
    with transaction.atomic():
        for user in sorted(users):
            lock_user(user)
        return [_run(sale, values, make_booking) for sale, values in zip(sales, every_values, strict=True)]


def _values(sale: Sale) -> dict[str, Any]:
    if sale.call == HOLD_CALL:
        return hold_values(sale.user_id, sale.show_id, sale.seat_numbers, sale.password_hash)
    values = sale_values(sale.user_id, sale.show_id, call=sale.call, key=None, password_hash=sale.password_hash)
    return values | {"seat": next(iter(sale.seat_numbers), None), "kind": None}


def _result(sale: Sale, values: dict[str, Any], rows: list[Row], make_booking: MakeBooking) -> Result:
    if sale.call == HOLD_CALL:
        return hold_from(values, rows)
    return [make_booking(values, *row) for row in rows]


def _run(sale: Sale, values: dict[str, Any], make_booking: MakeBooking) -> Result:
    if sale.call == HOLD_CALL:
        return hold_from(values, fetch_all(HOLD, values))
    return take_then_record(TAKES[sale.call], values, {}, make_booking)
