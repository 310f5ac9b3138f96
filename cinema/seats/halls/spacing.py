"""Distances between the seats of a row. Pure Python."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median_low
from typing import Protocol, TypeVar


class Point(Protocol):
    """Anything with a position, in the unit of length of its hall."""

    @property
    def x(self) -> float: ...

    @property
    def y(self) -> float: ...


P = TypeVar("P", bound=Point)


def sort_row(row: Sequence[P]) -> list[P]:
    """Sorts a row from one end to the other: by `x`, or by `y` if it is deeper than wide."""
    if len(row) == 1:
        return [*row]
    if is_wide(row):
        return sorted(row, key=lambda seat: (seat.x, seat.y))
    return sorted(row, key=lambda seat: (seat.y, seat.x))


def is_wide(row: Sequence[Point]) -> bool:
    width = max(seat.x for seat in row) - min(seat.x for seat in row)
    height = max(seat.y for seat in row) - min(seat.y for seat in row)
    return width >= height


def usual_distance(rows: Iterable[Sequence[Point]]) -> float:
    """The median distance of two neighbors in these sorted rows, or 0 if no row has two seats."""
    distances = [distance(*pair) for row in rows for pair in pairwise(row)]
    return median_low(distances) if distances else 0


def distance(one: Point, other: Point) -> float:
    return math.hypot(one.x - other.x, one.y - other.y)


def shorten(value: float) -> float:
    """`3` instead of `3.0`, because most coordinates are whole numbers."""
    return int(value) if value == int(value) else value
