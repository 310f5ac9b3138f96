"""Why seats could not be had, and what is free near them. Looked up only after it failed."""

import math
from collections.abc import Collection, Sequence
from heapq import nsmallest
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import Case, When
from django.db.models.functions import Now
from rest_framework_simplejwt.exceptions import InvalidToken

from cinema.seats.exceptions import (
    LeavesSingleSeat,
    SeatBlocked,
    SeatHeld,
    SeatNotFound,
    SeatTaken,
    SeatUnavailable,
    ShowNotFound,
    ShowStarted,
)
from cinema.seats.halls.adjacency import SeatView, has_choice_without_orphans, orphan_seats
from cinema.seats.seat_map.queries import CHANGES, LETTER, is_available_to
from cinema.seats.sql.dialect import NOW, SEATS_OF_SHOW, SECONDS_UNTIL, read
from cinema.seats.sql.fetch_one import one
from cinema.shows.models import Show

MAX_ALTERNATIVES = 5
# How often a seat that was lost, and then given back at once, is tried for again.
ATTEMPTS = 20
# The largest number that a column can hold; no seat has a larger one, so none is asked for.
LARGEST = 2**31 - 1

# One look: of two, a show that is deleted between would seem to have begun.
SALE_CONTEXT = f"""
SELECT EXISTS (SELECT 1 FROM {get_user_model()._meta.db_table} WHERE id = %(user)s AND is_active),
  (SELECT total_seats FROM shows_show WHERE id = %(show)s),
  (SELECT date_time <= {NOW} FROM shows_show WHERE id = %(show)s),
  (SELECT id FROM seats_booking WHERE show_id = %(show)s AND seat_number = %(seat)s AND status = 'booked'),
  (SELECT user_id FROM seats_booking WHERE show_id = %(show)s AND seat_number = %(seat)s AND status = 'booked')
"""  # noqa: S608 - put in are constants of the code's own
SEATS = f"""
SELECT number, x, y, {LETTER}, held_by, {SECONDS_UNTIL.format("held_until")}, {CHANGES}
FROM seats_seat WHERE {SEATS_OF_SHOW} ORDER BY number"""  # noqa: S608


class SaleContext(NamedTuple):
    """All that can be in the way of a sale, but for the seat's own state."""

    user_is_active: bool
    total_seats: int | None
    has_begun: bool | None
    booking: int | None
    buyer: int | None


class FoundSeat(NamedTuple):
    """A seat; `letter` is its status, as in the seat map, `seconds_left` how long its hold still lasts."""

    number: int
    x: float
    y: float
    letter: str
    held_by: int | None
    seconds_left: float | None
    changes: int

    def is_available_to(self, user_id: int | None) -> bool:
        return is_available_to(user_id, self.letter, self.held_by)


def sale_context(user_id: int, show_id: int, seat_number: int) -> SaleContext:
    # A number that no column can hold is looked for no more than no seat.
    seat = seat_number if 0 < seat_number <= LARGEST else 0
    found: Any = one(SALE_CONTEXT, {"user": user_id, "show": show_id, "seat": seat})
    return SaleContext(*found)


def require_active_user(user_id: int) -> None:
    """Raises `InvalidToken` where the user of a token is gone or inactive."""
    require_active(get_user_model().objects.filter(pk=user_id, is_active=True).exists())


def require_active(user_is_active: bool) -> None:
    """The same, of what is known of the user."""
    if not user_is_active:
        raise InvalidToken("Token is of no active account")


def check_show(show_id: int, numbers: Collection[int]) -> None:
    """Raises `ShowNotFound`, `SeatNotFound` for a number that the show does not have, or `ShowStarted`."""
    # By one look: a show that is deleted between two would seem to have begun.
    begun = Case(When(date_time__gt=Now(), then=False), default=True)
    shows = Show.objects.annotate(begun=begun).filter(pk=show_id)
    total_seats, has_begun = shows.values_list("total_seats", "begun").first() or (None, None)
    check_show_state(total_seats, has_begun, numbers)


def check_show_state(total_seats: int | None, has_begun: bool | None, numbers: Collection[int]) -> None:
    """The same, of what is known of the show; None where there is no such show."""
    if total_seats is None:
        raise ShowNotFound()
    if not all(0 < number <= total_seats for number in numbers):
        raise SeatNotFound(total_seats)
    if has_begun:
        raise ShowStarted()


def check_orphan_rule(seats: Sequence[SeatView], wanted: Collection[int], **kind: Any) -> None:
    """Raises `LeavesSingleSeat`, unless no other choice of so many adjacent seats would leave none.

    `kind` says which others would do: of a `category`, or `accessible`.
    """
    lonely = orphan_seats(seats, wanted)
    if lonely and has_choice_without_orphans(seats, len(wanted), **kind):
        raise LeavesSingleSeat(lonely)


def unavailable_error(
    show_id: int, wanted: Collection[int], user_id: int, *, several: bool = False, sold: bool = False
) -> SeatUnavailable | None:
    """The refusal of these seats: taken, else held, else blocked, whichever of them is found first.

    None where nothing is in the way any more: what was has been given back meanwhile. With `several`, it
    names those that could not be had. `sold` says that one is, whatever its row says.
    """
    seats = [FoundSeat(*row) for row in read(SEATS, {"show": show_id})]
    lost = [seat for seat in seats if seat.number in wanted and not seat.is_available_to(user_id)]
    if not lost and not sold:
        return None
    extra: dict[str, Any] = {
        "version": sum(seat.changes for seat in seats),
        "alternatives": _nearest([seat for seat in seats if seat.letter == "a"], wanted, seats),
    }
    if several:
        extra["seats"] = [seat.number for seat in lost]
    if sold or any(seat.letter == "t" for seat in lost):
        return SeatTaken(**extra)
    if held := [seat for seat in lost if seat.letter == "h"]:
        seconds = max(seat.seconds_left or 0 for seat in held)
        return SeatHeld(**extra, retry_after=max(1, math.ceil(seconds)))
    return SeatBlocked(**extra)


def _nearest(free: list[FoundSeat], wanted: Collection[int], seats: list[FoundSeat]) -> list[int]:
    """The numbers of the free seats nearest to the middle of those that were wanted."""
    places = [(seat.x, seat.y) for seat in seats if seat.number in wanted]
    if not places:
        return []
    x, y = (sum(values) / len(places) for values in zip(*places, strict=True))
    others = (seat for seat in free if seat.number not in wanted)
    near = nsmallest(MAX_ALTERNATIVES, others, key=lambda seat: (seat.x - x) ** 2 + (seat.y - y) ** 2)
    return [seat.number for seat in near]
