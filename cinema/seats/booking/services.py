"""Books, holds, releases and cancels seats.

Each function runs one statement, and looks up the reason only if the statement changed nothing. So a sale that
succeeds needs no query for a reason. The reason may be gone when it is looked up, because another user has
released the seat. Then the function tries again.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from cinema.api.problems import Unavailable
from cinema.seats.booking import refusals, statements
from cinema.seats.booking.orphan_rule import check_choice, check_orphan_rule, seats_for_user
from cinema.seats.booking.sale_context import check_show, require_active_user
from cinema.seats.booking.statements import Hold
from cinema.seats.exceptions import AlreadyCancelled, ShowStarted, TooManySeats
from cinema.seats.models import Booking, Seat
from cinema.shows.exceptions import ShowNotFound
from cinema.shows.models import Show
from cinema.shows.screens import lock_programme

MAX_ATTEMPTS = 20
# The largest number that the column can hold.
MAX_SEAT_NUMBER = 2**31 - 1


def book(
    *,
    user_id: int,
    show_id: int,
    seat_number: int,
    key: str | None = None,
    kind: str | None = None,
    password_hash: str | None = None,
    was_tried: bool = False,
) -> Booking:
    """Sells a seat to a user, at the price of this kind, or of the first kind of the show's price list.

    A second call with the idempotency `key` for the same seat changes nothing. It returns the first booking, as
    it was then. A call that `was_tried`, because its statement has just sold nothing, begins with the reason.

    Raises `SeatTaken`, `SeatHeld`, `SeatBlocked`, `AlreadyYours`, `ShowCancelled`, `ShowStarted`, `NotOnSale`,
    `NoSuchPrice`, `SeatNotFound`, `TooManySeats` (with `BOOKING_MAX_SEATS`), `ShowNotFound`,
    `IdempotencyKeyReused`, `LeavesSingleSeat` (with `ORPHAN_RULE`), or `InvalidToken` if the user is deleted or
    inactive.
    """
    sale = (user_id, show_id, seat_number, key, password_hash, kind)
    for attempt in range(MAX_ATTEMPTS):
        booking = None if was_tried and attempt == 0 else _try_to_book(*sale)
        if booking := booking or refusals.replay_or_raise(*sale):
            return booking
    raise Unavailable()


def _try_to_book(
    user_id: int,
    show_id: int,
    seat_number: int,
    key: str | None,
    password_hash: str | None,
    kind: str | None,
) -> Booking | None:
    if not 0 < seat_number <= MAX_SEAT_NUMBER:
        return None
    has_rules = settings.ORPHAN_RULE or settings.BOOKING_MAX_SEATS
    book = _book_under_rules if has_rules else statements.book
    try:
        return book(
            user_id=user_id,
            show_id=show_id,
            seat_number=seat_number,
            key=key,
            kind=kind,
            password_hash=password_hash,
        )
    except IntegrityError:
        # A constraint refused although the seat's row allowed it. The reason is looked up like any other.
        return None


@transaction.atomic
def _book_under_rules(*, user_id: int, show_id: int, seat_number: int, **sale: Any) -> Booking | None:
    """Sells the seat, and rolls back if the user then has too many seats or the orphan rule forbids it."""
    statements.lock_user(user_id)
    # The lock keeps the seats around an orphan from changing before the commit.
    held = statements.lock_seats_of_show(show_id, user_id) if settings.ORPHAN_RULE else set()
    booking = statements.book(user_id=user_id, show_id=show_id, seat_number=seat_number, **sale)
    if booking:
        check_limit(user_id, show_id)
    if booking and settings.ORPHAN_RULE and seat_number not in held:
        check_choice(show_id, [seat_number])
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
    *,
    user_id: int,
    show_id: int,
    seat_numbers: Collection[int],
    password_hash: str | None = None,
    was_tried: bool = False,
) -> Hold:
    """Holds exactly these seats of the show for the user, all or none. Releases the user's other seats.

    The hold lasts `HOLD_SECONDS` from now, and at most `HOLD_MAX_SECONDS` from its first call. A call that
    `was_tried`, because its statement has just held nothing, begins with the reason.

    Raises `SeatTaken`, `SeatHeld`, `SeatBlocked` (with the `seats` that are unavailable), `ShowCancelled`,
    `ShowStarted`, `NotOnSale`, `TooManySeats` (with `BOOKING_MAX_SEATS`), `SeatNotFound`, `ShowNotFound`,
    `LeavesSingleSeat` (with `ORPHAN_RULE`) or `InvalidToken`. Then nothing is changed, and an earlier hold of
    the user stays.
    """
    wanted = set(seat_numbers)
    for attempt in range(MAX_ATTEMPTS):
        is_possible = all(0 < number <= MAX_SEAT_NUMBER for number in wanted)
        if is_possible and not (was_tried and attempt == 0):
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
    """Releases the seats of the show that the user holds, if there are any.

    Raises `InvalidToken` if the user is deleted or inactive.
    """
    statements.lock_user(user_id)
    if not statements.release(user_id=user_id, show_id=show_id, password_hash=password_hash):
        require_active_user(user_id, password_hash)


def book_hold(
    *,
    user_id: int,
    show_id: int,
    key: str | None = None,
    kinds: Mapping[int, str] | None = None,
    password_hash: str | None = None,
) -> list[Booking]:
    """Books all seats that the user holds of the show: all or none, in the order of their numbers.

    `kinds` are the kinds of the prices by seat number. Other seats get the first kind of the list.

    A second call with the idempotency `key` changes nothing. It returns the first bookings, as they were then.

    Raises `NoHold` if there is no hold or it has expired, `NoSuchPrice`, `ShowCancelled`, `ShowStarted`,
    `NotOnSale`, `IdempotencyKeyReused` (also if the user holds other seats now), `ValidationError` if `kinds`
    names a seat that the user does not hold, or `InvalidToken`.
    """
    kinds = kinds or {}
    conflict = None
    try:
        with transaction.atomic():
            statements.lock_user(user_id)
            bookings = statements.book_held(
                user_id=user_id, show_id=show_id, key=key, kinds=kinds, password_hash=password_hash
            )
            if bookings:
                _check_named_seats(kinds, {booking.seat_number for booking in bookings})
        if bookings:
            return bookings
    except IntegrityError as error:
        conflict = error  # The key has been used, or the user has been deleted since.
    require_active_user(user_id, password_hash)
    held = set(Seat.objects.filter(show=show_id).held_by(user_id).values_list("number", flat=True))
    if first := refusals.first_answer(user_id, show_id, key, statements.BOOK_HELD_CALL, held, kinds):
        return first
    if conflict:
        raise conflict
    if held or Show.objects.filter(pk=show_id, status=Show.Status.CANCELLED).exists():
        check_show(user_id, show_id)
        _check_named_seats(kinds, held)
        refusals.check_prices(show_id, held, kinds)
    raise refusals.no_hold_error(show_id)


def _check_named_seats(kinds: Mapping[int, str], held: set[int]) -> None:
    if others := sorted(kinds.keys() - held):
        raise ValidationError({"kinds": [f"You do not hold seat {others[0]}."]})


@transaction.atomic
def call_off(*, show_id: int, reason: str = "") -> int:
    """Calls a show off: cancels its bookings and ends its holds. Returns the number of cancelled bookings.

    No seat of the show can be sold afterwards. A show can be called off until the movie ends.

    Raises `ShowNotFound`, `AlreadyCancelled`, or `ShowStarted` if the show is over.
    """
    lock_programme()
    Booking.objects.live().lock_with_show(show_id)
    show = Show.objects.select_related("movie").filter(pk=show_id).first()
    if show is None:
        raise ShowNotFound()
    if show.is_cancelled:
        raise AlreadyCancelled("This show was already called off. There is nothing more to do.")
    if show.ends_at <= timezone.now():
        raise ShowStarted("This show is over, and its bookings stay as a record. Choose another show.")
    Show.objects.filter(pk=show_id).update(status=Show.Status.CANCELLED, cancel_reason=reason)
    return statements.call_off(show_id)


def cancel(*, booking_id: int, user_id: int | None = None, password_hash: str | None = None) -> Booking:
    """Cancels a booking and frees its seat. Cancels the bookings of both halves of a sofa, or none.

    `user_id` is None for staff, who may cancel everybody's bookings.

    Raises `BookingNotFound` (also for another user's booking), `AlreadyCancelled`, `ShowStarted`, or
    `InvalidToken`.
    """
    # A booking's id does not name its show. The statement does, so that it runs on one node of a distributed
    # database.
    tried = None
    # If the other half was cancelled alone since it was looked up, the next attempt finds none.
    while (found := statements.show_and_other_half(booking_id)) not in (None, tried):
        show_id, other_half = tried = found
        booking = statements.cancel(
            booking_id=booking_id,
            show_id=show_id,
            user_id=user_id,
            other_half=other_half,
            password_hash=password_hash,
        )
        if booking:
            return booking
        if other_half is None:
            break
    tried_show, tried_half = tried or (None, None)
    return refusals.raise_for_cancel(booking_id, tried_show, user_id, password_hash, other_half=tried_half)
