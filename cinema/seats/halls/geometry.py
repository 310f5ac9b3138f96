"""Where the seats of a hall stand: geometry only, no database.

Without a seating plan a hall is about as wide as it is deep, at most 20 seats wide, its rows as
even as can be, with an aisle in the middle of rows of 10 and more.
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
    """A seat's place. `number` counts from 1 over the hall, `column` from 1 within the row.

    `x` and `y` are where to draw it; without a plan in seats, from 1, and row A, nearest the screen, has
    `y` 1. `guid` is what a plan calls the seat, whatever its number; without a plan there is none. Seats of one
    row have one `line`, whatever the row is called.
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


class Run(NamedTuple):
    """Seats side by side: the first one, and how many there are. Each next one has number, `column` and `x` one
    more than the one before, and is called by its row and column."""

    first: Place
    size: int = 1

    def places(self) -> Iterator[Place]:
        yield self.first
        number, row, column, _, x, *_ = self.first
        for step in range(1, self.size):
            label = f"{row}{column + step}"
            yield self.first._replace(number=number + step, column=column + step, label=label, x=x + step)


def row_name(index: int) -> str:
    """A, B, … Z, AA, AB, … for 0, 1, …"""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


# A cinema has few halls, and many shows in each.
@lru_cache(maxsize=16)
def hall(total: int) -> tuple[Run, ...]:
    """A new hall with `total` seats."""
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
    """Runs for these seat numbers, in rows of at most `widest` seats, the longer ones at the back.

    The first row has `y` one more than `behind`, and the line `first_line`; names in use are passed over.
    """
    count = math.ceil(len(numbers) / widest)
    shorter, longer = len(numbers) // count, math.ceil(len(numbers) / count)
    how_many_longer = len(numbers) - shorter * count
    blocks = {size: list(_blocks(size, longer)) for size in (shorter, longer)}
    names = (name for name in map(row_name, itertools.count(behind)) if name not in names_in_use)
    seated = 0
    for index in range(count):
        name = next(names)
        for column, x, size in blocks[longer if index >= count - how_many_longer else shorter]:
            seats = numbers[seated : seated + size]
            label = f"{name}{column}"
            first = Place(seats[0], name, column, label, x, behind + index + 1, line=first_line + index)
            yield from _numbered(first, seats)
            seated += size


def _blocks(size: int, longest: int) -> Iterator[tuple[int, int, int]]:
    """A row's parts left and right of the aisle: first column, its x, how many seats. The aisles of all rows
    stand in one line."""
    left = math.ceil(size / 2)
    start = math.ceil(longest / 2) - left + 1
    if size < AISLE_MIN_SEATS:
        yield 1, start, size
    else:
        yield 1, start, left
        yield left + 1, start + left + AISLE_WIDTH, size - left


def _numbered(first: Place, numbers: Sequence[int]) -> Iterator[Run]:
    """The block that begins at this place, with these numbers; in one run, if no number between is missing."""
    run = Run(first, len(numbers))
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        yield run
    else:
        yield from (
            Run(place._replace(number=number)) for place, number in zip(run.places(), numbers, strict=True)
        )
