"""Explains why a statement changed nothing, and names available seats nearby. Looked up only after a
failure."""

import math
from collections.abc import Collection
from datetime import datetime
from heapq import nsmallest
from typing import Any, NamedTuple, NoReturn

from rest_framework_simplejwt.exceptions import InvalidToken

from cinema.seats.booking.statements import BOOK_CALL, USER_IS_ACTIVE, USER_IS_STAFF
from cinema.seats.exceptions import (
    AlreadyCancelled,
    AlreadyYours,
    BookingNotFound,
    IdempotencyKeyReused,
    NoHold,
    NotOnSale,
    SeatBlocked,
    SeatHeld,
    SeatNotFound,
    SeatTaken,
    SeatUnavailable,
    ShowStarted,
)
from cinema.seats.models import Booking
from cinema.seats.seat_map.queries import CHANGES
from cinema.seats.sql.dialect import NOW, SEATS_OF_SHOW, SECONDS_UNTIL, utc
from cinema.seats.sql.fetch import fetch_all, fetch_one
from cinema.seats.status import STATUS_LETTER, is_available_to
from cinema.shows.exceptions import ShowNotFound
from cinema.shows.models import Show

MAX_ALTERNATIVES = 5

STARTED_WITH_BOOKING = (
    "This show has started, so its bookings stay as they are. Ask the cinema's staff for help."
)
# One statement, so that it sees one snapshot: between two, a show could be deleted and seem to have started.
SALE_CONTEXT = f"""
SELECT {USER_IS_ACTIVE},
  (SELECT total_seats FROM shows_show WHERE id = %(show)s),
  (SELECT date_time <= {NOW} FROM shows_show WHERE id = %(show)s),
  (SELECT on_sale_from FROM shows_show WHERE id = %(show)s AND on_sale_from > {NOW} AND NOT {USER_IS_STAFF}),
  (SELECT {SECONDS_UNTIL.format("on_sale_from")} FROM shows_show WHERE id = %(show)s),
  (SELECT id FROM seats_booking WHERE show_id = %(show)s AND seat_number = %(seat)s AND status = 'booked'),
  (SELECT user_id FROM seats_booking WHERE show_id = %(show)s AND seat_number = %(seat)s AND status = 'booked')
"""  # noqa: S608 - only constants of the code are interpolated
SEATS = f"""
SELECT number, x, y, {STATUS_LETTER}, held_by, {SECONDS_UNTIL.format("held_until")}, {CHANGES}
FROM seats_seat WHERE {SEATS_OF_SHOW} ORDER BY number"""  # noqa: S608


class SaleContext(NamedTuple):
    """Everything that can prevent a sale, except the seat's own state.

    `on_sale_from` is None if the user may book now.
    """

    user_is_active: bool
    total_seats: int | None
    has_started: bool | None
    on_sale_from: datetime | None = None
    seconds_until_sale: float | None = None
    booking: int | None = None
    buyer: int | None = None


class SeatState(NamedTuple):
    """A seat; `letter` is its status as in the seat map, `seconds_left` the time until its hold expires."""

    number: int
    x: float
    y: float
    letter: str
    held_by: int | None
    seconds_left: float | None
    changes: int


def sale_context(
    user_id: int, show_id: int, seat_number: int = 0, *, password_hash: str | None = None
) -> SaleContext:
    # A number beyond the column's range would be a database error; no seat has number 0.
    seat = seat_number if 0 < seat_number < 2**31 else 0
    values = {"user": user_id, "password_hash": password_hash, "show": show_id, "seat": seat}
    row: Any = fetch_one(SALE_CONTEXT, values)
    return SaleContext(*row)


# --- Checks that raise the reason -----------------------------------------------------


def require_active_user(user_id: int, password_hash: str | None = None) -> None:
    """Raises `InvalidToken` if the user of a token is deleted or inactive, or has changed the password."""
    require_active(sale_context(user_id, 0, password_hash=password_hash).user_is_active)


def require_active(user_is_active: bool) -> None:
    if not user_is_active:
        raise InvalidToken("Token is of no active account")


def check_show(user_id: int, show_id: int, seat_numbers: Collection[int] = ()) -> None:
    """Raises `ShowNotFound`, `SeatNotFound` for a number that the show does not have, `ShowStarted`, or
    `NotOnSale`."""
    check_show_state(sale_context(user_id, show_id), seat_numbers)


def check_seats_exist(show_id: int, seat_numbers: Collection[int]) -> None:
    """Raises `ShowNotFound`, or `SeatNotFound` for a number that the show does not have."""
    _check_seats(sale_context(0, show_id), seat_numbers)


def _check_seats(context: SaleContext, seat_numbers: Collection[int]) -> None:
    if context.total_seats is None:
        raise ShowNotFound()
    if not all(0 < number <= context.total_seats for number in seat_numbers):
        raise SeatNotFound(context.total_seats)


def check_show_state(context: SaleContext, seat_numbers: Collection[int]) -> None:
    _check_seats(context, seat_numbers)
    if context.has_started:
        raise ShowStarted()
    if context.on_sale_from is not None:
        raise NotOnSale(utc(context.on_sale_from), max(1, math.ceil(context.seconds_until_sale or 0)))


