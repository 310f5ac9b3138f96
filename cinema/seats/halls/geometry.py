"""Positions of the seats of a hall. Pure Python.

A hall without a seating plan has rows of at most 20 seats, and about as many seats per row as rows. Row sizes
differ by at most one seat. Rows of 10 and more seats have an aisle in the middle.
"""

import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

MAX_ROW_WIDTH = 20
AISLE_MIN_SEATS = 10
AISLE_WIDTH = 2
STANDARD_COLOR = "#4a6fa5"


class Place(NamedTuple):
    """The place of a seat in a hall: its number, its label and its position.

    `number` counts from 1 in the hall, `column` from 1 in the row. `line` identifies the physical row, because
    two rows may have the same name. `guid` is the seat's id in its seating plan, empty without a plan. A
    `companion` seat is for somebody beside an accessible seat. `pair` is the number of the other
    half of a sofa. A `blocked` seat is not for sale by its plan.

    `x` and `y` are where to draw the seat, with `y` growing downwards. Without a plan their unit is one seat,
    the first seat of row A is at (1, 1), and the screen is above. A plan has any unit.
    """

    number: int
    row: str
    column: int
    label: str
    x: float
    y: float
    category: str = "Standard"
    accessible: bool = False
    guid: str = ""
    color: str = STANDARD_COLOR
    line: int = 0
    companion: bool = False
    pair: int | None = None
    blocked: bool = False


class Run(NamedTuple):
    """A run of `size` seats side by side, described by the first one.

    `number`, `column` and `x` grow by one from seat to seat. The label is the row and the column.
    """

    first: Place
    size: int = 1

    def places(self) -> Iterator[Place]:
        yield self.first
        number, row, column, _, x, *_ = self.first
        for step in range(1, self.size):
            label = f"{row}{column + step}"
            yield self.first._replace(number=number + step, column=column + step, label=label, x=x + step)


def row_name(index: int) -> str:
    """Returns A, B, … Z, AA, AB, … for 0, 1, …"""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


# Cached, because a cinema has few halls and many shows in each.
@lru_cache(maxsize=16)
def hall(total: int) -> tuple[Run, ...]:
    """Returns the hall with `total` seats that a show gets without a seating plan."""
    widest = min(MAX_ROW_WIDTH, math.ceil(math.sqrt(1.2 * total)))
    return tuple(rows(range(1, total + 1), widest=widest))


def places_of(runs: Iterable[Run]) -> Iterator[Place]:
    for run in runs:
        yield from run.places()


def rows(
    numbers: Sequence[int],
    *,
    widest: int,
    behind: int = 0,
    first_line: int = 0,
    names_in_use: Collection[str] = (),
) -> Iterator[Run]:
    """Seats these numbers in rows of at most `widest` seats. Longer rows are at the back.

    The first row is behind `behind` existing rows: its `y` is one more. Its `line` is `first_line`. Rows get no
    name that is in `names_in_use`.
    """
    count = math.ceil(len(numbers) / widest)
    shorter, longer = len(numbers) // count, math.ceil(len(numbers) / count)
    longer_count = len(numbers) - shorter * count
    blocks = {size: list(_blocks(size, longer)) for size in (shorter, longer)}
    names = (name for name in map(row_name, itertools.count(behind)) if name not in names_in_use)
    seated = 0
    for index in range(count):
        name = next(names)
        for column, x, size in blocks[longer if index >= count - longer_count else shorter]:
            block_numbers = numbers[seated : seated + size]
            label = f"{name}{column}"
            first = Place(block_numbers[0], name, column, label, x, behind + index + 1, line=first_line + index)
            yield from _runs(first, block_numbers)
            seated += size


def _blocks(size: int, longest: int) -> Iterator[tuple[int, int, int]]:
    """Yields the first column, the first `x` and the size of each block of a row with `size` seats.

    The aisle divides a row into two blocks. It has the same `x` in all rows; `longest` is the size of the
    longest row.
    """
    left = math.ceil(size / 2)
    start = math.ceil(longest / 2) - left + 1
    if size < AISLE_MIN_SEATS:
        yield 1, start, size
    else:
        yield 1, start, left
        yield left + 1, start + left + AISLE_WIDTH, size - left


def _runs(first: Place, numbers: Sequence[int]) -> Iterator[Run]:
    """Yields the block with these numbers: one run if the numbers have no gap, else one run a seat."""
    run = Run(first, len(numbers))
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        yield run
    else:
        yield from (
            Run(place._replace(number=number)) for place, number in zip(run.places(), numbers, strict=True)
        )
