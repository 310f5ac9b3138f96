"""Which seats are best, and which choices leave a lonely one: geometry and statuses, no database.

Two seats are adjacent when they follow each other along one row and stand about as close as neighbours
do in that row; an aisle parts them. So it works for rows that bend, for seats that are numbered in any
order, and for plans in any unit.
"""

import math
from collections.abc import Collection, Sequence
from itertools import groupby, pairwise
from statistics import median_low
from typing import NamedTuple


class SeatView(NamedTuple):
    """A seat as a chooser sees it; `free` is for the one who asks, their own hold included."""

    number: int
    line: int
    x: float
    y: float
    category: str
    accessible: bool
    free: bool


# Further apart than so many times the usual distance, two neighbours have an aisle between them.
AISLE = 1.5


def segments(seats: Sequence[SeatView]) -> list[list[SeatView]]:
    """The hall's stretches of adjacent seats, each in the order in which they stand."""
    by_line = sorted(seats, key=lambda seat: seat.line)
    rows = [_along(list(row)) for _, row in groupby(by_line, key=lambda seat: seat.line)]
    usual = _usual_distance([pair for row in rows for pair in pairwise(row)])
    stretches: list[list[SeatView]] = []
    for row in rows:
        # Of two seats alone nobody can tell whether they are neighbours, but by the rest of the hall.
        reach = AISLE * (_usual_distance(list(pairwise(row))) if len(row) > 2 else usual)
        stretches.append([row[0]])
        for last, seat in pairwise(row):
            if _distance(last, seat) <= reach:
                stretches[-1].append(seat)
            else:
                stretches.append([seat])
    return stretches


def _along(row: list[SeatView]) -> list[SeatView]:
    """A row's seats from one end to the other."""
    width = max(seat.x for seat in row) - min(seat.x for seat in row)
    height = max(seat.y for seat in row) - min(seat.y for seat in row)
    return sorted(row, key=lambda seat: (seat.x, seat.y) if width >= height else (seat.y, seat.x))


def _usual_distance(pairs: Sequence[tuple[SeatView, SeatView]]) -> float:
    return median_low([_distance(*pair) for pair in pairs]) if pairs else 0


def best_blocks(
    seats: Sequence[SeatView], size: int, *, category: str | None = None, accessible: bool | None = None
) -> list[list[int]]:
    """All blocks of `size` adjacent free seats, best first: that leave no lonely seat, that keep the
    accessible places for those who need them, and that are near the middle of the hall.

    With `category`, all of that category; with `accessible` true, with an accessible seat among
    them; with false, without one.
    """
    if not seats:
        return []
    middle_x = (min(seat.x for seat in seats) + max(seat.x for seat in seats)) / 2
    middle_y = (min(seat.y for seat in seats) + max(seat.y for seat in seats)) / 2
    ranked = []
    for stretch in segments(seats):
        for start in range(len(stretch) - size + 1):
            block = stretch[start : start + size]
            if not all(seat.free and category in (None, seat.category) for seat in block):
                continue
            has_accessible = any(seat.accessible for seat in block)
            if accessible is not None and accessible != has_accessible:
                continue
            x, y = (sum(values) / size for values in ([s.x for s in block], [s.y for s in block]))
            ranked.append(
                (
                    _leaves_orphan(stretch, start, size, walls=False),
                    _leaves_orphan(stretch, start, size, walls=True),
                    has_accessible and not accessible,
                    (x - middle_x) ** 2 + (y - middle_y) ** 2,
                    [seat.number for seat in block],
                )
            )
    return [block for *_, block in sorted(ranked)]


def largest_block(
    seats: Sequence[SeatView], *, category: str | None = None, accessible: bool | None = None
) -> int:
    """The size of the largest block that `best_blocks` would find; 0 where no seat would do."""
    longest = max((len(stretch) for stretch in segments(seats)), default=0)
    sizes = range(longest, 0, -1)
    return next((n for n in sizes if best_blocks(seats, n, category=category, accessible=accessible)), 0)


def orphan_seats(seats: Sequence[SeatView], chosen: Collection[int]) -> list[int]:
    """The free seats that this choice would leave single between seats that are not free."""
    lonely = []
    for stretch in segments(seats):
        for left, seat, right in zip(stretch, stretch[1:], stretch[2:], strict=False):
            if not seat.free or seat.number in chosen:
                continue
            sides = (left, right)
            shut_in = all(not side.free or side.number in chosen for side in sides)
            if shut_in and any(side.number in chosen for side in sides):
                lonely.append(seat.number)
    return lonely


def has_choice_without_orphans(
    seats: Sequence[SeatView], size: int, *, category: str | None = None, accessible: bool | None = None
) -> bool:
    """Whether so many adjacent seats, of such a kind, could be had somewhere without leaving a lonely one."""
    blocks = best_blocks(seats, size, category=category, accessible=accessible)
    return any(not orphan_seats(seats, block) for block in blocks)


def _leaves_orphan(stretch: list[SeatView], start: int, size: int, *, walls: bool) -> bool:
    """Whether one free seat is left between the block and a seat that is not free; with `walls`, also
    between the block and an aisle or the wall."""

    def free(index: int) -> bool:
        return 0 <= index < len(stretch) and stretch[index].free

    def shut(index: int) -> bool:
        return not stretch[index].free if 0 <= index < len(stretch) else walls

    end = start + size
    return (free(start - 1) and shut(start - 2)) or (free(end) and shut(end + 1))


def _distance(one: SeatView, other: SeatView) -> float:
    return math.hypot(one.x - other.x, one.y - other.y)
