"""Holds: a buyer keeps some seats of a show while they decide or pay.

A hold is written on the seats themselves and lapses by the clock, inside the WHERE of whoever wants the
seat next; no sweeper is needed. All of a user's attempts share one row that they lock first, the
user's own, so that two of them at once can't end up with more seats than either asked for. Then
the seats are locked in the order of their numbers, so that nobody waits in a circle.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from rest_framework_simplejwt.exceptions import InvalidToken

from .exceptions import NoHold
from .models import Booking, Seat
from .refusals import LARGEST, refuse_show, unobtainable


@dataclass(frozen=True)
class Hold:
    """What a user holds of a show: the seats' numbers, and when the hold lapses (UTC)."""

    show: int
    seat_numbers: list[int]
    expires_at: datetime


def current_hold(*, user_id: int, show_id: int) -> Hold:
    """Raises `NoHold` where the user holds no seat of the show."""
    held = Seat.objects.filter(show=show_id).held_by_user(user_id).order_by("number")
    seats: list[Any] = list(held.values_list("number", "held_until", named=True))
    if not seats:
        raise NoHold()
    return Hold(show_id, [seat.number for seat in seats], seats[0].held_until)


def hold_seats(*, user_id: int, show_id: int, seat_numbers: Collection[int]) -> Hold:
    """Makes these seats, and no others, the ones that the user holds of the show: all or none.

    The hold lasts `HOLD_SECONDS` from now, and at most `HOLD_MAX_SECONDS` from its first call.

    Raises `SeatTaken`, `SeatHeld`, `SeatBlocked`, with the seats that could not be had, `ShowStarted`,
    `SeatNotFound`, `ShowNotFound`; then nothing is changed, and what was held before still is.
    """
    wanted = set(seat_numbers)
    if not all(0 < number <= LARGEST for number in wanted):
        refuse_show(show_id, wanted)
    try:
        return _hold_all(user_id, show_id, wanted)
    except _Lost as lost:
        # Looked up once all is undone, so that the answer speaks of what is there.
        refuse_show(show_id, wanted)
        raise unobtainable(show_id, wanted, user_id, several=True) from lost


class _Lost(Exception):
    """Not all seats could be had: undoes the attempt."""


@transaction.atomic
def _hold_all(user_id: int, show_id: int, wanted: set[int]) -> Hold:
    _lock_user(user_id)
    seats = _lock_seats(show_id, user_id, wanted)
    if not seats:
        raise _Lost
    mine = [seat for seat in seats if seat.held and seat.held_by == user_id]
    now = seats[0].now
    since = min((seat.held_since for seat in mine), default=now)
    until = _lapses(now, since)
    of_show = Seat.objects.filter(show=show_id)
    of_show.filter(number__in={seat.number for seat in mine} - wanted).release()
    held = of_show.filter(number__in=wanted).free_for(user_id).of_upcoming_shows().hold(user_id, since, until)
    if held != len(wanted):
        raise _Lost
    return Hold(show_id, sorted(wanted), until)


@transaction.atomic
def release_hold(*, user_id: int, show_id: int) -> None:
    """Gives back what the user holds of the show, if anything."""
    _lock_user(user_id)
    mine = {seat.number for seat in _lock_seats(show_id, user_id) if seat.held}
    Seat.objects.filter(show=show_id, number__in=mine).release()


@transaction.atomic
def book_hold(*, user_id: int, show_id: int) -> list[Booking]:
    """Books all seats that the user holds of the show: all or none, by the order of their numbers.

    Raises `NoHold` where there is none, or it has lapsed, and `ShowStarted`.
    """
    _lock_user(user_id)
    mine = {seat.number for seat in _lock_seats(show_id, user_id) if seat.held}
    if not mine:
        raise NoHold()
    held = Seat.objects.filter(show=show_id, number__in=mine).held_by_user(user_id)
    if held.of_upcoming_shows().make_taken() != len(mine):
        refuse_show(show_id, mine)
        raise NoHold()
    sold = [Booking(user_id=user_id, show_id=show_id, seat_number=number) for number in sorted(mine)]
    Booking.objects.bulk_create(sold)
    ids = [booking.pk for booking in sold]
    return list(Booking.objects.filter(show=show_id, pk__in=ids).with_details().order_by("seat_number"))


def _lock_user(user_id: int) -> None:
    """Raises `InvalidToken` where the user is gone or inactive."""
    users = get_user_model().objects.select_for_update(no_key=True)
    if not users.filter(pk=user_id, is_active=True).values_list("pk").first():
        raise InvalidToken("Token is of no active account")


def _lock_seats(show_id: int, user_id: int, wanted: Collection[int] = ()) -> list[Any]:
    """The wanted seats and those that the user holds, locked in the order of their numbers."""
    theirs = Seat.objects.filter(Q(number__in=wanted) | Q(held_by=user_id), show=show_id)
    return list(theirs.with_held().annotate(now=Now()).select_for_update().order_by("number"))


def _lapses(now: datetime, since: datetime) -> datetime:
    """When a hold that is made or renewed now, and began at `since`, lapses."""
    renewed = now + timedelta(seconds=settings.HOLD_SECONDS)
    until = min(renewed, since + timedelta(seconds=settings.HOLD_MAX_SECONDS))
    # In whole seconds, rounded up, for those are what SQLite's clock knows when it judges.
    return until if until.microsecond == 0 else until.replace(microsecond=0) + timedelta(seconds=1)
