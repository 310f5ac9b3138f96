"""Looks up what can prevent a sale, except the seat's own state, and raises it."""

import math
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from rest_framework_simplejwt.exceptions import InvalidToken

from cinema.seats.booking.statements import USER_IS_ACTIVE, USER_IS_STAFF
from cinema.seats.exceptions import NotOnSale, SeatNotFound, ShowStarted
from cinema.seats.sql.dialect import NOW, SECONDS_UNTIL, utc
from cinema.seats.sql.fetch import fetch_one
from cinema.shows.exceptions import ShowCancelled, ShowNotFound

# One statement sees one snapshot. Between two, a show could be deleted, and would seem to have started.
SALE_CONTEXT = f"""
SELECT {USER_IS_ACTIVE},
  (SELECT total_seats FROM shows_show WHERE id = %(show)s),
  (SELECT date_time <= {NOW} FROM shows_show WHERE id = %(show)s),
  (SELECT status = 'cancelled' FROM shows_show WHERE id = %(show)s),
  (SELECT on_sale_from FROM shows_show WHERE id = %(show)s AND on_sale_from > {NOW} AND NOT {USER_IS_STAFF}),
  (SELECT {SECONDS_UNTIL.format("on_sale_from")} FROM shows_show WHERE id = %(show)s),
  (SELECT id FROM seats_booking WHERE show_id = %(show)s AND seat_number = %(seat)s AND status = 'booked'),
  (SELECT user_id FROM seats_booking WHERE show_id = %(show)s AND seat_number = %(seat)s AND status = 'booked')
"""  # noqa: S608 - only constants of the code are interpolated


class SaleContext(NamedTuple):
    """Everything that can prevent a sale, except the seat's own state.

    `on_sale_from` is None if the user may book now.
    """

    user_is_active: bool
    total_seats: int | None
    has_started: bool | None
    is_cancelled: bool | None = None
    on_sale_from: datetime | None = None
    seconds_until_sale: float | None = None
    booking: int | None = None
    buyer: int | None = None


def sale_context(
    user_id: int, show_id: int, seat_number: int = 0, *, password_hash: str | None = None
) -> SaleContext:
    # A number beyond the column's range would be a database error; no seat has number 0.
    seat = seat_number if 0 < seat_number < 2**31 else 0
    values = {"user": user_id, "password_hash": password_hash, "show": show_id, "seat": seat}
    row: Any = fetch_one(SALE_CONTEXT, values)
    return SaleContext(*row)


def require_active_user(user_id: int, password_hash: str | None = None) -> None:
    """Raises `InvalidToken` if the user of a token is deleted or inactive, or has changed the password."""
    # Without a show: on a distributed database, the node of some other show could be down.
    row = fetch_one(f"SELECT {USER_IS_ACTIVE}", {"user": user_id, "password_hash": password_hash})
    require_active(bool(row and row[0]))


def require_active(user_is_active: bool) -> None:
    if not user_is_active:
        raise InvalidToken("Token belongs to no active account")


def check_show(user_id: int, show_id: int, seat_numbers: Collection[int] = ()) -> None:
    """Raises `ShowNotFound`, `SeatNotFound` for a number that the show does not have, `ShowCancelled`,
    `ShowStarted`, or `NotOnSale`."""
    check_show_state(sale_context(user_id, show_id), seat_numbers)


def check_seats_can_change(show_id: int, seat_numbers: Collection[int]) -> None:
    """Raises `ShowNotFound`, `SeatNotFound` for a number that the show does not have, or `ShowCancelled`."""
    context = sale_context(0, show_id)
    check_seats(context, seat_numbers)
    if context.is_cancelled:
        raise ShowCancelled()


def check_seats(context: SaleContext, seat_numbers: Collection[int]) -> None:
    if context.total_seats is None:
        raise ShowNotFound()
    if not all(0 < number <= context.total_seats for number in seat_numbers):
        raise SeatNotFound(context.total_seats)


def check_show_state(context: SaleContext, seat_numbers: Collection[int]) -> None:
    check_seats(context, seat_numbers)
    if context.is_cancelled:
        raise ShowCancelled()
    if context.has_started:
        raise ShowStarted()
    if context.on_sale_from is not None:
        raise NotOnSale(utc(context.on_sale_from), max(1, math.ceil(context.seconds_until_sale or 0)))
