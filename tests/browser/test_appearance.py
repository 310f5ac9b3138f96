"""Accessibility, screen sizes and color schemes of the pages."""

import re

import pytest

from tests.browser.pages import button, expect, log_in_dialog, seat

SIZES = {"phone": (320, 640), "desktop": (1280, 900), "4k": (3840, 2160)}


@pytest.fixture(scope="module")
def busy_show(cinema):
    """A show with a taken seat and two held ones."""
    show = cinema.new_show(screen="Studio", seats=24)
    cinema.book(show, 1)
    cinema.call("PUT", f"/shows/{show}/hold/", {"seat_numbers": [2, 3]}, cinema.new_visitor()[1])
    return show


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_violation_on_any_page(visit, cinema, axe_violations, busy_show, size, dark):
    width, height = SIZES[size]
    name, token = cinema.new_visitor()
    available = next(n for n in range(4, 25) if cinema.seat_status(busy_show, n) == "available")
    cinema.book(busy_show, available, token)
    page = visit(width=width, height=height, dark=dark, username=name)
    movie = cinema.call("GET", f"/shows/{busy_show}/")["movie"]
    for path, content in (
        ("#/", page.get_by_role("link", name="Seven Samurai")),
        (f"#/movies/{movie}", page.get_by_role("heading", name="Metropolis")),
        (f"#/shows/{busy_show}", page.get_by_role("grid")),
        ("#/bookings", page.get_by_role("button", name=re.compile("^Cancel"))),
        ("#/nowhere", page.get_by_role("alert")),
    ):
        page.goto(f"{cinema.url}/{path}")
        expect(content.first).to_be_visible()
        if "shows" in path:
            page.locator("[role=gridcell]:not([aria-disabled])").first.click()
        assert axe_violations(page) == [], path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_violation_in_the_login_dialog(visit, cinema, axe_violations, dark):
    page = visit(dark=dark)
    button(page, "Log in").click()
    assert axe_violations(page) == []
    button(log_in_dialog(page), "I am new here: sign up").click()
    button(log_in_dialog(page), "Sign up").click()
    assert axe_violations(page) == []


@pytest.mark.parametrize("path", ["#/", "#/movies/3", "#/shows/6", "#/shows/3", "#/bookings"])
def test_no_page_is_wider_than_320_pixels(visit, path):
    page = visit(path, width=320, height=640)
    expect(page.get_by_role("heading").first).to_be_visible()
    page.wait_for_load_state("load")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


def test_seats_are_large_enough_to_tap(visit, cinema):
    """In a large hall on a phone, a seat and its gap are 24 pixels wide, and a tap chooses the seat."""
    show = cinema.new_show(screen="Grand Hall", seats=1440)
    page = visit(f"#/shows/{show}", width=320, height=640, touch=True)
    target = seat(page, "Stalls K", 18)
    target.scroll_into_view_if_needed()
    distance = seat(page, "Stalls K", 19).bounding_box()["x"] - target.bounding_box()["x"]
    assert distance >= 23.9
    target.tap()
    expect(button(page, "Hold 1 seat")).to_be_in_viewport()


def test_dark_scheme_has_light_text_on_a_dark_background(visit, cinema):
    page = visit(f"#/shows/{cinema.new_show()}", dark=True)
    expect(page.get_by_role("grid")).to_be_visible()
    colors = page.evaluate(
        """[
            getComputedStyle(document.documentElement).backgroundColor,
            getComputedStyle(document.querySelector("h1")).color,
        ]"""
    )
    background, text = (sum(map(int, re.findall(r"\d+", color)[:3])) for color in colors)
    assert background < 150
    assert text > 600


def test_every_status_has_its_own_icon(visit, cinema, busy_show):
    page = visit(f"#/shows/{busy_show}")
    icons = {
        status: page.locator(f".hall [role=gridcell].{status} .icon").first.get_attribute("d")
        for status in ("taken", "held")
    }
    page.locator("[role=gridcell].available").first.click()
    icons["chosen"] = page.locator("[role=gridcell].chosen .icon").get_attribute("d")
    assert len(set(icons.values())) == 3


def test_hall_with_1440_seats_works_by_keyboard_and_zooms(visit, cinema, axe_violations):
    show = cinema.new_show(screen="Grand Hall", seats=1440)
    page = visit(f"#/shows/{show}")
    expect(page.get_by_role("gridcell")).to_have_count(1440)
    seat(page, "Stalls A", 5).focus()
    for _ in range(39):  # To the last row, across the gap between stalls and balcony.
        page.keyboard.press("ArrowDown")
    expect(page.locator("[role=gridcell]:focus")).to_have_attribute("aria-label", re.compile("^Row Balcony N"))
    page.keyboard.press("Space")
    expect(page.locator(".choice").get_by_role("listitem")).to_contain_text("Balcony N")
    assert axe_violations(page) == []
    width = page.get_by_role("grid").bounding_box()["width"]
    button(page, "Zoom in").click()
    assert page.get_by_role("grid").bounding_box()["width"] > width
    button(page, "Whole hall").click()
    hall = page.locator(".seat-map-scroll")
    assert hall.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_screen_readers_hear_choices_and_changes(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}")
    expect(page.get_by_role("grid")).to_be_visible()
    status = page.locator(".seat-map").get_by_role("status")
    seat(page, "A", 1).click()
    expect(status).to_contain_text("Row A, seat 1, Standard, chosen. 1 chosen.")
    cinema.book(show, 20)
    cinema.book(show, 21)
    expect(status).to_contain_text(re.compile("[12] seats? no longer available. 3[89] seats available"))


@pytest.mark.parametrize(("screen", "seats"), [("Grand Hall", 1440), ("Screen 9", 40)])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_whole_hall_fits_on_a_printed_page(visit, cinema, screen, seats, dark):
    a4 = {"width": 794, "height": 1123}
    page = visit(f"#/shows/{cinema.new_show(screen=screen, seats=seats)}", **a4, dark=dark)
    expect(page.get_by_role("gridcell")).to_have_count(seats)
    button(page, "Zoom in").click()
    page.emulate_media(media="print")
    hall = page.get_by_role("grid").bounding_box()
    frame = page.locator(".seat-map-scroll")
    assert hall["x"] >= 0
    assert hall["x"] + hall["width"] <= a4["width"]
    assert hall["height"] <= a4["height"]
    assert frame.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.seat-map')).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    expect(button(page, "Zoom in")).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
