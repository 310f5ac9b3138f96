"""Book, hold, release and cancel seats: run one statement, and look up the reason only if it changed nothing.

A sale that succeeds never pays for an explanation. Where the reason has gone by the time it is looked up,
because another user released the seat, the call tries again.
"""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from cinema.api.problems import Unavailable
from cinema.seats.booking import refusals, statements
from cinema.seats.booking.orphan_rule import check_orphan_rule, seats_for_user
from cinema.seats.booking.statements import Hold
from cinema.seats.exceptions import TooManySeats
from cinema.seats.models import Booking, Seat

MAX_ATTEMPTS = 20
# The largest number that the column can hold.
MAX_SEAT_NUMBER = 2**31 - 1


def book(
    *,
    user_id: int,
    show_id: int,
    seat_number: int,
    key: str | None = None,
    password_hash: str | None = None,
) -> Booking:
    """Sells a seat to a user.

    If the user has used the idempotency `key` before, for this seat of this show, returns the first booking as
    it was, and changes nothing.

    Raises `SeatTaken`, `SeatHeld`, `SeatBlocked`, `AlreadyYours`, `ShowStarted`, `NotOnSale`, `SeatNotFound`,
    `TooManySeats` (with `BOOKING_MAX_SEATS`), `ShowNotFound`, `IdempotencyKeyReused`, `LeavesSingleSeat` (with
    `ORPHAN_RULE`), or `InvalidToken` if the user is deleted or inactive.
    """
    for _ in range(MAX_ATTEMPTS):
        sale = (user_id, show_id, seat_number, key, password_hash)
        booking = _try_to_book(*sale) or refusals.replay_or_raise(*sale)
        if booking:
            return booking
    raise Unavailable()


def _try_to_book(
    user_id: int, show_id: int, seat_number: int, key: str | None, password_hash: str | None
) -> Booking | None:
    if not 0 < seat_number <= MAX_SEAT_NUMBER:
        return None
    has_rules = settings.ORPHAN_RULE or settings.BOOKING_MAX_SEATS
    book = _book_under_rules if has_rules else statements.book
    try:
        return book(
            user_id=user_id, show_id=show_id, seat_number=seat_number, key=key, password_hash=password_hash
        )
    except IntegrityError:
        # A constraint refused although the seat's row allowed it. The reason is looked up like any other.
        return None


@transaction.atomic
def _book_under_rules(*, user_id: int, show_id: int, seat_number: int, **sale: Any) -> Booking | None:
    """The sale, rolled back if the limit for each buyer or the orphan rule forbids it."""
    statements.lock_user(user_id)
    # None of the seats around an orphan may change before the commit.
    held = statements.lock_seats_of_show(show_id, user_id) if settings.ORPHAN_RULE else set()
    booking = statements.book(user_id=user_id, show_id=show_id, seat_number=seat_number, **sale)
    if booking:
        check_limit(user_id, show_id)
    if booking and settings.ORPHAN_RULE and seat_number not in held:
        # Other seats that the buyer holds count as taken; the seat just sold counts as the buyer's choice.
        seats = [
            seat._replace(available=seat.available or seat.number == seat_number)
            for seat in seats_for_user(show_id)
        ]
        check_orphan_rule(seats, [seat_number])
    return booking


def check_limit(user_id: int, show_id: int) -> None:
    """Raises `TooManySeats` if the user has more seats of the show than `BOOKING_MAX_SEATS`, if that is set.

    It counts after the change and in its transaction, which then rolls back. Call `lock_user` before the
    change. Otherwise two calls at once would not see each other's seats, and both would pass.
    """
    if not settings.BOOKING_MAX_SEATS:
        return
    booked = Booking.objects.live().by(user_id).filter(show=show_id).count()
    held = Seat.objects.filter(show=show_id).held_by(user_id).count()
    if booked + held > settings.BOOKING_MAX_SEATS:
        raise TooManySeats(settings.BOOKING_MAX_SEATS)


