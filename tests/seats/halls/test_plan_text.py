"""The text form of seating plans is read, or rejected with the line and column of each fault."""

import json

import pytest

from cinema.seats.halls.plan_faults import PlanError
from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text
from cinema.seats.models import SeatingPlan
from tests.live_server import ROOT
from tests.seats.plan_samples import TEXT


def labels(text):
    return [place.label for place in places(read_text(text))]


def faults(text):
    with pytest.raises(PlanError) as refused:
        read_text(text)
    return refused.value.faults


def test_text_form_is_read():
    read = places(read_text(TEXT))
    assert [p.label for p in read] == ["A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4", "Balcony A1"]
    assert [(p.x, p.y) for p in read] == [
        *((1, 1), (2, 1), (4, 1), (5, 1)),
        *((1, 2), (2, 2), (4, 2), (5, 2), (1, 4)),
    ]
    assert [p.category for p in read[4:8]] == ["Standard", "Standard", "VIP", "VIP"]
    assert [p.number for p in read if p.accessible] == [5, 6, 9]
    assert len({p.guid for p in read}) == 9


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the plan is empty"),
        ("A | ..\nA | ..", "line 2, column 1: row A is used twice in its zone, first in line 1"),
        (
            "zone: Stalls\nA | ..\nzone: Balcony\nA | ..\nzone: Stalls\nB | ..\nA | ..",
            "line 7, column 1: row A is used twice in its zone, first in line 2",
        ),
        ("A |\t..x", "line 1, column 7: unknown seat character 'x', define it with a `seat` line"),
        (
            "name: Hall\nseats!",
            "line 2, column 1: expected `name:`, `zone:`, `numbers:`, `seat x:`, or a row such as `A | ....`",
        ),
        ("name: Hall", "line 1, column 1: the plan has no seats, add a row such as `A | ....`"),
        (f"name: {'x' * 201}\nA | .", "line 1, column 6: must have at most 200 characters"),
        (f"zone: {'x' * 201}\nzone:\nA | .", "line 1, column 6: must have at most 200 characters"),
        (f"zone: {'x' * 99}\nA | .", "line 2, column 1: the names of the zone and of the row are too long"),
        (f"{'x' * 61} | .", "line 1, column 1: the names of the zone and of the row are too long"),
        (f"seat a: {'x' * 101}\nA | a", "line 1, column 9: a category must have at most 100 characters"),
        ("A | .\nB\x00 | .", "line 2, column 2: has a character that cannot be stored"),
        ("name: \ud800\nA | .", "line 1, column 7: has a character that cannot be stored"),
        (f"A | {'.' * 100_001}", "line 1, column 4: a hall has at most 100000 seats"),
        (f"A | .{' ' * 1_000_000}.", "line 1, column 4: the hall is too large"),
        ("A | ." + "\n" * 1_000_001 + "B | .", "line 1000002, column 4: the hall is too large"),
        (
            "numbers: right, twelve\nA | .",
            "line 1, column 17: 'twelve' is not one of `right`, `left`, `letters` and `skip`",
        ),
        ("numbers: skip\nA | .", "line 1, column 10: name what to skip, as in `skip 13`"),
        ("numbers: skip, right\nA | .", "line 1, column 10: name what to skip, as in `skip 13`"),
        ("numbers: right left\nA | .", "line 1, column 10: choose either `left` or `right`"),
        (
            "seat s: Sofa #b5651\nA | s",
            "line 1, column 14: #b5651 is no color: write 3, 4, 6 or 8 digits after the `#`",
        ),
        ("numbers: skip I\nA | .", "line 1, column 15: 'I' can't be skipped, because the seats have numbers"),
        (
            "numbers: letters skip 13\nA | .",
            "line 1, column 23: '13' can't be skipped, because the seats have letters",
        ),
        (
            "seat a: VIP\nseat a: Box\nA | a",
            "line 2, column 6: seat character 'a' is defined twice, first in line 1",
        ),
    ],
)
def test_invalid_text_is_rejected_with_line_and_column(text, fault):
    assert faults(text) == [fault]


def test_all_faults_of_a_text_are_counted():
    assert faults("x\n" * 30)[20:] == ["and 10 more"]


@pytest.mark.parametrize(
    ("category", "column"),
    [
        ("Wheelchair green", 20),
        ("Wheelchair green accessible", 20),
        ("VIP Gold", 13),
        ("VIP lightblue", 13),
        ("VIP #c9a22g", 13),
        ("Wheelchair accessible #4a6fa5", 20),
        ("Wheelchair companion #4a6fa5", 20),
        ("Love seat pair #b5651d", 19),
        ("VIP #c9a227 #4f8a5b", 13),
    ],
)
def test_category_that_ends_with_a_color_is_rejected(category, column):
    (fault,) = faults(f"seat w: {category}\nA | w")
    assert fault.startswith(f"line 1, column {column}: write ")
    # A plan that was stored before this rule is still read.
    assert len(SeatingPlan(plan=f"seat w: {category}\nA | w").places()) == 1


