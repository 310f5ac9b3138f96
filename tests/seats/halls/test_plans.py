"""Seating plans are read, or rejected with the path of each fault."""

import copy
import json

import pytest

from cinema.seats.halls.plan_faults import PlanError
from cinema.seats.halls.plan_json import places, read_json
from tests.seats.plan_samples import PLAN, changed, rows, seat


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
        ("zones.0.rows.1.seats.1.companion", 1, "zones[0].rows[1].seats[1].companion: must be true or false"),
        ("zones.0.rows.1.seats.1.pair", 1, "zones[0].rows[1].seats[1].pair: must be the seat_guid of another"),
        (
            "zones.0.rows.1.seats.1.pair",
            "b2",
            "zones[0].rows[1].seats[1].pair: must be the seat_guid of another",
        ),
        ("zones.0.rows.1.seats.1.pair", True, "zones[0].rows[1].seats[1].pair: must be text"),
        ("zones.0.name", "a\x00b", "zones[0].name: has a character that cannot be stored"),
        # A label that begins with this character is a temporary one.
        ("zones.0.name", "\x1f1", "zones[0].name: has a character that cannot be stored"),
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


def test_all_faults_are_counted_and_the_first_20_are_shown():
    numbers = [(f"g{n}", n, n * 25) for n in range(30)]
    with pytest.raises(PlanError) as refused:
        places(rows(("A", numbers, 0), ("B", numbers, 30)))
    assert len(refused.value.faults) == 21
    first = "zones[0].rows[1].seats[0].seat_guid: g0 is used twice, first by zones[0].rows[0].seats[0]"
    assert refused.value.faults[0] == first
    assert refused.value.faults[-1] == "and 10 more"
    assert refused.value.repeats_guids


def test_fault_of_a_row_is_counted_once_and_not_for_each_seat():
    plan = changed("zones.0.rows.0.position", "left")
    plan["zones"][0]["position"] = 7
    with pytest.raises(PlanError) as refused:
        places(plan)
    assert refused.value.faults == [
        "zones[0].position: must have numbers x and y",
        "zones[0].rows[0].position: must have numbers x and y",
    ]


def test_repeated_guids_are_renewed_the_same_way_each_time():
    numbers = [(f"g{n}", n, n * 25) for n in range(3)]
    text = json.dumps(rows(("A", numbers, 0), ("B", numbers, 30), ("C", numbers, 60)))
    plan = read_json(text, renew_guids=True)
    guids = [place.guid for place in places(plan)]
    assert guids[:3] == ["g0", "g1", "g2"]
    assert len(set(guids)) == 9
    assert read_json(text, renew_guids=True) == plan
    assert read_json(json.dumps(plan), renew_guids=True) == plan


def test_halves_of_a_copied_sofa_are_halves_of_each_other():
    plan = rows(("A", [("g1", 1, 0), ("g2", 2, 25)], 0), ("B", [("g1", 1, 0), ("g2", 2, 25)], 30))
    for row in plan["zones"][0]["rows"]:
        row["seats"][0]["pair"], row["seats"][1]["pair"] = "g2", "g1"
    read = places(read_json(json.dumps(plan), renew_guids=True))
    assert [place.pair for place in read] == [2, 1, 4, 3]


def test_one_half_names_the_other_half_of_a_pair():
    plan = changed("zones.0.rows.0.seats.1.pair", "c1")
    assert {place.guid: place.pair for place in places(plan) if place.pair} == {"a2": 6, "c1": 2}


def test_seat_is_half_of_one_pair_only():
    plan = changed("zones.0.rows.0.seats.1.pair", "c1")
    plan["zones"][0]["rows"][0]["seats"][0]["pair"] = "c1"
    with pytest.raises(PlanError) as refused:
        places(plan)
    assert refused.value.faults == ["zones[0].rows[0].seats[1].pair: a2 and c1 must be halves of no other pair"]


@pytest.mark.parametrize(
    "text", ["[]", '{"zones": [7, {"rows": 7}]}', '{"zones": [{"rows": [{"seats": [7]}]}]}']
)
def test_plan_that_is_none_is_rejected_with_renewed_guids_too(text):
    with pytest.raises(PlanError):
        read_json(text, renew_guids=True)


def test_missing_guids_are_not_renewed():
    plan = changed("zones.0.rows.0.seats.0.seat_guid", "")
    plan["zones"][0]["rows"][0]["seats"][1]["seat_guid"] = ""
    with pytest.raises(PlanError, match="seat_guid: must be text"):
        read_json(json.dumps(plan), renew_guids=True)


@pytest.mark.parametrize(
    "name", ["NOT AVAILABLE", "Not for sale", "unavailable", "Seats not available", "Blocked"]
)
def test_seats_of_a_category_that_is_not_available_are_blocked(name):
    plan = changed("categories.1.name", name)
    plan["zones"][1]["rows"][0]["seats"][0]["category"] = name
    assert [place.guid for place in places(plan) if place.blocked] == ["c1"]


@pytest.mark.parametrize("name", ["Available", "Blocked view", "Standard"])
def test_seats_of_other_categories_are_for_sale(name):
    plan = changed("categories.1.name", name)
    plan["zones"][1]["rows"][0]["seats"][0]["category"] = name
    assert not any(place.blocked for place in places(plan))


@pytest.mark.parametrize(
    ("status", "blocked"),
    [("available", False), ("Available", False), ("", False), (None, False), ("unavailable", True), (0, True)],
)
def test_seats_with_a_status_other_than_available_are_blocked(status, blocked):
    plan = copy.deepcopy(PLAN)
    plan["zones"][0]["rows"][0]["seats"][0]["status"] = status
    assert places(plan)[0].blocked is blocked
