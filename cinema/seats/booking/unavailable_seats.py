"""The problem of seats that are unavailable: why they are, and which available seats are near."""

import math
from collections.abc import Collection
from heapq import nsmallest
from typing import Any, NamedTuple

from cinema.seats.exceptions import (
    SeatBlocked,
    SeatHeld,
    SeatTaken,
    SeatUnavailable,
    SoldTogether,
)
from cinema.seats.seat_map.queries import CHANGES
from cinema.seats.sql.dialect import SEATS_OF_SHOW, SECONDS_UNTIL
from cinema.seats.sql.fetch import fetch_all
from cinema.seats.status import STATUS_LETTER, is_available_to

MAX_ALTERNATIVES = 5
SEATS = f"""
SELECT number, x, y, pair, {STATUS_LETTER}, held_by, {SECONDS_UNTIL.format("held_until")}, {CHANGES}
FROM seats_seat WHERE {SEATS_OF_SHOW} ORDER BY number"""  # noqa: S608


class SeatState(NamedTuple):
    """A seat; `letter` is its status as in the seat map, `seconds_left` the time until its hold expires."""

    number: int
    x: float
    y: float
    pair: int | None
    letter: str
    held_by: int | None
    seconds_left: float | None
    changes: int


def unavailable_error(
    show_id: int,
    wanted: Collection[int],
    user_id: int,
    *,
    names_seats: bool = False,
    is_sold: bool = False,
    may_split_sofas: bool = False,
    also_blocked: bool = False,
) -> SeatUnavailable | SoldTogether | None:
    """The error for the wanted seats: `SeatTaken` if any is taken, else `SeatHeld`, else `SeatBlocked`, else
    `SoldTogether` if one is half of a sofa whose other half is not wanted.

    None if all are available to the user by now. With `names_seats`, it lists the seats that are not. `is_sold`
    says that a live booking exists, whatever the seat's row says. The till may split sofas, and sells blocked
    seats with `also_blocked`.
    """
    seats = [SeatState(*row) for row in fetch_all(SEATS, {"show": show_id})]
    unavailable = [
        seat
        for seat in seats
        if seat.number in wanted
        and not is_available_to(user_id, seat.letter, seat.held_by)
        and not (also_blocked and seat.letter == "b")
    ]
    if not unavailable and not is_sold:
        if may_split_sofas:
            return None
        halves = {(seat.number, seat.pair) for seat in seats if seat.number in wanted and seat.pair}
        alone = {number for half in halves if half[1] not in wanted for number in half}
        return SoldTogether(sorted(alone)) if alone else None
    extra: dict[str, Any] = {
        "version": sum(seat.changes for seat in seats),
        "alternatives": _nearest_available(seats, wanted),
    }
    if names_seats:
        extra["seats"] = [seat.number for seat in unavailable]
    if is_sold or any(seat.letter == "t" for seat in unavailable):
        return SeatTaken(**extra)
    if held := [seat for seat in unavailable if seat.letter == "h"]:
        seconds = max(seat.seconds_left or 0 for seat in held)
        return SeatHeld(**extra, retry_after=max(1, math.ceil(seconds)))
    return SeatBlocked(**extra)


def _nearest_available(seats: list[SeatState], wanted: Collection[int]) -> list[int]:
    """The numbers of the available seats nearest to the middle of the wanted ones, without halves of sofas."""
    places = [(seat.x, seat.y) for seat in seats if seat.number in wanted]
    if not places:
        return []
    x, y = (sum(values) / len(places) for values in zip(*places, strict=True))
    others = (
        seat
        for seat in seats
        if is_available_to(None, seat.letter, None) and seat.number not in wanted and seat.pair is None
    )
    nearest = nsmallest(MAX_ALTERNATIVES, others, key=lambda seat: (seat.x - x) ** 2 + (seat.y - y) ** 2)
    return [seat.number for seat in nearest]
