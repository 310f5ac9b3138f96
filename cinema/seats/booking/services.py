"""Book and cancel a seat: the only code, with `holds.py` for groups, that opens a transaction around a sale."""

from django.conf import settings
from django.db import IntegrityError, transaction

from cinema.api.problems import Unavailable
from cinema.seats.booking.holds import seats_for_user
from cinema.seats.booking.refusals import (
    ATTEMPTS,
    LARGEST,
    check_orphan_rule,
    check_show_state,
    require_active,
    sale_context,
    unavailable_error,
)
from cinema.seats.booking.statements import sell
from cinema.seats.exceptions import (
    AlreadyCancelled,
    AlreadyYours,
    BookingNotFound,
    IdempotencyKeyReused,
    ShowStarted,
)
from cinema.seats.models import Booking, Seat


def book(*, user_id: int, show_id: int, seat_number: int, key: str | None = None) -> Booking:
    """Sells a seat to a user.

    With an idempotency `key` that the user has used before, for this seat of this show, answers
    the first booking again, as it was, and changes nothing.

    Raises `SeatTaken`, `SeatHeld`, `SeatBlocked`, `AlreadyYours`, `ShowStarted`, `SeatNotFound`,
    `ShowNotFound`, `IdempotencyKeyReused`, `LeavesSingleSeat` (with `ORPHAN_RULE`), or `InvalidToken`
    where the user is gone or inactive.
    """
    for _ in range(ATTEMPTS):
        booking = _try_to_sell(user_id, show_id, seat_number, key) or explain_failure(
            user_id, show_id, seat_number, key
        )
        if booking:
            return booking
        # What was in the way has been given back meanwhile: it is worth another attempt.
    raise Unavailable()


def _try_to_sell(user_id: int, show_id: int, seat_number: int, key: str | None) -> Booking | None:
    if not 0 < seat_number <= LARGEST:
        return None
    sale = _sell_minding_gaps if settings.ORPHAN_RULE else sell
    try:
        return sale(user_id=user_id, show_id=show_id, seat_number=seat_number, key=key)
    except IntegrityError:
        # A constraint said no where the seat's row said yes; the reason is found like any other.
        return None


@transaction.atomic
def _sell_minding_gaps(*, user_id: int, show_id: int, seat_number: int, key: str | None) -> Booking | None:
    """The sale, undone again if it leaves a lonely seat. What is free around it must not change
    meanwhile: so all seats of the show are locked first, in the order of their numbers."""
    list(Seat.objects.filter(show=show_id).select_for_update().order_by("number").values_list("number"))
    # What the buyer holds besides is as good as taken; this seat they have just got.
    seats = [seat._replace(free=seat.free or seat.number == seat_number) for seat in seats_for_user(show_id)]
    booking = sell(user_id=user_id, show_id=show_id, seat_number=seat_number, key=key)
    if booking:
        check_orphan_rule(seats, [seat_number])
    return booking


def explain_failure(user_id: int, show_id: int, seat_number: int, key: str | None) -> Booking | None:
    """Why nothing was sold; None where nothing is in the way any more. Looked up only now: a sale that
    succeeds never pays for it."""
    found = sale_context(user_id, show_id, seat_number)
    require_active(found.user_is_active)
    theirs = Booking.objects.by(user_id).filter(show=show_id)
    if key is not None and (first := theirs.filter(idempotency_key=key).with_details().first()):
        if first.seat_number != seat_number:
            raise IdempotencyKeyReused()
        # The first answer again, whatever has become of the booking since.
        first.status = Booking.Status.BOOKED
        return first
    check_show_state(found.total_seats, found.has_begun, [seat_number])
    if found.booking and found.buyer == user_id:
        raise AlreadyYours(found.booking)
    if refusal := unavailable_error(show_id, [seat_number], user_id, sold=found.booking is not None):
        raise refusal
    return None


@transaction.atomic
def cancel(*, booking_id: int, user_id: int | None = None) -> Booking:
    """Cancels a booking and frees its seat: the sale mirrored.

    The booking is flipped first, on condition that it is live; only the one who flipped it frees
    the seat. `user_id` None is staff, who may cancel anybody's.

    Raises `BookingNotFound` (another's booking included), `AlreadyCancelled`, `ShowStarted`.
    """
    theirs = Booking.objects.filter(pk=booking_id)
    if user_id is not None:
        theirs = theirs.by(user_id)
    # A booking's id names no show. All that follows does: where bookings are distributed, it is of one node.
    show_id = theirs.values_list("show", flat=True).first()
    theirs = theirs.filter(show=show_id)
    flipped = theirs.upcoming().cancel()
    booking = theirs.with_details().first()
    if booking is None:
        raise BookingNotFound()
    if not flipped:
        raise AlreadyCancelled() if booking.status == Booking.Status.CANCELLED else ShowStarted()
    Seat.objects.filter(show=booking.show_id, number=booking.seat_number).mark_available()
    return booking
