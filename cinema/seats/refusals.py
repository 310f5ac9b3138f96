"""Why seats could not be had, and what is free near them. Looked up only after it failed."""

import math
from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Case, When
from django.db.models.functions import Now
from rest_framework_simplejwt.exceptions import InvalidToken

from cinema.shows.models import Show

from .choosing import Spot, another_choice_leaves_none, lonely_seats
from .exceptions import (
    LeavesSingleSeat,
    SeatBlocked,
    SeatHeld,
    SeatNotFound,
    SeatTaken,
    ShowNotFound,
    ShowStarted,
    Unobtainable,
)
from .models import Seat

MOST_ALTERNATIVES = 5
# How often a seat that was lost, and then given back at once, is tried for again.
ATTEMPTS = 20
# The largest number that a column can hold; no seat has a larger one, so none is asked for.
LARGEST = 2**31 - 1
FIELDS = ["number", "x", "y", "taken", "blocked", "held_by", "held_until", "changes"]


def refuse_inactive(user_id: int) -> None:
    """Raises `InvalidToken` where the user of a token is gone or inactive."""
    if not get_user_model().objects.filter(pk=user_id, is_active=True).exists():
        raise InvalidToken("Token is of no active account")


def refuse_show(show_id: int, numbers: Collection[int]) -> Show:
    """Raises `ShowNotFound`, `SeatNotFound` for a number that the show does not have, or `ShowStarted`."""
    # By one look: a show that is deleted between two would seem to have begun.
    begun = Case(When(date_time__gt=Now(), then=False), default=True)
    show: Any = Show.objects.annotate(begun=begun).filter(pk=show_id).first()
    if show is None:
        raise ShowNotFound()
    if not all(0 < number <= show.total_seats for number in numbers):
        raise SeatNotFound(show.total_seats)
    if show.begun:
        raise ShowStarted()
    return show


def refuse_lonely_seats(spots: Sequence[Spot], wanted: Collection[int], **kind: Any) -> None:
    """Raises `LeavesSingleSeat`, unless no other choice of so many adjacent seats would leave none.

    `kind` says which others would do: of a `category`, or `accessible`.
    """
    lonely = lonely_seats(spots, wanted)
    if lonely and another_choice_leaves_none(spots, len(wanted), **kind):
        raise LeavesSingleSeat(lonely)


def unobtainable(
    show_id: int, wanted: Collection[int], user_id: int, *, several: bool = False, sold: bool = False
) -> Unobtainable | None:
    """The refusal of these seats: taken, else held, else blocked, whichever of them is found first.

    None where nothing is in the way any more: what was has been given back meanwhile. With `several`, it
    names those that could not be had. `sold` says that one is, whatever its row says.
    """
    rows = Seat.objects.filter(show=show_id).with_held().annotate(now=Now()).order_by("number")
    seats: list[Any] = list(rows.values_list(*FIELDS, "held", "now", named=True))
    lost = [seat for seat in seats if seat.number in wanted and not _obtainable(seat, user_id)]
    if not lost and not sold:
        return None
    extra: dict[str, Any] = {
        "version": sum(seat.changes + int(seat.held_until is not None and not seat.held) for seat in seats),
        "alternatives": _nearest([seat for seat in seats if _obtainable(seat, None)], wanted, seats),
    }
    if several:
        extra["seats"] = [seat.number for seat in lost]
    if sold or any(seat.taken for seat in lost):
        return SeatTaken(**extra)
    if held := [seat for seat in lost if seat.held]:
        seconds = max((seat.held_until - seat.now).total_seconds() for seat in held)
        return SeatHeld(**extra, retry_after=max(1, math.ceil(seconds)))
    return SeatBlocked(**extra)


def _obtainable(seat: Any, user_id: int | None) -> bool:
    return not seat.taken and not seat.blocked and (not seat.held or seat.held_by == user_id)


def _nearest(free: list[Any], wanted: Collection[int], seats: list[Any]) -> list[int]:
    """The numbers of the free seats nearest to the middle of those that were wanted."""
    places = [(seat.x, seat.y) for seat in seats if seat.number in wanted]
    if not places:
        return []
    x, y = (sum(values) / len(places) for values in zip(*places, strict=True))
    free.sort(key=lambda seat: ((seat.x - x) ** 2 + (seat.y - y) ** 2, seat.number))
    return [seat.number for seat in free if seat.number not in wanted][:MOST_ALTERNATIVES]
