"""Rows that an editor keeps in several pieces are one row, whose seats are adjacent across the seams."""

import pytest

from cinema.seats.halls.plan_json import places
from tests.seats.plan_samples import rows


def lines(*described):
    return [place.line for place in places(rows(*described))]


def piece(*xs, prefix="a"):
    return [(f"{prefix}{x}", x + 1, x) for x in xs]


@pytest.mark.parametrize(
    "pieces",
    [
        [(0, 25), (50, 75)],
        [(0, 25), (50,)],
        [(0,), (25,), (50,)],
        [(0, 50, 100), (25, 75)],
        [(0, 25), (200, 225), (100, 126)],
    ],
)
def test_pieces_of_one_name_and_spacing_are_one_row(pieces):
    assert set(lines(*(("A", piece(*xs), 0) for xs in pieces))) == {1}


def test_pieces_of_a_row_need_not_follow_one_another_in_the_plan():
    left, right = piece(0, 25), piece(50, 75)
    other = [(guid.upper(), number, x) for guid, number, x in left]
    assert lines(("A", left, 0), ("B", other, 30), ("A", right, 0)) == [1, 1, 2, 2, 1, 1]


def test_rows_with_other_names_or_spacing_are_others():
    assert lines(("A", piece(0, 25), 0), ("B", piece(50, 75), 0)) == [1, 1, 2, 2]
    assert lines(("A", piece(0, 25, 50, 75), 0), ("A", piece(125, 175), 0)) == [1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("depth", [30, 100])
def test_rows_of_one_name_that_stand_behind_one_another_are_two(depth):
    front, back = piece(0, 25, 50), piece(0, 25, 50, prefix="b")
    assert lines(("A", front, 0), ("A", back, depth)) == [1, 1, 1, 2, 2, 2]


def test_rows_without_a_name_are_never_pieces_of_one_row():
    assert lines(("", piece(0, 25), 0), ("", piece(50, 75), 0)) == [1, 1, 2, 2]


def test_rows_of_two_zones_are_never_pieces_of_one_row():
    plan = rows(("A", piece(0, 25), 0))
    plan["zones"] += rows(("A", piece(50, 75), 0))["zones"]
    assert [place.line for place in places(plan)] == [1, 1, 2, 2]
