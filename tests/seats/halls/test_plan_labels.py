"""The labels of the seats of a plan: they have the names that the plan gives, and are unique."""

import pytest

from cinema.seats.halls.plan_json import places
from tests.seats.plan_samples import PLAN, changed, rows, seat, without


def labels(plan):
    return [place.label for place in places(plan)]


@pytest.mark.parametrize(
    ("row", "number", "label"),
    [
        ("C", "7", "C7"),
        ("1", "12", "1-12"),
        ("", "12", "2-12"),
        ("Row A", "3", "Row A3"),
        ("C", "", "4"),
        (3, 4, "3-4"),
    ],
)
def test_label_is_made_of_row_and_seat_number(row, number, label):
    plan = changed("zones.0.rows.1.row_number", row)
    plan["zones"][0]["rows"][1]["seats"] = [seat("b1", number, 0)]
    plan["zones"].pop()
    assert places(plan)[3].label == label


def test_row_label_and_seat_label_are_used():
    plan = rows(("3", [("l1", 1, 0), ("l2", 2, 25)], 0), ("A", [("m1", "A1", 0)], 30))
    plan["zones"][0]["rows"][0] |= {"row_label": "Box %s", "seat_label": "Chair %s"}
    plan["zones"][0]["rows"][1] |= {"seat_label": "%s"}
    assert labels(plan) == ["Box 3, Chair 1", "Box 3, Chair 2", "A1"]
    assert [(place.row, place.column) for place in places(plan)] == [("Box 3", 1), ("Box 3", 2), ("A", 1)]


def test_row_label_without_seat_label_replaces_the_number_of_the_row():
    plan = rows(("3", [("l1", 1, 0)], 0), ("B", [("l2", 1, 0)], 30))
    plan["zones"][0]["rows"][0]["row_label"] = "Box 3"
    plan["zones"][0]["rows"][1]["row_label"] = "Loge %s "
    assert labels(plan) == ["Box 3-1", "Loge B1"]


@pytest.mark.parametrize(
    ("row", "number", "label", "column"),
    [
        ("A", "A7", "A7", 7),
        ("A", "A-7", "A-7", 7),
        ("Row A", "Row A 7", "Row A 7", 7),
        ("1", "1-7", "1-7", 7),
        ("1", "1A", "1A", 1),
        ("1", "17", "1-17", 17),
        ("A", "AA7", "AAA7", 1),
        ("A", "A", "AA", 1),
        ("A", "B7", "AB7", 1),
        ("A", "0", "A0", 0),
    ],
)
def test_number_that_begins_with_its_row_is_not_prefixed_again(row, number, label, column):
    (place,) = places(rows((row, [("a", number, 0)], 0)))
    assert (place.label, place.column) == (label, column)


def test_only_seats_with_equal_labels_are_prefixed_with_their_zone():
    assert labels(PLAN) == ["Ground floor A1", "A2", "A3", "B1", "B2", "Balcony A1"]
    assert labels(without("c1")) == ["A1", "A2", "A3", "B1", "B2"]


def test_labels_that_are_equal_within_a_zone_get_the_number_of_the_seat():
    plan = rows(("A", [("a1", 1, 0), ("a2", 2, 25)], 0), ("B", [("b1", 1, 0)], 30), ("B", [("b2", 1, 90)], 30))
    assert labels(plan) == ["A1", "A2", "Main B1 (3)", "Main B1 (4)"]


def test_label_made_unique_never_equals_a_label_of_the_plan():
    plan = rows(("B", [("b1", 1, 0), ("b2", 1, 25), ("b3", "B1 (1)", 50)], 0), name="")
    assert labels(plan) == ["B1 (1) (1)", "B1 (2)", "B1 (1)"]


def test_row_without_a_name_gets_an_index_that_no_row_of_its_zone_has():
    plan = rows(("2", [("a", 1, 0)], 0), ("", [("b", 1, 0)], 30), ("", [("c", 1, 0)], 60))
    assert labels(plan) == ["2-1", "3-1", "4-1"]


def test_labels_too_long_to_store_are_rejected():
    plan = changed("zones.0.rows.0.seat_label", "%s" * 50)
    plan["zones"][0]["rows"][0]["seats"] = [seat("a1", "12345", 0)]
    with pytest.raises(ValueError, match="its label must have at most 200 characters"):
        places(plan)
    with pytest.raises(ValueError, match=r"rows\[0\].row_label: must have at most 60 characters"):
        places(
            changed("zones.0.rows.0.row_label", "%s" * 30)
            | {
                "zones": [
                    {
                        "rows": [
                            {
                                "row_number": "ABC",
                                "row_label": "%s" * 30,
                                "seats": [seat("a", "1", 0, category="")],
                            }
                        ]
                    }
                ]
            }
        )
