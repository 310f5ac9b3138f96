"""Halls as their plans draw them: the screen in front, areas and zones, and a first view that has seats."""

import json
import re

import pytest

from tests.browser.pages import button, expect, seat, wait_until
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


# Scrolls to each cell. Counts those that a click at their center does not meet, and those without the letter of
# their row beside them.
REACH = """() => {
    const frame = document.querySelector(".seat-map-scroll").getBoundingClientRect();
    const names = [...document.querySelectorAll(".row-name")];
    let [unreachable, unnamed] = [0, 0];
    for (const cell of document.querySelectorAll("[role=gridcell]")) {
        cell.scrollIntoView({block: "center", inline: "center"});
        const box = cell.getBoundingClientRect();
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
        if (!cell.contains(document.elementFromPoint(x, y))) unreachable += 1;
        const row = cell.parentElement.getAttribute("aria-label").split(" ").at(-1);
        const isNamed = (name) => {
            const place = name.getBoundingClientRect();
            const isLevel = Math.abs(place.top + place.height / 2 - y) < box.height / 2;
            const isInView = place.left >= frame.left - 1 && place.right <= frame.right + 1;
            return name.textContent === row && isLevel && isInView;
        };
        if (!names.some(isNamed)) unnamed += 1;
    }
    return [unreachable, unnamed];
}"""


def test_each_of_1440_seats_can_be_reached_and_its_row_read_at_each_width(visit, cinema):
    page = visit(f"#/shows/{cinema.new_show(screen='Grand Hall', seats=1440)}")
    expect(page.get_by_role("gridcell")).to_have_count(1440)
    for width, height in ((1280, 720), (1366, 768), (1440, 900), (1536, 864), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)  # So that the page has noticed its new size.
        wait_until(page, lambda: page.evaluate(REACH) == [0, 0])
        assert page.evaluate(REACH) == [0, 0], width
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_hall_moves_by_drag_and_zooms_by_the_wheel_around_the_pointer(visit, cinema):
    page = visit(f"#/shows/{cinema.new_show(screen='Grand Hall', seats=1440)}")
    target = seat(page, "P", 18)
    target.scroll_into_view_if_needed()
    before = target.bounding_box()
    page.mouse.move(before["x"] + 12, before["y"] + 12)
    page.mouse.down()
    page.mouse.move(before["x"] - 60, before["y"] - 20, steps=4)
    page.mouse.up()
    moved = target.bounding_box()
    assert (moved["x"], moved["y"]) == pytest.approx((before["x"] - 72, before["y"] - 32), abs=2)
    # The drag has chosen no seat.
    expect(page.locator(".choice li")).to_have_count(0)
    page.keyboard.down("Control")
    page.mouse.move(moved["x"] + 8, moved["y"] + 8)
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    wait_until(page, lambda: target.bounding_box()["width"] > 1.5 * before["width"])
    zoomed = target.bounding_box()
    assert zoomed["width"] > 1.5 * before["width"]
    assert zoomed["x"] < moved["x"] + 8 < zoomed["x"] + zoomed["width"]


def test_best_seats_come_into_view(visit, cinema):
    show = cinema.new_show(screen="Grand Hall", seats=1440)
    page = visit(f"#/shows/{show}", width=390, height=844, username=cinema.new_visitor()[0])
    button(page, "Zoom in").click()
    page.get_by_text("Find the best seats").click()
    page.get_by_label("Category").select_option("Balcony")
    button(page, "Find the best").click()
    expect(button(page, "Book 2 seats")).to_be_visible()
    for held in page.locator("[role=gridcell].chosen").all():
        expect(held).to_have_attribute("aria-label", re.compile("Balcony"))
        expect(held).to_be_in_viewport(ratio=0.5)


