"""Holds: a buyer keeps some seats of a show while they decide or pay.

A hold is written on the seats themselves and lapses by the clock, inside the WHERE of whoever wants the
seat next; no sweeper is needed. All of a user's attempts share one lock that they take first, so that
two of them at once can't end up with more seats than either asked for. Then the seats are locked in the
order of their numbers, so that nobody waits in a circle.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from cinema.api.problems import Unavailable
from cinema.seats.booking.refusals import (
    ATTEMPTS,
    LARGEST,
    check_orphan_rule,
    check_show,
    require_active_user,
    unavailable_error,
)
from cinema.seats.exceptions import LeavesSingleSeat, NoAdjacentSeats, NoHold
from cinema.seats.halls.adjacency import SeatView, best_blocks, largest_block
from cinema.seats.models import Booking, Seat
from cinema.seats.seat_map.queries import LETTER, is_available_to
from cinema.seats.sql.dialect import SEATS_OF_SHOW, read

# All of a user's attempts wait for one lock of theirs, not for their row: where users are a table that is
# whole on every node, to lock one row of it is to lock all, and one buyer would wait for another. SQLite lets
# one writer in at a time.
HOLDS = 1_213_156_420  # Names these locks, apart from any others.

SEAT_VIEWS = f"""
SELECT number, line, x, y, category, accessible, {LETTER}, held_by
FROM seats_seat WHERE {SEATS_OF_SHOW} ORDER BY number"""  # noqa: S608 - put in are constants of the code's own


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
        check_show(show_id, wanted)
    for _ in range(ATTEMPTS):
        try:
            return _hold_all(user_id, show_id, wanted)
        except SeatsUnavailable:
            # Looked up once all is undone, so that the answer speaks of what is there.
            check_show(show_id, wanted)
            if refusal := unavailable_error(show_id, wanted, user_id, several=True):
                raise refusal from None
            # What was lost has been given back meanwhile: it is worth another attempt.
    raise Unavailable()


def hold_best(
    *, user_id: int, show_id: int, size: int, category: str | None = None, accessible: bool | None = None
) -> Hold:
    """Finds and holds the best `size` adjacent free seats (see `choosing.best_blocks`).

    A race that is lost on the way goes on with the next best block. Blocks that others are about
    to get are passed over without waiting; only when all that seem free are such, is one waited for.

    Raises `NoAdjacentSeats`, with the size of the largest block that there is, and as `hold_seats` does.
    """
    kind: dict[str, Any] = {"category": category, "accessible": accessible}
    check_show(show_id, [])
    for _ in range(ATTEMPTS):
        seats = seats_for_user(show_id, user_id)
        blocks = best_blocks(seats, size, **kind)
        if not seats:
            check_show(show_id, [])  # It has been deleted meanwhile.
        if not blocks:
            raise NoAdjacentSeats(largest_block(seats, **kind))
        lost: set[int] = set()
        for block in blocks:
            # A block beside a lost seat is worth a try; one with a lost seat in it is not.
            if lost.isdisjoint(block):
                with suppress(SeatsUnavailable, LeavesSingleSeat):
                    return _hold_all(user_id, show_id, set(block), wait=False, **kind)
                lost.update(block)
        with suppress(SeatsUnavailable, LeavesSingleSeat):
            return _hold_all(user_id, show_id, set(blocks[0]), **kind)
        check_show(show_id, [])
    raise Unavailable()


def seats_for_user(show_id: int, user_id: int | None = None) -> list[SeatView]:
    """The show's seats by number, as this user may choose among them, or as anybody may."""
    return [
        SeatView._make([*place, is_available_to(user_id, letter, held_by)])
        for *place, letter, held_by in read(SEAT_VIEWS, {"show": show_id})
    ]


class SeatsUnavailable(Exception):
    """Not all seats could be had: undoes the attempt."""


