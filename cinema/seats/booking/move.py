"""Moves a booking to another seat of its show. Its id, order and ticket stay."""

from collections.abc import Mapping

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from cinema.api.problems import Unavailable
from cinema.seats.booking import refusals, statements
from cinema.seats.booking.orphan_rule import check_choice
from cinema.seats.booking.services import MAX_ATTEMPTS, MAX_SEAT_NUMBER
from cinema.seats.exceptions import OtherPrice
from cinema.seats.models import Booking


def move(*, booking_id: int, seat_number: int, user_id: int, is_staff: bool = False) -> Booking:
    """Takes the new seat, moves the booking and frees the old seat, or changes nothing.

    The booking of half a sofa moves together with that of the other half, and only to another sofa: then
    `seat_number` is the half for this booking. Other bookings move only to seats that are no half of a sofa.

    `user_id` is the caller. A hold of the caller on the new seat ends. With `is_staff` the caller may move
    anybody's booking, also an admitted one, and to a seat of another price; the booking keeps its price. The
    orphan rule does not apply to staff. Moving a booking to the seat that it has changes nothing, so that a
    call can be repeated.

    Raises `BookingNotFound` (also for another user's booking), `AlreadyCancelled`, `AlreadyAdmitted`,
    `SeatTaken`, `SeatHeld`, `SeatBlocked`, `SoldTogether`, `AlreadyYours`, `SeatNotFound`, `ShowCancelled`,
    `ShowStarted`, `NotOnSale`, `OtherPrice`, `LeavesSingleSeat` (with `ORPHAN_RULE`) or `InvalidToken`.
    """
    for _ in range(MAX_ATTEMPTS):
        if 0 < seat_number <= MAX_SEAT_NUMBER:
            booking = _try_to_move(booking_id, seat_number, user_id, is_staff)
            if booking:
                return booking
        refusals.raise_for_move(booking_id, seat_number, user_id, is_staff=is_staff)
    raise Unavailable()


@transaction.atomic
def _try_to_move(booking_id: int, seat_number: int, user_id: int, is_staff: bool) -> Booking | None:
    """One attempt; None if the booking can't be moved or the seat is not available.

    It locks the bookings before the seats, like a cancel. So a cancel, an admission and another move of the
    booking wait, and the seats that are left are known.
    """
    show_id, other_half = statements.show_and_other_half(booking_id) or (0, None)
    halves = Booking.objects.filter(show=show_id, pk__in=[booking_id, other_half or booking_id])
    movable = halves.live() if is_staff else halves.live().by(user_id).filter(admitted_at=None)
    bookings = {booking.pk: booking for booking in movable.select_for_update(no_key=True).order_by("pk")}
    if len(bookings) < (2 if other_half else 1):
        return None
    if bookings[booking_id].seat_number != seat_number:
        seats = {booking_id: seat_number}
        if other_half:
            new_pair = statements.pair_of(show_id, seat_number)
            if new_pair is None:
                return None
            seats[other_half] = new_pair
        # The lock keeps the seats around an orphan from changing before the commit.
        has_rule = settings.ORPHAN_RULE and not is_staff
        held = statements.lock_seats_of_show(show_id, user_id) if has_rule else set()
        old = [booking.seat_number for booking in bookings.values()]
        labels = statements.change_seats(
            show_id=show_id, user_id=user_id, old=old, new=seats.values(), is_pair=other_half is not None
        )
        if not labels:
            return None
        for booking in bookings.values():
            _record(booking, seats[booking.pk], labels, is_staff=is_staff)
        if has_rule and not held.issuperset(seats.values()):
            check_choice(show_id, seats.values())
    return halves.with_details(show_id).get(pk=booking_id)


def _record(booking: Booking, seat_number: int, labels: Mapping[int, str], *, is_staff: bool) -> None:
    """Raises `OtherPrice` if the seat has another price than the booking, unless staff move it."""
    Booking.objects.filter(show=booking.show_id, pk=booking.pk).update(
        seat_number=seat_number,
        # A retry of the call that sold the booking gets the first label again.
        key_label=Coalesce("key_label", F("sold_label")),
        sold_label=labels[seat_number],
    )
    amount = statements.amount(show_id=booking.show_id, seat_number=seat_number, kind=booking.kind)
    if amount != booking.amount and not is_staff:
        raise OtherPrice()
