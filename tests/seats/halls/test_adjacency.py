"""The best adjacent seats, and orphan seats.

The tests draw halls of available seats: `.` is a seat, `#` an accessible seat, `c` a companion seat. `x` is a
seat that is not available, and a space is an aisle.
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
                accessible, available = character == "#", character != "x"
                place = (number, y, x * unit, y * unit, category)
                seats.append(SeatView(*place, accessible, available, companion=character == "c"))
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
    ("row", "size", "best"),
    [
        ("..##c...", 2, [4, 5]),
        ("..c##...", 2, [3, 4]),
        (".##..", 2, [1, 2]),  # The second accessible seat is left to another user.
        ("..c#c...", 3, [4, 5, 6]),  # So is the second companion seat.
        ("c...#...", 2, [4, 5]),  # The companion seat is not beside the accessible seat.
    ],
)
def test_best_block_with_an_accessible_seat_has_its_companion_seat(row, size, best):
    assert best_blocks(hall(row), size, accessible=True)[0] == best


@pytest.mark.parametrize("accessible", [None, False])
def test_companion_seats_are_last_but_one_unless_an_accessible_seat_is_requested(accessible):
    assert best_blocks(hall("..c"), 1, accessible=accessible)[2:] == [[3]]
    assert best_blocks(hall("x#c"), 1)[0] == [3]
    # A companion seat is kept even where all other seats leave an orphan seat.
    assert best_blocks(hall("x..x", "c"), 1, accessible=accessible)[0] in ([2], [3])


def sofas(row, *pairs):
    """The drawn row, in which these pairs of numbers are sofas."""
    other_halves = dict(pairs) | {other: one for one, other in pairs}
    return [seat._replace(pair=other_halves.get(seat.number)) for seat in hall(row)]


def test_blocks_have_whole_sofas_only():
    seats = sofas("......", (2, 3), (4, 5))
    assert sorted(best_blocks(seats, 1)) == [[1], [6]]
    assert sorted(best_blocks(seats, 2)) == [[2, 3], [4, 5]]
    assert sorted(best_blocks(seats, 3)) == [[1, 2, 3], [4, 5, 6]]
    assert largest_block(sofas("xx..", (2, 3))) == 1


def test_choice_without_orphans_has_as_many_sofas():
    assert not has_choice_without_orphans(sofas("x...x....", (2, 3)), [2, 3])
    assert has_choice_without_orphans(sofas("x...x....", (2, 3), (6, 7), (8, 9)), [2, 3])


def test_companion_seat_may_leave_an_orphan_seat_if_it_is_the_only_one():
    assert not has_choice_without_orphans(hall("xc.x", "...."), [2])
    assert has_choice_without_orphans(hall("xc.x", "..c."), [2])


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
