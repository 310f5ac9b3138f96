"""Where the seats of a hall stand: geometry only, no database.

Without a seating plan a hall is about as wide as it is deep, at most 20 seats wide, its rows as
even as can be, with an aisle in the middle of rows of 10 and more.
"""

import itertools
import math
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

WIDEST_ROW = 20
AISLE_FROM = 10
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


def row_name(index: int) -> str:
    """A, B, … Z, AA, AB, … for 0, 1, …"""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def hall(total: int) -> Iterator[Place]:
    """The places of a new hall with `total` seats."""
    widest = min(WIDEST_ROW, math.ceil(math.sqrt(1.2 * total)))
    return rows(range(1, total + 1), widest=widest)


def rows(
    numbers: Sequence[int],
    *,
    widest: int,
    behind: int = 0,
    first_line: int = 0,
    names_in_use: Collection[str] = (),
) -> Iterator[Place]:
    """Places for these seat numbers, in rows of at most `widest` seats, the longer ones at the back.

    The first row has `y` one more than `behind`, and the line `first_line`; names in use are passed over.
    """
    count = math.ceil(len(numbers) / widest)
    shorter, longer = len(numbers) // count, math.ceil(len(numbers) / count)
    how_many_longer = len(numbers) - shorter * count
    names = (name for name in map(row_name, itertools.count(behind)) if name not in names_in_use)
    left = iter(numbers)
    for index in range(count):
        size = longer if index >= count - how_many_longer else shorter
        name = next(names)
        for column, x in enumerate(_row_xs(size, longer), start=1):
            label = f"{name}{column}"
            yield Place(next(left), name, column, label, x, behind + index + 1, line=first_line + index)


def _row_xs(size: int, longest: int) -> list[int]:
    """The x of each seat of a row, so that the aisles of all rows stand in one line."""
    left = math.ceil(size / 2)
    start = math.ceil(longest / 2) - left + 1
    gap = AISLE_WIDTH if size >= AISLE_FROM else 0
    return [start + column + (gap if column >= left else 0) for column in range(size)]
