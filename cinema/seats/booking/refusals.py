"""Looks up why a statement changed nothing, and raises the reason."""

from collections.abc import Collection, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NoReturn

from cinema.seats.booking.sale_context import (
    check_seats,
    check_show_state,
    require_active,
    require_active_user,
    sale_context,
)
from cinema.seats.booking.statements import (
    BOOK_CALL,
    SELL_CALL,
    SHOW_HAS_NOT_ENDED,
    pair_of,
    show_and_other_half,
)
from cinema.seats.booking.unavailable_seats import unavailable_error
from cinema.seats.exceptions import (
    AlreadyAdmitted,
    AlreadyCancelled,
    AlreadyYours,
    BookingNotFound,
    IdempotencyKeyReused,
    NoHold,
    NoSuchPrice,
    ShowStarted,
    SoldTogether,
)
from cinema.seats.models import Booking
from cinema.seats.sql.dialect import ONE_OF, to_array
from cinema.seats.sql.fetch import fetch_all, fetch_one
from cinema.shows.exceptions import Archived, ShowCancelled, ShowNotFound
from cinema.shows.models import Show

STARTED_WITH_BOOKING = (
    "This show has started, so its bookings stay as they are. Ask the cinema's staff for help."
)
USED_TICKET = "Your ticket was scanned at the door, so the booking stays. Ask the cinema's staff for help."

# One row for each price that a seat could have, or one without a price.
PRICES_OF_SEATS = f"""
SELECT seat.number, show.price_list_id, price.kind
FROM seats_seat seat JOIN shows_show show ON show.id = seat.show_id
LEFT JOIN shows_price price
  ON price.price_list_id = show.price_list_id AND price.category IN (seat.category, '')
WHERE seat.show_id = %(show)s AND seat.number {ONE_OF.format("%(seats)s")}
ORDER BY seat.number, price.position, price.id"""  # noqa: S608


def replay_or_raise(
    user_id: int,
    show_id: int,
    seat_number: int,
    key: str | None,
    password_hash: str | None = None,
    kind: str | None = None,
) -> Booking | None:
    """Explains a booking that failed: returns the first booking of the idempotency key, or raises the reason.

    Returns None if there is no reason any more.
    """
    kinds = {seat_number: kind} if kind else {}
    context = sale_context(user_id, show_id, seat_number, password_hash=password_hash)
    require_active(context.user_is_active)
    if bookings := first_answer(user_id, show_id, key, BOOK_CALL, {seat_number}, kinds):
        return bookings[0]
    check_show_state(context, [seat_number])
    if context.booking and context.buyer == user_id:
        raise AlreadyYours(context.booking)
    if error := unavailable_error(show_id, [seat_number], user_id, is_sold=context.booking is not None):
        raise error
    check_prices(show_id, [seat_number], kinds)
    return None


def replay_or_raise_for_sale(
    clerk_id: int,
    show_id: int,
    seat_numbers: set[int],
    key: str | None,
    kinds: Mapping[int, str],
    also_blocked: bool,
) -> list[Booking]:
    """Explains a sale at the till that failed: returns the first bookings of the idempotency key, or raises the
    reason.

    Returns [] if there is no reason any more.
    """
    context = sale_context(clerk_id, show_id)
    require_active(context.user_is_active)
    if bookings := first_answer(clerk_id, show_id, key, SELL_CALL, seat_numbers, kinds):
        return bookings
    check_seats(context, seat_numbers)
    if context.is_cancelled:
        raise ShowCancelled()
    if context.has_started and not fetch_one(f"SELECT 1 WHERE {SHOW_HAS_NOT_ENDED}", {"show": show_id}):
        raise ShowStarted("This movie is over, so no seat of the show is sold any more. Choose another show.")
    error = unavailable_error(
        show_id, seat_numbers, clerk_id, names_seats=True, may_split_sofas=True, also_blocked=also_blocked
    )
    if error:
        raise error
    check_prices(show_id, seat_numbers, kinds)
    return []


