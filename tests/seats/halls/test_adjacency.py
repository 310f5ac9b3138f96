"""The best adjacent seats, and orphan seats.

The tests draw halls: `.` is an available seat, `#` an available accessible seat, `x` a seat that is not
available, and a space an aisle.
"""

import pytest

from cinema.seats.halls.adjacency import (
    SeatView,
    best_blocks,
    has_choice_without_orphans,
    largest_block,
    orphan_seats,
    segments,
)


def hall(*rows, unit=1.0):
    """The seats of the drawn hall. The first row of a hall with four rows has the category Box."""
    seats = []
    for y, row in enumerate(rows):
        for x, character in enumerate(row):
            if character != " ":
                number = len(seats) + 1
                category = "Box" if y == 0 and len(rows) > 3 else "Standard"
                accessible, available = character == "#", character in ".#"
                seats.append(SeatView(number, y, x * unit, y * unit, category, accessible, available))
    return seats


def test_segments_end_at_aisles_and_rows():
    seats = hall("... ...", "......")
    assert [[seat.number for seat in segment] for segment in segments(seats)] == [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9, 10, 11, 12],
    ]


def test_unit_of_length_makes_no_difference():
    small, large = (hall("... ...", "......", unit=unit) for unit in (1, 25.5))
    assert best_blocks(small, 3) == best_blocks(large, 3)


def test_adjacency_depends_on_positions_not_on_numbers():
    """Some halls number the odd positions first, then the even positions between them."""
    seats = [SeatView(number, 0, x, 0, "", False, True) for number, x in enumerate([1, 3, 5, 2, 4, 6], start=1)]
    assert [[seat.x for seat in segment] for segment in segments(seats)] == [[1, 2, 3, 4, 5, 6]]
    assert best_blocks(seats, 2)[0] == [2, 5]


def test_wide_seats_of_a_row_are_adjacent():
    narrow = [SeatView(number, 0, number * 25, 0, "", False, True) for number in range(1, 11)]
    wide = [SeatView(10 + number, 1, number * 50, 40, "VIP", False, True) for number in range(1, 6)]
    assert largest_block([*narrow, *wide], category="VIP") == 5


def test_two_seats_of_a_row_with_an_aisle_between_are_not_adjacent():
    seats = hall("..........", ".        .")
    assert largest_block([seat for seat in seats if seat.line == 1]) in (1, 2)
    assert [len(segment) for segment in segments(seats)] == [10, 1, 1]


def test_best_block_is_in_the_middle():
    seats = hall(".....", ".....", ".....")
    assert best_blocks(seats, 1)[0] == [8]
    assert best_blocks(seats, 3)[0] in ([6, 7, 8], [8, 9, 10])
    assert best_blocks(seats, 5)[0] == [6, 7, 8, 9, 10]


def test_best_block_leaves_no_orphan_seat_if_possible():
    # The middle block would leave one seat on either side.
    assert best_blocks(hall("....."), 3)[0] in ([1, 2, 3], [3, 4, 5])
    assert best_blocks(hall("x...x"), 2)[0] in ([2, 3], [3, 4])
    assert best_blocks(hall("x...x", "....x"), 2)[0] in ([6, 7], [8, 9])


def test_blocks_do_not_cross_an_aisle_or_a_taken_seat():
    assert best_blocks(hall("..x.. .."), 3) == []
    assert largest_block(hall("..x.. ..")) == 2
    assert largest_block(hall("x")) == 0
    assert largest_block([]) == 0
    assert best_blocks([], 1) == []


def test_blocks_have_only_seats_of_the_category():
    seats = hall("....", "....", "....", "....")
    assert best_blocks(seats, 2, category="Box")[0] in ([1, 2], [2, 3])
    assert all(set(block) <= {1, 2, 3, 4} for block in best_blocks(seats, 2, category="Box"))
    assert best_blocks(seats, 2, category="Balcony") == []
    assert largest_block(seats, category="Balcony") == 0


def test_accessible_seats_are_last_unless_requested():
    seats = hall(".#..", "....")
    assert all(2 in block for block in best_blocks(seats, 2, accessible=True))
    assert not any(2 in block for block in best_blocks(seats, 2, accessible=False))
    assert 2 not in best_blocks(seats, 1)[0]
    assert [2] in best_blocks(seats, 1)


@pytest.mark.parametrize(
    ("row", "chosen", "orphans"),
    [
        ("x..x", [2], [3]),
        ("x..x", [2, 3], []),
        (".....", [2, 4], [3]),
        (".....", [2], []),
        ("x...x", [3], [2, 4]),
        ("x. .x", [1], []),
        ("x.x..", [4], []),
        ("..x", [1], [2]),
    ],
)
def test_orphan_seat_is_between_two_seats_that_are_not_available(row, chosen, orphans):
    assert orphan_seats(hall(row), chosen) == orphans


def test_choice_without_orphans_is_searched_in_the_whole_hall():
    assert has_choice_without_orphans(hall("x..x", "...."), [2])
    assert not has_choice_without_orphans(hall("x..x"), [2])
    assert has_choice_without_orphans(hall("x..x"), [2, 3])


def test_choice_without_orphans_has_as_many_accessible_seats_and_as_many_of_each_category():
    assert not has_choice_without_orphans(hall("x..x", "##"), [2])
    assert not has_choice_without_orphans(hall("##.x", "#..."), [1, 2])
    assert has_choice_without_orphans(hall("##.x", "##.."), [1, 2])
    box = "x..x", "....", "....", "...."
    assert not has_choice_without_orphans(hall(*box), [2])
    assert has_choice_without_orphans(hall("x..x....", *box[1:]), [2])


def test_best_block_has_no_accessible_seat_although_others_leave_orphan_seats():
    assert best_blocks(hall("x..x", "#"), 1)[0] in ([2], [3])