def test_document_has_only_the_seats_in_view_of_a_very_large_hall(visit_hall, cinema, axe_violations):
    plan = "\n".join(f"{number} | {'.' * 60}" for number in range(1, 61))
    page = visit_hall("Arena", plan, width=390, height=844, touch=True)
    cells = page.get_by_role("gridcell")
    assert cells.count() < 1000
    grid = page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "60")
    assert axe_violations(page) == []
    # The keyboard reaches each seat.
    page.locator('[role=gridcell][tabindex="0"]').focus()
    page.keyboard.press("Control+End")
    last = page.locator("[role=gridcell]:focus")
    expect(last).to_have_attribute("aria-label", re.compile("^Row .?60.?, seat .?60.?,"))
    expect(last).to_be_in_viewport()
    expect(last).to_have_attribute("aria-colindex", "60")
    assert last.locator("..").get_attribute("aria-rowindex") == "60"
    page.keyboard.press("Space")
    expect(button(page, "Hold 1 seat")).to_be_visible()
    # From afar there is an overview. A tap shows the seats at that place.
    button(page, "Whole hall").click()
    expect(cells).to_have_count(1)
    expect(page.locator(".overview .chosen")).to_have_count(1)
    box = grid.bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 150, steps=3)
    page.mouse.up()
    # That was a drag, and no click.
    expect(cells).to_have_count(1)
    page.touchscreen.tap(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    expect(seat(page, 20, 20)).to_be_in_viewport()
    seat(page, 20, 20).tap()
    expect(button(page, "Hold 2 seats")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_sofa_is_chosen_held_booked_and_cancelled_whole(visit_hall, cinema):
    plan = rows(("A", [("a1", 1, 0), ("a2", 2, 25), ("a3", 3, 50)], 0))
    plan["zones"][0]["rows"][0]["seats"][1]["pair"] = "a3"
    page = visit_hall("Sofas", plan, username=cinema.new_visitor()[0])
    halves = [seat(page, "A", 2), seat(page, "A", 3)]
    expect(page.locator(".sofa")).to_have_count(1)
    expect(halves[0]).to_have_attribute("aria-label", re.compile("sofa with .?A3"))
    halves[1].click()
    for half in halves:
        expect(half).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Remove A2 and A3").first.click()
    for half in halves:
        expect(half).to_have_attribute("aria-selected", "false")
    halves[0].click()
    halves[1].click()
    expect(page.locator(".choice li")).to_have_count(0)
    halves[0].click()
    page.get_by_role("button", name="Hold 2 seats").click()
    page.get_by_role("button", name="Book 2 seats").click()
    page.get_by_role("link", name="My bookings").last.click()
    page.get_by_role("button", name="Cancel A2").click()
    expect(page.get_by_role("dialog")).to_contain_text(re.compile("sofa .?A2.? and .?A3"))
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.locator(".booking.cancelled")).to_contain_text("A2, A3")


def test_two_fingers_zoom_the_hall_around_their_middle_and_not_the_page(visit, cinema):
    page = visit(
        f"#/shows/{cinema.new_show(screen='Grand Hall', seats=1440)}", width=390, height=844, touch=True
    )
    target = seat(page, "P", 18)
    target.scroll_into_view_if_needed()
    before = target.bounding_box()
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    fingers = page.context.new_cdp_session(page)

    def touch(kind, *distances):
        points = [{"x": x + side * distance, "y": y} for distance in distances for side in (-1, 1)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def pinch(start, end, width):
        touch("touchStart", start)
        for step in range(1, 6):
            touch("touchMove", start + (end - start) * step / 5)
        touch("touchEnd")
        width = pytest.approx(width, rel=0.1)
        wait_until(page, lambda: target.bounding_box()["width"] == width)
        assert target.bounding_box()["width"] == width

    pinch(40, 80, 2 * before["width"])
    after = target.bounding_box()
    assert after["x"] < x < after["x"] + after["width"]
    assert after["y"] < y < after["y"] + after["height"]
    pinch(80, 40, before["width"])
    assert page.evaluate("visualViewport.scale") == 1
    # A pinch chooses no seat. A tap still does.
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    target.tap()
    expect(page.locator("[aria-selected=true]")).to_have_count(1)
