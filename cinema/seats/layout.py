"""Where the seats of a hall stand: geometry only, no database.

Without a seating plan a hall is about as wide as it is deep, at most 20 seats wide, its rows as
even as can be, with an aisle in the middle of rows of 10 and more.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

WIDEST_ROW = 20
AISLE_FROM = 10
AISLE_WIDTH = 2
CATEGORY_COLORS = {"Standard": "#4a6fa5"}


class Place(NamedTuple):
    """A seat's place. `number` counts from 1 over the hall, `column` from 1 within the row.

    `x` and `y` are where to draw it, in seats, from 1; row A, nearest the screen, has `y` 1.
    """

    number: int
    row: str
    column: int
    label: str
    x: int
    y: int
    category: str = "Standard"
    accessible: bool = False


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
    return rows(total, widest=widest, first_number=1, first_row=0)


def rows(total: int, *, widest: int, first_number: int, first_row: int) -> Iterator[Place]:
    """`total` places in whole rows of at most `widest` seats, the longer ones at the back."""
    count = math.ceil(total / widest)
    shorter, longer = total // count, math.ceil(total / count)
    how_many_longer = total - shorter * count
    number = first_number
    for index in range(count):
        size = longer if index >= count - how_many_longer else shorter
        name = row_name(first_row + index)
        for column, x in enumerate(_row_xs(size, longer), start=1):
            yield Place(number, name, column, f"{name}{column}", x, first_row + index + 1)
            number += 1


def _row_xs(size: int, longest: int) -> list[int]:
    """The x of each seat of a row, so that the aisles of all rows stand in one line."""
    left = math.ceil(size / 2)
    start = math.ceil(longest / 2) - left + 1
    gap = AISLE_WIDTH if size >= AISLE_FROM else 0
    return [start + column + (gap if column >= left else 0) for column in range(size)]
