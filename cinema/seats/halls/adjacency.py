"""Finds the best adjacent seats of a hall, and orphan seats. Pure Python.

Two seats are adjacent if they are next to each other in a row, and no further apart than is usual in that row.
A wider gap is an aisle. So curved rows, seats numbered in any order, and plans in any unit of length all work.

An orphan seat is an available seat between two seats that are not available.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from cinema.seats.halls.spacing import distance, sort_row, usual_distance


class SeatView(NamedTuple):
    """A seat as one user sees it. `available` means available to this user, so it includes the seats they hold.

    `line` identifies the row, `x` and `y` are the position.
    """

    number: int
    line: int
    x: float
    y: float
    category: str
    accessible: bool
    available: bool
    companion: bool = False
    pair: int | None = None


# A gap between neighbors of more than this many usual distances is an aisle.
AISLE_FACTOR = 1.5


def segments(seats: Sequence[SeatView]) -> list[list[SeatView]]:
    """Splits the rows at their aisles into segments of adjacent seats, in the order of their positions."""
    by_line = sorted(seats, key=lambda seat: seat.line)
    rows = [sort_row(list(row)) for _, row in groupby(by_line, key=lambda seat: seat.line)]
    usual_in_hall = usual_distance(rows)
    result: list[list[SeatView]] = []
    for row in rows:
        # A row of two seats has no usual distance of its own, so that of the hall applies.
        usual = usual_distance([row]) if len(row) > 2 else usual_in_hall
        result.append([row[0]])
        for previous, seat in pairwise(row):
            if distance(previous, seat) <= AISLE_FACTOR * usual:
                result[-1].append(seat)
            else:
                result.append([seat])
    return result


def best_blocks(
    seats: Sequence[SeatView], size: int, *, category: str | None = None, accessible: bool | None = None
) -> list[list[int]]:
    """Returns the numbers of all blocks of `size` adjacent available seats, the best block first.

    Three rules compare the blocks, in this order. A block should keep accessible seats and companion seats for
    people who need them. It should leave no orphan seat. It should be near the middle of the hall.

    With `category`, all seats of a block have that category. With `accessible` true, a block has an accessible
    seat, if possible with a companion seat beside it; with false, it has no accessible seat.
    """
    if not seats:
        return []
    middle_x = (min(seat.x for seat in seats) + max(seat.x for seat in seats)) / 2
    middle_y = (min(seat.y for seat in seats) + max(seat.y for seat in seats)) / 2
    ranked = []
    for segment, start, block in _available_blocks(seats, size):
        if not all(category in (None, seat.category) for seat in block):
            continue
        has_accessible = any(seat.accessible for seat in block)
        if accessible is not None and accessible != has_accessible:
            continue
        x, y = (sum(values) / size for values in ([s.x for s in block], [s.y for s in block]))
        ranked.append(
            (
                _rank_of_kept_seats(block, accessible),
                _leaves_orphan(segment, start, size),
                _leaves_orphan(segment, start, size, ends_count=True),
                (x - middle_x) ** 2 + (y - middle_y) ** 2,
                [seat.number for seat in block],
            )
        )
    return [numbers for *_, numbers in sorted(ranked)]


def _rank_of_kept_seats(block: Sequence[SeatView], accessible: bool | None) -> tuple[int, int]:
    """Ranks a block by its accessible seats and companion seats; the lowest rank is the best.

    Users who ask for an accessible seat get a companion seat beside it, and as few of these seats as possible.
    Others get a companion seat only if nothing else is left, and an accessible seat only after that.
    """
    kept = [seat for seat in block if seat.accessible or seat.companion]
    if not accessible:
        return any(seat.accessible for seat in kept), bool(kept)
    are_together = any(
        (one.accessible and other.companion) or (one.companion and other.accessible)
        for one, other in pairwise(block)
    )
    return not are_together, len(kept)


def _available_blocks(
    seats: Sequence[SeatView], size: int
) -> Iterator[tuple[list[SeatView], int, list[SeatView]]]:
    """Yields each block of `size` adjacent available seats, after its segment and its start in the segment.

    No block has only one half of a sofa.
    """
    for segment in segments(seats):
        for start in range(len(segment) - size + 1):
            block = segment[start : start + size]
            if all(seat.available for seat in block) and _is_whole(block):
                yield segment, start, block


def _is_whole(block: Sequence[SeatView]) -> bool:
    """Tells whether no seat of the block is half of a sofa whose other half is not in the block."""
    halves = [seat for seat in block if seat.pair is not None]
    return not halves or {seat.pair for seat in halves} <= {seat.number for seat in block}


def largest_block(
    seats: Sequence[SeatView], *, category: str | None = None, accessible: bool | None = None
) -> int:
    """Returns the size of the largest block that `best_blocks` finds, or 0."""
    longest = max((len(segment) for segment in segments(seats)), default=0)
    sizes = range(longest, 0, -1)
    return next((n for n in sizes if best_blocks(seats, n, category=category, accessible=accessible)), 0)


def orphan_seats(seats: Sequence[SeatView], chosen: Collection[int]) -> list[int]:
    """Returns the numbers of the seats that become orphan seats when the chosen seats are taken."""
    orphans = []
    for segment in segments(seats):
        for left, seat, right in zip(segment, segment[1:], segment[2:], strict=False):
            if not seat.available or seat.number in chosen:
                continue
            neighbors = (left, right)
            is_enclosed = all(not neighbor.available or neighbor.number in chosen for neighbor in neighbors)
            if is_enclosed and any(neighbor.number in chosen for neighbor in neighbors):
                orphans.append(seat.number)
    return orphans


def has_choice_without_orphans(seats: Sequence[SeatView], chosen: Collection[int]) -> bool:
    """Tells whether a choice like the chosen seats leaves no orphan seat.

    Such a choice has as many adjacent available seats, and as many of each kind: the categories, accessible
    seats, companion seats and halves of sofas. Other seats don't help a user who needs these.
    """
    wanted = _kinds(seat for seat in seats if seat.number in chosen)
    return any(
        _kinds(block) == wanted and not _leaves_orphan(segment, start, len(block))
        for segment, start, block in _available_blocks(seats, wanted.total())
    )


def _kinds(seats: Iterable[SeatView]) -> Counter[tuple[str, bool, bool, bool]]:
    return Counter((seat.category, seat.accessible, seat.companion, seat.pair is not None) for seat in seats)


def _leaves_orphan(segment: list[SeatView], start: int, size: int, *, ends_count: bool = False) -> bool:
    """Tells whether the block leaves one available seat between itself and a seat that is not available.

    With `ends_count`, the end of the segment, an aisle or a wall, counts as a seat that is not available.
    """

    def is_available(index: int) -> bool:
        return 0 <= index < len(segment) and segment[index].available

    def is_closed(index: int) -> bool:
        return not segment[index].available if 0 <= index < len(segment) else ends_count

    end = start + size
    return (is_available(start - 1) and is_closed(start - 2)) or (is_available(end) and is_closed(end + 1))
