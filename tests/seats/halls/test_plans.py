"""Seating plans are read, or rejected with the path of each fault."""

import json

import pytest

from cinema.seats.halls.plan_json import PlanError, places, read_json
from cinema.seats.halls.plan_text import read_text
from tests.live_server import ROOT
from tests.seats.plan_samples import PLAN, TEXT, changed, seat, without


def test_seats_are_numbered_in_order_and_positions_are_added():
    read = places(PLAN)
    assert [(p.number, p.guid, p.row, p.column) for p in read] == [
        (1, "a1", "A", 1),
        (2, "a2", "A", 2),
        (3, "a3", "A", 3),
        (4, "b1", "B", 1),
        (5, "b2", "B", 2),
        (6, "c1", "A", 1),
    ]
    assert [(p.x, p.y) for p in read[2:5]] == [(175, 50), (112.5, 80), (137.5, 80)]
    assert [(p.category, p.color) for p in read[2:4]] == [("Stalls", "#cc3333"), ("", "#4a6fa5")]
    assert [p.accessible for p in read] == [False, False, False, False, True, False]


def test_rows_without_names_are_named_by_their_order():
    table = {"position": {"x": 0, "y": 0}, "row_number": ""}
    plan = {
        "name": "Dinner",
        "categories": None,
        "zones": [
            {
                "name": "Saal",
                "rows": [
                    table | {"seats": [seat(f"{t}-{n}", str(n), n, category=None) for n in (1, 2)]}
                    for t in (1, 2)
                ],
            },
            {"name": "Bar", "areas": [{"shape": "circle"}]},
        ],
    }
    assert [p.label for p in places(plan)] == ["1-1", "1-2", "2-1", "2-2"]
    plan["zones"].append(
        plan["zones"][0] | {"rows": [table | {"seats": [seat("x", "1", 9, category=None)] * 1}] * 1}
    )
    assert len({p.label for p in places(plan)}) == 5


def test_plan_with_negative_coordinates_is_moved_to_the_origin():
    moved = changed("zones.0.position", {"x": -500, "y": -80})
    read = places(moved)
    assert min(p.x for p in read) == min(p.y for p in read) == 0
    assert read[1].x - read[0].x == 25


def test_equal_labels_are_prefixed_with_their_zone():
    ground = [f"Ground floor {label}" for label in ("A1", "A2", "A3", "B1", "B2")]
    assert [p.label for p in places(PLAN)] == [*ground, "Balcony A1"]
    assert [p.label for p in places(without("c1"))] == ["A1", "A2", "A3", "B1", "B2"]


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


@pytest.mark.parametrize("color", ["red", "#fff", "rgb(10, 20, 30)", "hsl(120 50% 50% / 0.5)"])
def test_css_color_is_accepted(color):
    assert places(changed("categories.0.color", color))[0].color == color


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("name", ["x"], "name: must be text"),
        ("categories", 7, "categories: must be a list"),
        ("categories.0.name", None, "categories[0].name: must be text"),
        ("categories.1.name", "Stalls", "categories[1].name: Stalls is used twice"),
        (
            "categories.0.color",
            'red" onload="x',
            "categories[0].color: must be a CSS color, such as #4a6fa5 or red",
        ),
        (
            "categories.0.color",
            "url(//evil.example/x)",
            "categories[0].color: must be a CSS color, such as #4a6fa5 or red",
        ),
        ("zones", {}, "zones: must be a list"),
        ("zones", [], "zones: must have 1 to 100000 seats, not 0"),
        ("zones.0", 7, "zones[0]: must be an object"),
        ("zones.0.position.x", "1", "zones[0].position: must have numbers x and y"),
        ("zones.1.rows", 7, "zones[1].rows: must be a list"),
        ("zones.0.rows.1.seats", None, "zones[0].rows[1].seats: must be a list"),
        ("zones.0.rows.1.seats.0.seat_guid", None, "zones[0].rows[1].seats[0].seat_guid: must be text"),
        ("zones.0.rows.1.seats.0.seat_guid", "a1", "zones[0].rows[1].seats[0].seat_guid: a1 is used twice"),
        ("zones.0.rows.1.seats.1.category", "Sofa", "zones[0].rows[1].seats[1].category: no such category"),
        ("zones.0.rows.1.seats.1.seat_number", [1], "zones[0].rows[1].seats[1].seat_number: must be text"),
        ("zones.0.rows.1.row_number", "x" * 61, "zones[0].rows[1].row_number: must have at most 60 characters"),
        ("zones.0.rows.1.seats.1.position.y", True, "zones[0].rows[1].seats[1].position: must have numbers"),
        ("zones.0.rows.1.seats.1.accessible", "yes", "zones[0].rows[1].seats[1].accessible: must be true"),
        ("zones.0.name", "a\x00b", "zones[0].name: has a character that cannot be stored"),
        ("zones.0.uuid", "\ud800", "zones[0].uuid: has a character that cannot be stored"),
        ("zones.0.zoom", float("inf"), "zones[0].zoom: must be a finite number"),
    ],
)
def test_invalid_plan_is_rejected_with_the_path_of_the_fault(path, value, fault):
    with pytest.raises(PlanError) as refused:
        places(changed(path, value))
    assert any(line.startswith(fault) for line in refused.value.faults), refused.value.faults


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"a": NaN}', "[" * 50_000, '{"zones":' * 400 + "1" + "}" * 400]
)
def test_text_that_is_no_plan_is_rejected(text):
    with pytest.raises(PlanError):
        read_json(text)


def test_plan_nested_deeper_than_30_levels_is_rejected():
    deep = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(PlanError, match="nested too deeply"):
        places(PLAN | {"extra": deep})


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
        ("A | ..\nA | ..", "line 2: row A is used twice in its zone"),
        ("", "the plan is empty"),
        ("A | ..x", "line 1: unknown seat character 'x'"),
        ("name: Hall\nseats!", "line 2: expected `name:`"),
        ("name: Hall", "zones: must have 1 to"),
    ],
)
def test_invalid_text_is_rejected_with_the_line_number(text, fault):
    with pytest.raises(PlanError, match=fault.replace("|", ".")):
        read_text(text)


@pytest.mark.parametrize("name", ["box", "studio", "grand-hall"])
def test_halls_of_the_demo_are_valid(name):
    text = (ROOT / "fixtures" / "halls" / f"{name}.txt").read_text()
    read = places(read_text(text))
    demo = json.loads((ROOT / "fixtures" / "demo.json").read_text())
    assert text in [row["fields"]["plan"] for row in demo if row["model"] == "seats.seatingplan"]
    assert len({p.label for p in read}) == len(read) == {"box": 8, "studio": 24, "grand-hall": 1440}[name]