def first_answer(
    user_id: int,
    show_id: int,
    key: str | None,
    call: str,
    seat_numbers: set[int],
    kinds: Mapping[int, str],
) -> list[Booking]:
    """The bookings of the call that used this idempotency key, as they were then; [] if no call did.

    Raises `IdempotencyKeyReused` if that was another call, or if it was for other seats or kinds. If
    `seat_numbers` is empty, because the hold is gone, it does not compare the seats. Only seats in `kinds` must
    have the same kind, because the bookings don't say whether the request named theirs.
    """
    if key is None:
        return []
    # The keys of the till belong to the clerk. Its bookings have no user.
    of_user = {"sold_by": user_id} if call == SELL_CALL else {"user": user_id}
    of_key = Booking.objects.filter(**of_user, show=show_id, idempotency_key=key)
    bookings: list[Any] = list(of_key.with_details(show_id).order_by("key_place"))
    for booking in bookings:
        # The booking may have been cancelled since, and its seat may have another number now.
        booking.status = Booking.Status.BOOKED
        booking.cancelled_at = booking.cancelled_because = None
        # Servers of an older version stored neither call nor number. They accepted keys for `book/` only.
        booking.seat_number = booking.key_number or booking.seat_number
        booking.seat_label = booking.key_label or booking.seat_label
        booking.is_replay = True
        if (booking.key_call or BOOK_CALL) != call:
            raise IdempotencyKeyReused()
    if bookings and seat_numbers and seat_numbers != {booking.seat_number for booking in bookings}:
        raise IdempotencyKeyReused()
    if bookings and not kinds.items() <= {(booking.seat_number, booking.kind) for booking in bookings}:
        raise IdempotencyKeyReused()
    return bookings


def check_prices(show_id: int, seat_numbers: Collection[int], kinds: Mapping[int, str]) -> None:
    """Raises `NoSuchPrice` for the first of the seats that has no price of its kind."""
    rows = fetch_all(PRICES_OF_SEATS, {"show": show_id, "seats": to_array(seat_numbers)})
    for number, of_seat in groupby(rows, key=itemgetter(0)):
        _, lists, found = zip(*of_seat, strict=True)
        existing = list(dict.fromkeys(kind for kind in found if kind is not None))
        wanted = kinds.get(number)
        if wanted not in existing if wanted else lists[0] and not existing:
            raise NoSuchPrice(existing)


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


def no_seats_error(show_id: int) -> Archived | ShowNotFound:
    """The error for a show that has no seats."""
    return Archived() if Show.objects.filter(pk=show_id, archived=True).exists() else ShowNotFound()


def raise_for_cancel(
    booking_id: int,
    show_id: int | None,
    user_id: int | None,
    password_hash: str | None = None,
    *,
    other_half: int | None = None,
) -> NoReturn:
    """Explains a cancel that failed. `show_id` is the booking's show, or None if there is no such booking.
    `other_half` is the booking of the other half of a sofa."""
    bookings = Booking.objects.filter(pk=booking_id, show=show_id)
    if user_id is not None:
        require_active_user(user_id, password_hash)
        bookings = bookings.by(user_id)
    booking = bookings.first() if show_id else None
    if booking is None:
        raise BookingNotFound()
    if not booking.is_live:
        raise AlreadyCancelled()
    if user_id is not None:
        halves = Booking.objects.filter(show=booking.show_id, pk__in=[booking_id, other_half or booking_id])
        admitted = halves.filter(admitted_at__isnull=False).first()
        if admitted and admitted.admitted_at:
            raise AlreadyAdmitted(admitted.admitted_at, USED_TICKET)
    raise ShowStarted(STARTED_WITH_BOOKING)


def raise_for_move(booking_id: int, seat_number: int, user_id: int, *, is_staff: bool) -> None:
    """Explains a move that failed; returns if there is no reason any more."""
    show_id, other_half = show_and_other_half(booking_id) or (0, None)
    halves = Booking.objects.filter(show=show_id, pk__in=[booking_id, other_half or booking_id])
    halves = halves.order_by("seat_number") if is_staff else halves.by(user_id).order_by("seat_number")
    bookings = {booking.pk: booking for booking in halves}
    wanted = [seat_number]
    context = sale_context(user_id, show_id, seat_number)
    require_active(context.user_is_active)
    if booking_id not in bookings:
        raise BookingNotFound()
    if not bookings[booking_id].is_live:
        raise AlreadyCancelled()
    for booking in bookings.values():
        if not is_staff and booking.admitted_at is not None:
            raise AlreadyAdmitted(booking.admitted_at, USED_TICKET)
    check_show_state(context, wanted)
    if other_half:
        old = [booking.seat_number for booking in bookings.values()]
        new_pair = pair_of(show_id, seat_number)
        if new_pair is None or seat_number in old:
            raise SoldTogether(old)
        wanted.append(new_pair)
    if context.booking and context.buyer == user_id:
        raise AlreadyYours(context.booking)
    if error := unavailable_error(show_id, wanted, user_id, is_sold=context.booking is not None):
        raise error