def hold_seats(
    *, user_id: int, show_id: int, seat_numbers: Collection[int], password_hash: str | None = None
) -> Hold:
    """Makes these seats, and no others, the ones that the user holds of the show: all or none.

    The hold lasts `HOLD_SECONDS` from now, and at most `HOLD_MAX_SECONDS` from its first call.

    Raises `SeatTaken`, `SeatHeld`, `SeatBlocked` (with the `seats` that are unavailable), `ShowStarted`,
    `NotOnSale`, `TooManySeats` (with `BOOKING_MAX_SEATS`), `SeatNotFound`, `ShowNotFound`, `LeavesSingleSeat`
    (with `ORPHAN_RULE`) or `InvalidToken`. Then nothing is changed, and an earlier hold of the user stays.
    """
    wanted = set(seat_numbers)
    for _ in range(MAX_ATTEMPTS):
        if all(0 < number <= MAX_SEAT_NUMBER for number in wanted):
            hold = try_to_hold(user_id, show_id, wanted, password_hash=password_hash)
            if hold:
                return hold
        refusals.raise_for_seats(user_id, show_id, wanted, password_hash)
    raise Unavailable()


@transaction.atomic
def try_to_hold(
    user_id: int,
    show_id: int,
    wanted: Collection[int],
    *,
    wait: bool = True,
    password_hash: str | None = None,
) -> Hold | None:
    """One attempt; None if not all seats are available."""
    statements.lock_user(user_id)
    held = statements.lock_seats_of_show(show_id, user_id) if settings.ORPHAN_RULE else set()
    hold = statements.hold(
        user_id=user_id, show_id=show_id, seat_numbers=wanted, wait=wait, password_hash=password_hash
    )
    if hold:
        check_limit(user_id, show_id)
    if hold and settings.ORPHAN_RULE and held != set(wanted):
        check_orphan_rule(seats_for_user(show_id, user_id), wanted)
    return hold


def current_hold(*, user_id: int, show_id: int) -> Hold:
    """Raises `NoHold` if the user holds no seat of the show, or `ShowNotFound`."""
    held = Seat.objects.filter(show=show_id).held_by(user_id).order_by("number")
    seats: list[Any] = list(held.values_list("number", "held_until", named=True))
    if not seats:
        raise refusals.no_hold_error(show_id)
    return Hold(show_id, [seat.number for seat in seats], seats[0].held_until)


@transaction.atomic
def release_hold(*, user_id: int, show_id: int, password_hash: str | None = None) -> None:
    """Releases what the user holds of the show, if anything. Raises `InvalidToken` for a deleted or inactive
    user."""
    statements.lock_user(user_id)
    if not statements.release(user_id=user_id, show_id=show_id, password_hash=password_hash):
        refusals.require_active_user(user_id, password_hash)


def book_hold(
    *, user_id: int, show_id: int, key: str | None = None, password_hash: str | None = None
) -> list[Booking]:
    """Books all seats that the user holds of the show: all or none, in the order of their numbers.

    If the user has used the idempotency `key` before, for a hold of this show, returns the first bookings as
    they were, and changes nothing.

    Raises `NoHold` if there is none or it has expired, `ShowStarted`, `NotOnSale`, `IdempotencyKeyReused` (also
    if the user holds other seats now), or `InvalidToken`.
    """
    conflict = None
    try:
        with transaction.atomic():
            statements.lock_user(user_id)
            bookings = statements.book_held(
                user_id=user_id, show_id=show_id, key=key, password_hash=password_hash
            )
        if bookings:
            return bookings
    except IntegrityError as error:
        conflict = error  # The key has been used, or the user has been deleted since.
    refusals.require_active_user(user_id, password_hash)
    held = set(Seat.objects.filter(show=show_id).held_by(user_id).values_list("number", flat=True))
    if first := refusals.first_answer(user_id, show_id, key, statements.BOOK_HELD_CALL, held):
        return first
    if conflict:
        raise conflict
    if held:
        refusals.check_show(user_id, show_id)
    raise refusals.no_hold_error(show_id)


def cancel(*, booking_id: int, user_id: int | None = None, password_hash: str | None = None) -> Booking:
    """Cancels a booking and frees its seat. `user_id` None stands for staff, who may cancel anybody's.

    Raises `BookingNotFound` (also for another user's booking), `AlreadyCancelled`, `ShowStarted`, or
    `InvalidToken`.
    """
    # A booking's id does not name its show. The statement does, so that it runs on one node of a distributed
    # database.
    show_id = statements.show_of_booking(booking_id)
    booking = show_id and statements.cancel(
        booking_id=booking_id, show_id=show_id, user_id=user_id, password_hash=password_hash
    )
    return booking or refusals.raise_for_cancel(booking_id, user_id, password_hash)