@transaction.atomic
def _hold_all(user_id: int, show_id: int, wanted: set[int], *, wait: bool = True, **kind: Any) -> Hold:
    """Raises `SeatsUnavailable`, and changes nothing, if not all can be had; without `wait`, also if somebody
    else has locked one, and may be about to get it."""
    _lock_user(user_id)
    seats = _lock_seats(show_id, user_id, wanted, wait=wait)
    numbers = {seat.number for seat in seats}
    if not wanted <= numbers:
        raise SeatsUnavailable
    of_show = Seat.objects.filter(show=show_id)
    if not wait and of_show.held_by_user(user_id).exclude(number__in=numbers).exists():
        # A seat that they hold was passed over too, and could not be given back.
        raise SeatsUnavailable
    mine = [seat for seat in seats if seat.held and seat.held_by == user_id]
    now = seats[0].now
    since = min((seat.held_since for seat in mine), default=now)
    until = _lapses(now, since)
    of_show.filter(number__in={seat.number for seat in mine} - wanted).release(user_id)
    held = (
        of_show.filter(number__in=wanted).available_to(user_id).of_upcoming_shows().hold(user_id, since, until)
    )
    if held != len(wanted):
        raise SeatsUnavailable
    if settings.ORPHAN_RULE:
        check_orphan_rule(seats_for_user(show_id, user_id), wanted, **kind)
    return Hold(show_id, sorted(wanted), until)


@transaction.atomic
def release_hold(*, user_id: int, show_id: int) -> None:
    """Gives back what the user holds of the show, if anything."""
    _lock_user(user_id)
    numbers = [seat.number for seat in _lock_seats(show_id, user_id)]
    Seat.objects.filter(show=show_id, number__in=numbers).held_by_user(user_id).release(user_id)


def book_hold(*, user_id: int, show_id: int) -> list[Booking]:
    """Books all seats that the user holds of the show: all or none, by the order of their numbers.

    Raises `NoHold` where there is none, or it has lapsed, and `ShowStarted`.
    """
    try:
        return _book_hold(user_id, show_id)
    except IntegrityError:
        require_active_user(user_id)  # They have been deleted meanwhile.
        raise


@transaction.atomic
def _book_hold(user_id: int, show_id: int) -> list[Booking]:
    _lock_user(user_id)
    mine = {seat.number for seat in _lock_seats(show_id, user_id) if seat.held and seat.held_by == user_id}
    if not mine:
        raise NoHold()
    held = Seat.objects.filter(show=show_id, number__in=mine).held_by_user(user_id)
    if held.of_upcoming_shows().mark_taken() != len(mine):
        check_show(show_id, mine)
        raise NoHold()
    sold = [Booking(user_id=user_id, show_id=show_id, seat_number=number) for number in sorted(mine)]
    Booking.objects.bulk_create(sold)
    ids = [booking.pk for booking in sold]
    return list(Booking.objects.filter(show=show_id, pk__in=ids).with_details().order_by("seat_number"))


def _lock_user(user_id: int) -> None:
    """Keeps the user's other attempts waiting. Raises `InvalidToken` where they are gone or inactive."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [HOLDS, user_id])
    require_active_user(user_id)


def _lock_seats(show_id: int, user_id: int, wanted: Collection[int] = (), *, wait: bool = True) -> list[Any]:
    """The wanted seats and those that the user holds, locked in the order of their numbers.

    With the rule against lonely seats, what is free around them matters too: then all are locked.
    """
    seats = Seat.objects.filter(show=show_id)
    if settings.ORPHAN_RULE:
        wait = True
    else:
        seats = seats.filter(Q(number__in=wanted) | Q(held_by=user_id))
    locked: Any = seats.select_for_update(skip_locked=not wait).order_by("number")
    fields = ("number", "held", "held_by", "held_since", "now")
    return list(locked.with_held().annotate(now=Now()).values_list(*fields, named=True))


def _lapses(now: datetime, since: datetime) -> datetime:
    """When a hold that is made or renewed now, and began at `since`, lapses."""
    renewed = now + timedelta(seconds=settings.HOLD_SECONDS)
    return min(renewed, since + timedelta(seconds=settings.HOLD_MAX_SECONDS))
