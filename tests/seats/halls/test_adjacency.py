"""Which seats are best, and which are left lonely. A hall is drawn: `.` free, `x` not, `#` an accessible
free seat, a space an aisle."""

import pytest

from cinema.seats.halls.adjacency import (
    SeatView,
    best_blocks,
    has_choice_without_orphans,
    largest_block,
    orphan_seats,
    segments,
)


def hall(*drawn, unit=1.0):
    seats = []
    for y, row in enumerate(drawn):
        for x, sign in enumerate(row):
            if sign != " ":
                number = len(seats) + 1
                category = "Box" if y == 0 and len(drawn) > 3 else "Standard"
                seats.append(SeatView(number, y, x * unit, y * unit, category, sign == "#", sign in ".#"))
    return seats


def test_an_aisle_and_a_row_part_seats():
    seats = hall("... ...", "......")
    assert [[seat.number for seat in stretch] for stretch in segments(seats)] == [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9, 10, 11, 12],
    ]


def test_a_plan_in_any_unit_is_the_same_hall():
    small, large = (hall("... ...", "......", unit=unit) for unit in (1, 25.5))
    assert best_blocks(small, 3) == best_blocks(large, 3)


def test_seats_are_neighbours_by_where_they_stand_not_by_their_numbers():
    """Odd numbers first, then the even ones between them, as some halls count."""
    seats = [SeatView(number, 0, x, 0, "", False, True) for number, x in enumerate([1, 3, 5, 2, 4, 6], start=1)]
    assert [[seat.x for seat in stretch] for stretch in segments(seats)] == [[1, 2, 3, 4, 5, 6]]
    assert best_blocks(seats, 2)[0] == [2, 5]


def test_a_row_with_wide_seats_has_neighbours_too():
    narrow = [SeatView(number, 0, number * 25, 0, "", False, True) for number in range(1, 11)]
    wide = [SeatView(10 + number, 1, number * 50, 40, "VIP", False, True) for number in range(1, 6)]
    assert largest_block([*narrow, *wide], category="VIP") == 5


def test_two_seats_on_either_side_of_an_aisle_are_no_neighbours():
    seats = hall("..........", ".        .")
    assert largest_block([seat for seat in seats if seat.line == 1]) in (1, 2)
    assert [len(stretch) for stretch in segments(seats)] == [10, 1, 1]


def test_the_best_are_in_the_middle():
    seats = hall(".....", ".....", ".....")
    assert best_blocks(seats, 1)[0] == [8]
    assert best_blocks(seats, 3)[0] == [6, 7, 8] or best_blocks(seats, 3)[0] == [8, 9, 10]
    assert best_blocks(seats, 5)[0] == [6, 7, 8, 9, 10]


def test_the_best_leave_no_lonely_seat_where_that_can_be_avoided():
    # In the middle row, the block in the middle would leave a single seat on either side.
    assert best_blocks(hall("....."), 3)[0] in ([1, 2, 3], [3, 4, 5])
    assert best_blocks(hall("x...x"), 2)[0] in ([2, 3], [3, 4])
    assert best_blocks(hall("x...x", "....x"), 2)[0] in ([6, 7], [8, 9])


def test_blocks_do_not_cross_an_aisle_or_a_taken_seat():
    assert best_blocks(hall("..x.. .."), 3) == []
    assert largest_block(hall("..x.. ..")) == 2
    assert largest_block(hall("x")) == 0
    assert largest_block([]) == 0
    assert best_blocks([], 1) == []


def test_a_category_is_kept_to():
    seats = hall("....", "....", "....", "....")
    assert best_blocks(seats, 2, category="Box")[0] == [2, 3] or best_blocks(seats, 2, category="Box")[0] == [
        1,
        2,
    ]
    assert all(set(block) <= {1, 2, 3, 4} for block in best_blocks(seats, 2, category="Box"))
    assert best_blocks(seats, 2, category="Balcony") == []
    assert largest_block(seats, category="Balcony") == 0


def test_accessible_places_are_for_those_who_ask():
    seats = hall(".#..", "....")
    assert all(2 in block for block in best_blocks(seats, 2, accessible=True))
    assert not any(2 in block for block in best_blocks(seats, 2, accessible=False))
    assert 2 not in best_blocks(seats, 1)[0]
    assert [2] in best_blocks(seats, 1)


@pytest.mark.parametrize(
    ("drawn", "chosen", "lonely"),
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
def test_a_lonely_seat_has_no_free_neighbour_and_no_wall(drawn, chosen, lonely):
    assert orphan_seats(hall(drawn), chosen) == lonely


def test_another_choice_is_looked_for_in_the_whole_hall():
    assert has_choice_without_orphans(hall("x..x", "...."), 1)
    assert not has_choice_without_orphans(hall("x..x"), 1)
    assert has_choice_without_orphans(hall("x..x"), 2)
