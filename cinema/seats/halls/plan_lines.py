"""Finds the rows of a seating plan that an editor keeps in several pieces. Pure Python."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

from cinema.seats.halls.spacing import Point, is_wide, sort_row, usual_distance

# Distances that differ by at most this factor are equal. Seats of curved rows are placed with small errors.
TOLERANCE = 1.1


def line_numbers(rows: Sequence[tuple[Hashable, Sequence[Point]]]) -> list[int]:
    """Returns the line of each row, counted from 1. Each row is given by its name and its seats.

    Rows of one name and one spacing are one line, unless they stand behind one another.
    """
    sorted_rows = [sort_row(seats) for _, seats in rows]
    by_name: dict[Hashable, list[int]] = defaultdict(list)
    for index, (name, _) in enumerate(rows):
        by_name[name].append(index)
    first_pieces = list(range(len(rows)))
    for same_name in by_name.values():
        if len(same_name) == 1:
            continue
        for pieces in _with_equal_spacing(same_name, sorted_rows):
            if _are_one_line([sorted_rows[index] for index in pieces]):
                for index in pieces:
                    first_pieces[index] = pieces[0]
    numbers: dict[int, int] = {}
    return [numbers.setdefault(first, len(numbers) + 1) for first in first_pieces]


def _with_equal_spacing(indexes: list[int], sorted_rows: list[list[Point]]) -> Iterator[list[int]]:
    """Groups the rows by their spacing. A row of one seat has none, so it belongs to the first group."""
    spacings = {index: usual_distance([sorted_rows[index]]) for index in indexes}
    group: list[int] = [index for index in indexes if not spacings[index]]
    smallest = 0.0
    for index in sorted((index for index in indexes if spacings[index]), key=lambda index: spacings[index]):
        smallest = smallest or spacings[index]
        if spacings[index] > TOLERANCE * smallest:
            yield sorted(group)
            group, smallest = [], spacings[index]
        group.append(index)
    yield sorted(group)


def _are_one_line(pieces: list[list[Point]]) -> bool:
    """Tells whether the pieces continue one another: together, their seats are no further apart than before.

    Seats of rows that stand behind one another would alternate, so that they would be further apart.
    """
    if len(pieces) == 1:
        return True
    together = [seat for piece in pieces for seat in piece]
    if any(is_wide(piece) != is_wide(together) for piece in pieces if len(piece) > 1):
        return False
    spacing = usual_distance(pieces)
    return not spacing or usual_distance([sort_row(together)]) <= TOLERANCE * spacing