# --- One explanation for each statement -----------------------------------------------


def replay_or_raise(
    user_id: int, show_id: int, seat_number: int, key: str | None, password_hash: str | None = None
) -> Booking | None:
    """Explains a booking that failed: returns the first booking of the idempotency key, or raises the reason.

    Returns None if there is no reason any more.
    """
    context = sale_context(user_id, show_id, seat_number, password_hash=password_hash)
    require_active(context.user_is_active)
    if bookings := first_answer(user_id, show_id, key, BOOK_CALL, {seat_number}):
        return bookings[0]
    check_show_state(context, [seat_number])
    if context.booking and context.buyer == user_id:
        raise AlreadyYours(context.booking)
    if error := unavailable_error(show_id, [seat_number], user_id, is_sold=context.booking is not None):
        raise error
    return None


def first_answer(
    user_id: int, show_id: int, key: str | None, call: str, seat_numbers: set[int]
) -> list[Booking]:
    """The bookings of the call that used this idempotency key, as they were then; [] if no call did.

    Raises `IdempotencyKeyReused` if that was another call, or if it was for other seats. If
    `seat_numbers` is empty, because the hold is gone, it does not compare the seats.
    """
    if key is None:
        return []
    of_key = Booking.objects.by(user_id).filter(show=show_id, idempotency_key=key)
    bookings = list(of_key.with_details().order_by("key_place"))
    for booking in bookings:
        # The booking may have been cancelled since, and its seat may have another number now.
        booking.status = Booking.Status.BOOKED
        # Servers of an older version stored neither call nor number. They accepted keys for `book/` only.
        booking.seat_number = booking.key_number or booking.seat_number
        booking.is_replay = True
        if (booking.key_call or BOOK_CALL) != call:
            raise IdempotencyKeyReused()
    if bookings and seat_numbers and seat_numbers != {booking.seat_number for booking in bookings}:
        raise IdempotencyKeyReused()
    return bookings


def raise_for_seats(
    user_id: int, show_id: int, wanted: Collection[int], password_hash: str | None = None
) -> None:
    """Explains a hold that failed; returns if there is no reason any more."""
    context = sale_context(user_id, show_id, password_hash=password_hash)
    require_active(context.user_is_active)
    check_show_state(context, wanted)
    if error := unavailable_error(show_id, wanted, user_id, names_seats=True):
        raise error


def no_hold_error(show_id: int) -> NoHold | ShowNotFound:
    """The error for a user who holds no seats of a show."""
    return NoHold() if Show.objects.filter(pk=show_id).exists() else ShowNotFound()


def raise_for_cancel(booking_id: int, user_id: int | None, password_hash: str | None = None) -> NoReturn:
    """Explains a cancel that failed."""
    bookings = Booking.objects.filter(pk=booking_id)
    if user_id is not None:
        require_active_user(user_id, password_hash)
        bookings = bookings.by(user_id)
    status = bookings.values_list("status", flat=True).first()
    if status is None:
        raise BookingNotFound()
    raise AlreadyCancelled() if status == Booking.Status.CANCELLED else ShowStarted(STARTED_WITH_BOOKING)


def unavailable_error(
    show_id: int, wanted: Collection[int], user_id: int, *, names_seats: bool = False, is_sold: bool = False
) -> SeatUnavailable | None:
    """The error for the wanted seats: `SeatTaken` if any is taken, else `SeatHeld`, else `SeatBlocked`.

    None if all are available to the user by now. With `names_seats`, it lists the seats that are not. `is_sold`
    says that a live booking exists, whatever the seat's row says.
    """
    seats = [SeatState(*row) for row in fetch_all(SEATS, {"show": show_id})]
    unavailable = [
        seat
        for seat in seats
        if seat.number in wanted and not is_available_to(user_id, seat.letter, seat.held_by)
    ]
    if not unavailable and not is_sold:
        return None
    extra: dict[str, Any] = {
        "version": sum(seat.changes for seat in seats),
        "alternatives": _nearest_available(seats, wanted),
    }
    if names_seats:
        extra["seats"] = [seat.number for seat in unavailable]
    if is_sold or any(seat.letter == "t" for seat in unavailable):
        return SeatTaken(**extra)
    if held := [seat for seat in unavailable if seat.letter == "h"]:
        seconds = max(seat.seconds_left or 0 for seat in held)
        return SeatHeld(**extra, retry_after=max(1, math.ceil(seconds)))
    return SeatBlocked(**extra)


def _nearest_available(seats: list[SeatState], wanted: Collection[int]) -> list[int]:
    """The numbers of the available seats nearest to the middle of the wanted ones."""
    places = [(seat.x, seat.y) for seat in seats if seat.number in wanted]
    if not places:
        return []
    x, y = (sum(values) / len(places) for values in zip(*places, strict=True))
    others = (seat for seat in seats if is_available_to(None, seat.letter, None) and seat.number not in wanted)
    nearest = nsmallest(MAX_ALTERNATIVES, others, key=lambda seat: (seat.x - x) ** 2 + (seat.y - y) ** 2)
    return [seat.number for seat in nearest]
