"""The layout of a plan: areas, zones, the side of the stage, and the usual distance of seats."""

import pytest

from cinema.seats.halls.plan_json import read_plan
from tests.seats.plan_samples import PLAN, changed, rows


def area(text, x, y, width=100, height=20, **more):
    return {
        "shape": "rectangle",
        "position": {"x": x, "y": y},
        "rectangle": {"width": width, "height": height},
        "text": {"text": text, "position": {"x": 50, "y": 10}},
    } | more


def layout(*areas, **more):
    seats = [("a1", 1, 0), ("a2", 2, 25), ("a3", 3, 75), ("a4", 4, 100)]
    back = [(guid.replace("a", "b"), number, x) for guid, number, x in seats]
    return read_plan(rows(("A", seats, 0), ("B", back, 100), areas=list(areas), **more)).layout


@pytest.mark.parametrize(
    ("x", "y", "front"),
    [(0, -60, "top"), (0, 150, "bottom"), (-300, 40, "left"), (400, 40, "right"), (0, 75, "bottom")],
)
@pytest.mark.parametrize("text", ["STAGE", "Screen", "Main stage", "Bühne"])
def test_front_is_the_side_of_the_stage_or_screen(text, x, y, front):
    assert layout(area("Bar", -900, 0), area(text, x, y))["front"] == front


@pytest.mark.parametrize("text", ["Backstage", "Bar", ""])
def test_front_is_the_top_without_a_stage(text):
    assert layout(area(text, 0, 150))["front"] == "top"


def test_area_that_is_named_stage_wins_over_one_that_mentions_it():
    assert layout(area("Stage door", 400, 40), area("Stage", 0, 150))["front"] == "bottom"


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ({}, (10, 20, 100, 20)),
        ({"rectangle": None, "width": 60, "height": 30}, (10, 20, 60, 30)),
        ({"rectangle": None, "circle": {"radius": 5}}, (5, 15, 10, 10)),
        ({"rectangle": None, "ellipse": {"radius": {"x": 5, "y": 10}}}, (5, 10, 10, 20)),
        ({"rectangle": None, "polygon": {"points": [{"x": -5, "y": 0}, {"x": 15, "y": 8}]}}, (5, 20, 20, 8)),
        ({"rotation": 90}, (-10, 20, 20, 100)),
        ({"rectangle": None}, (60, 30, 0, 0)),
        ({"text": "Court"}, (10, 20, 100, 20)),
    ],
)
def test_areas_are_boxes_around_their_shapes(shape, box):
    (drawn,) = layout(area("Court", 10, 20) | shape)["areas"]
    assert drawn == dict(zip(("text", "x", "y", "width", "height"), ("Court", *box), strict=True))


@pytest.mark.parametrize(
    "item",
    [7, {}, area(" ", 0, 0), area("Bar", 1e9, 0), area("Bar", "left", 0), area("Bar", 0, 0, position=[])],
)
def test_areas_without_text_or_position_are_left_out(item):
    assert layout(item)["areas"] == []


def test_areas_that_are_no_list_are_ignored():
    assert read_plan(changed("zones.0.areas", 7)).layout["areas"] == []


def test_areas_move_with_the_seats_if_the_plan_has_negative_coordinates():
    moved = layout(area("Court", 10, 20), position={"x": -500, "y": -80})
    assert [(drawn["x"], drawn["y"]) for drawn in moved["areas"]] == [(10, 20)]
    assert moved["zones"] == [{"name": "Main", "x": 0, "y": 0}]


def test_zones_with_a_name_are_where_their_seats_begin():
    zones = read_plan(PLAN).layout["zones"]
    assert zones == [{"name": "Ground floor", "x": 100, "y": 50}, {"name": "Balcony", "x": 100, "y": 200}]
    assert read_plan(changed("zones.0.name", "")).layout["zones"] == zones[1:]


def test_pitch_is_the_usual_distance_of_two_neighbors():
    assert layout()["pitch"] == 25
    assert read_plan(rows(("A", [("a1", 1, 0)], 0))).layout["pitch"] == 1
