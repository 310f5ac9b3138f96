"""The positions of the seats of a hall without a seating plan."""

from itertools import groupby, pairwise

import pytest

from cinema.seats.halls.geometry import hall, places_of, row_name, rows


def by_row(places):
    return [list(group) for _, group in groupby(places, key=lambda place: place.row)]


@pytest.mark.parametrize("total", [*range(1, 130), 300, 333, 600, 1999, 20_000])
def test_rows_are_even_at_most_20_seats_wide_and_have_an_aisle(total):
    places = list(places_of(hall(total)))
    rows_of_hall = by_row(places)
    sizes = [len(row) for row in rows_of_hall]

    assert [place.number for place in places] == list(range(1, total + 1))
    assert max(sizes) <= 20
    assert max(sizes) - min(sizes) <= 1
    assert len({(place.x, place.y) for place in places}) == total
    assert len({place.label for place in places}) == total
    assert min(place.x for place in places) == 1
    for index, row in enumerate(rows_of_hall):
        assert [place.row for place in row] == [row_name(index)] * len(row)
        assert [place.column for place in row] == list(range(1, len(row) + 1))
        assert {place.y for place in row} == {index + 1}
        assert all(place.label == f"{place.row}{place.column}" for place in row)
        gaps = [right.column for left, right in pairwise(row) if right.x > left.x + 1]
        if len(row) < 10:
            assert not gaps
        else:
            # One aisle. Its left side has as many seats as its right side, or one more.
            (after,) = gaps
            assert (after - 1) - (len(row) - after + 1) in (0, 1)


def test_aisles_of_all_rows_have_the_same_position():
    for total in (125, 130, 297, 311):
        ends = {row[(len(row) + 1) // 2 - 1].x for row in by_row(places_of(hall(total)))}
        assert len(ends) == 1


def test_row_names_go_on_after_z():
    assert [row_name(index) for index in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        *("A", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA")
    ]


def test_120_seats_are_10_rows_of_12():
    places = list(places_of(hall(120)))
    assert max(place.x for place in places) == 14
    assert max(place.y for place in places) == 10


def test_added_rows_are_behind_the_existing_ones():
    added = list(places_of(rows(range(13, 18), widest=3, behind=4, names_in_use={"F"})))
    assert [place.label for place in added] == ["E1", "E2", "G1", "G2", "G3"]
    assert [place.number for place in added] == [13, 14, 15, 16, 17]
    assert [place.y for place in added] == [5, 5, 6, 6, 6]


def test_seats_whose_numbers_have_gaps_are_adjacent():
    places = list(places_of(rows([13, 15, 16, 20], widest=4)))
    assert [place.number for place in places] == [13, 15, 16, 20]
    assert [place.label for place in places] == ["A1", "A2", "A3", "A4"]
    assert [place.x for place in places] == [1, 2, 3, 4]
