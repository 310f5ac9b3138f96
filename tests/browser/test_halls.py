"""Halls as their plans draw them: the screen in front, areas and zones, and a first view that has seats."""

import json

import pytest

from tests.browser.pages import expect, seat
from tests.seats.plan_samples import rows


@pytest.fixture
def visit_hall(visit, cinema, tmp_path):
    """Opens the page of a new show whose hall has this plan; returns it when the hall is drawn."""

    def open_hall(screen, plan, **options):
        file = tmp_path / "plan"
        file.write_text(plan if isinstance(plan, str) else json.dumps(plan))
        cinema.manage("import_plan", str(file), "--screen", screen)
        seats = (
            sum(len(row["seats"]) for zone in plan["zones"] for row in zone["rows"])
            if isinstance(plan, dict)
            else plan.count(".")
        )
        page = visit(f"#/shows/{cinema.new_show(screen=screen, seats=seats)}", **options)
        page.wait_for_selector("[role=gridcell]")
        return page

    return open_hall


def area(text, x, y, width, height):
    return {
        "position": {"x": x, "y": y},
        "rectangle": {"width": width, "height": height},
        "text": {"text": text},
    }


@pytest.mark.parametrize(
    ("front", "x", "y"), [("top", 0, -60), ("bottom", 0, 100), ("left", -150, 0), ("right", 200, 0)]
)
def test_screen_is_on_the_side_of_the_stage(visit_hall, front, x, y):
    plan = rows(
        ("A", [("a1", 1, 0), ("a2", 2, 25), ("a3", 3, 50)], 0),
        ("B", [("b1", 1, 0), ("b2", 2, 25), ("b3", 3, 50)], 40),
        areas=[area("STAGE", x, y, 50, 20)],
    )
    page = visit_hall(f"Stage {front}", plan)
    first, last = seat(page, "A", 1).bounding_box(), seat(page, "B", 3).bounding_box()
    for drawn in (page.locator(".screen path"), page.locator(".area")):
        box = drawn.bounding_box()
        assert {
            "top": box["y"] + box["height"] < first["y"],
            "bottom": box["y"] > last["y"] + last["height"],
            "left": box["x"] + box["width"] < first["x"],
            "right": box["x"] > last["x"] + last["width"],
        }[front]
    expect(page.locator(".area")).to_have_text("STAGE")
    # The stage is no screen.
    expect(page.locator(".screen")).to_have_text("")


def test_hall_without_a_plan_has_a_screen_above(visit, cinema):
    page = visit(f"#/shows/{cinema.new_show(screen='No plan', seats=20)}")
    expect(page.locator(".screen")).to_have_text("Screen")
    assert page.locator(".screen").bounding_box()["y"] < seat(page, "A", 1).bounding_box()["y"]


def test_first_view_of_a_hall_around_a_court_has_seats(visit_hall):
    sides = [(f"{side}{n}", n, x, 25 * n) for side, x in (("L", 0), ("R", 2000)) for n in range(1, 11)]
    plan = rows(("L", [], 0), ("R", [], 0), areas=[area("COURT", 100, 0, 1800, 250)])
    for row in plan["zones"][0]["rows"]:
        row["seats"] = [
            {"seat_guid": guid, "seat_number": str(n), "position": {"x": x, "y": y}, "category": ""}
            for guid, n, x, y in sides
            if guid[0] == row["row_number"]
        ]
    page = visit_hall("Court", plan)
    left, right = page.locator(".seat-map-scroll").evaluate(
        "element => [element.getBoundingClientRect().left, element.getBoundingClientRect().right]"
    )
    boxes = [cell.bounding_box() for cell in page.get_by_role("gridcell").all()]
    assert sum(left <= box["x"] and box["x"] + box["width"] <= right for box in boxes) >= 10


def test_zones_and_letters_of_seats_are_drawn(visit_hall, axe_violations):
    plan = """numbers: letters
zone: Stalls
1 | ...
2 | ...

zone: Balcony
1 | ..."""
    page = visit_hall("Letters", plan)
    expect(page.locator(".zone-name")).to_have_text(["Stalls", "Balcony"])
    cell = page.get_by_role("gridcell", name="Row Balcony 1, seat B")
    expect(cell).to_have_text("B")
    seat(page, "Stalls 1", "C").focus()
    for key, name in (
        ("ArrowDown", "Row 2, seat C"),
        ("ArrowDown", "Row Balcony 1, seat C"),
        ("Home", "Row Balcony 1, seat A"),
    ):
        page.keyboard.press(key)
        assert page.locator("[role=gridcell]:focus").get_attribute("aria-label").startswith(name)
    assert axe_violations(page) == []


def test_row_in_which_some_seats_have_the_name_of_their_zone_is_one_row(visit_hall):
    page = visit_hall("Wider balcony", "zone: Stalls\nA | ..\n\nzone: Balcony\nA | ....")
    row = page.get_by_role("row", name="Row Balcony A", exact=True)
    assert row.get_by_role("gridcell").count() == 4
    expect(page.locator(".row-name")).to_have_count(4)
    seat(page, "Balcony A", 2).focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("[role=gridcell]:focus").get_attribute("aria-label").startswith("Row A, seat 3")