@pytest.mark.parametrize("category", ["Gold", "VIP Gold #c9a227", "Titan", "Box #1", "Standard accessible"])
def test_category_that_only_looks_like_a_color_is_read(category):
    assert len(places(read_text(f"seat w: {category}\nA | w"))) == 1


def test_category_has_the_color_of_any_of_its_lines():
    text = "seat s: Sofa #b5651d\nseat t: Sofa accessible\nA | st"
    assert [place.color for place in places(read_text(text))] == ["#b5651d", "#b5651d"]


def test_word_companion_marks_companion_seats():
    read = places(read_text("seat c: Standard companion\nA | .#c."))
    assert [(p.category, p.accessible, p.companion) for p in read] == [
        ("Standard", False, False),
        ("Standard", True, False),
        ("Standard", False, True),
        ("Standard", False, False),
    ]


def test_neighbors_of_a_kind_with_the_word_pair_are_halves_of_sofas_two_by_two():
    sofas = "seat s: Sofa #b5651d pair\nseat t: Sofa accessible pair\n"
    read = places(read_text(f"{sofas}A | ssss ss.\nB | sstt"))
    assert [p.pair for p in read] == [2, 1, 4, 3, 6, 5, None, 9, 8, 11, 10]


@pytest.mark.parametrize(
    ("row", "column"), [("sss", 5), ("s s", 5), (".s.s", 6), ("st", 5), ("ss ss s.", 5), (" s", 6)]
)
def test_half_of_a_pair_alone_is_rejected(row, column):
    text = f"seat s: Sofa pair\nseat t: Bench pair\nA | {row}"
    message = "draw 's' two by two, because each one is half of a pair"
    assert faults(text) == [f"line 3, column {column}: {message}"]
    # The category of a plan that was stored before this rule may end with the word.
    assert len(SeatingPlan(plan=text).places()) == len(row.replace(" ", ""))


def test_row_without_a_name_may_stand_beside_a_row_with_a_number():
    assert labels("2 | ..\n  | ..") == ["2-1", "2-2", "3-1", "3-2"]


def test_zones_and_rows_whose_names_are_alike_together_are_told_apart():
    text = "A-1 | .\nzone: A\n1 | .\n | .\n4 | ."
    assert [place.guid for place in places(read_text(text))] == ["A-1-1", "A-1~-1", "A-3-1", "A-4-1"]


def test_zone_may_be_continued_after_another():
    assert labels("zone: Stalls\nA | .\nzone: Balcony\nC | .\nzone: Stalls\nB | .") == ["A1", "C1", "B1"]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("numbers: right", ["A4", "A3", "A2", "A1"]),
        ("numbers:right", ["A4", "A3", "A2", "A1"]),
        ("numbers: skip 2 3", ["A1", "A4", "A5", "A6"]),
        ("numbers: right, skip 2, 3", ["A6", "A5", "A4", "A1"]),
        ("numbers: skip 1 right", ["A5", "A4", "A3", "A2"]),
        ("numbers: right\nnumbers:", ["A1", "A2", "A3", "A4"]),
        ("numbers: right\nnumbers: left", ["A1", "A2", "A3", "A4"]),
    ],
)
def test_numbers_line_sets_how_seats_are_numbered(numbers, expected):
    assert labels(f"{numbers}\nA | .. ..") == expected


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("numbers: letters", ["3A", "3B", "3C", "3D"]),
        ("numbers: letters, skip b", ["3A", "3C", "3D", "3E"]),
        ("numbers: letters right", ["3D", "3C", "3B", "3A"]),
    ],
)
def test_seats_may_have_letters(numbers, expected):
    assert labels(f"{numbers}\n3 | .. ..") == expected


def test_numbers_line_changes_the_rows_below_it_and_no_guid():
    text = "A | ...\nnumbers: right skip 2\nB | ...\n\nC | ..\nnumbers:\nD | .."
    expected = ["A1", "A2", "A3", "B4", "B3", "B1", "C3", "C1", "D1", "D2"]
    assert labels(text) == expected
    plain = text.replace("numbers: right skip 2\n", "")
    assert [p.guid for p in places(read_text(text))] == [p.guid for p in places(read_text(plain))]


@pytest.mark.parametrize("name", ["box", "studio", "grand-hall"])
def test_halls_of_the_demo_are_valid(name):
    text = (ROOT / "fixtures" / "halls" / f"{name}.txt").read_text()
    read = places(read_text(text))
    demo = json.loads((ROOT / "fixtures" / "demo.json").read_text())
    assert text in [row["fields"]["plan"] for row in demo if row["model"] == "seats.seatingplan"]
    assert len({p.label for p in read}) == len(read) == {"box": 8, "studio": 24, "grand-hall": 1440}[name]


def test_example_of_the_documentation_has_sofas_and_companion_seats():
    text = (ROOT / "fixtures" / "halls" / "lounge.txt").read_text()
    assert f"```text\n{text}```" in (ROOT / "docs" / "halls.md").read_text()
    read = places(read_text(text))
    assert [p.label for p in read if p.companion] == ["C2", "C7"]
    assert [p.label for p in read if p.pair] == [f"{row}{n}" for row in "DE" for n in range(1, 7)]
