"""The till: staff sell seats to guests, who need no account."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction

from cinema.api.problems import Unavailable
from cinema.seats.booking import refusals, statements
from cinema.seats.booking.services import MAX_ATTEMPTS, MAX_SEAT_NUMBER
from cinema.seats.models import Booking
from cinema.shows.models import Show


def sell(
    *,
    clerk_id: int,
    show_id: int,
    seat_numbers: Collection[int],
    guest_name: str = "",
    key: str | None = None,
    kinds: Mapping[int, str] | None = None,
    also_blocked: bool = False,
) -> list[Booking]:
    """Sells the seats to a guest: all or none, in the order of their numbers, until the movie ends.

    The beginning of the sale, the orphan rule and `BOOKING_MAX_SEATS` do not count. With `also_blocked`,
    blocked seats are sold, too. Seats that the clerk holds are available, and their hold ends.

    If the clerk has used the idempotency `key` before, for these seats of this show, returns the first bookings
    as they were, and changes nothing.

    Raises `SeatTaken`, `SeatHeld`, `SeatBlocked` (with the `seats` that are unavailable), `NoSuchPrice`,
    `SeatNotFound`, `ShowStarted` (if the movie is over), `ShowCancelled`, `ShowNotFound`,
    `IdempotencyKeyReused`, or `InvalidToken` if the clerk is deleted or inactive.
    """
    wanted = set(seat_numbers)
    kinds = kinds or {}
    sale: Any = {"seat_numbers": wanted, "key": key, "kinds": kinds, "also_blocked": also_blocked}
    for _ in range(MAX_ATTEMPTS):
        if all(0 < number <= MAX_SEAT_NUMBER for number in wanted):
            # A constraint refuses a used key. The reason is looked up like any other.
            with suppress(IntegrityError):
                if bookings := _try_to_sell(clerk_id, show_id, guest_name=guest_name, **sale):
                    return bookings
        if first := refusals.replay_or_raise_for_sale(clerk_id, show_id, **sale):
            return first
    raise Unavailable()


@transaction.atomic
def _try_to_sell(clerk_id: int, show_id: int, *, also_blocked: bool, **sale: Any) -> list[Booking]:
    """One attempt; [] if not all seats can be sold.

    A show that is called off blocks its seats. The sale of blocked seats would wait for these seats only, and
    then sell them, because it does not see the new status of the show. So it waits for the show first.
    """
    if also_blocked:
        list(Show.objects.select_for_update(no_key=True).filter(pk=show_id).values_list("pk"))
    return statements.sell(clerk_id=clerk_id, show_id=show_id, also_blocked=also_blocked, **sale)
