"""For every eye, hand and screen."""

import re

import pytest

from tests.browser.pages import button, expect, log_in_dialog, seat

SIZES = {"phone": (320, 640), "desk": (1280, 900), "wall": (3840, 2160)}


@pytest.fixture(scope="module")
def busy_show(cinema):
    """A hall in which every status is to be seen."""
    show = cinema.show(screen="Studio", seats=24)
    cinema.book(show, 1)
    cinema.call("PUT", f"/shows/{show}/hold/", {"seat_numbers": [2, 3]}, cinema.visitor()[1])
    return show


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(visit, cinema, find_faults, busy_show, size, dark):
    width, height = SIZES[size]
    name, token = cinema.visitor()
    cinema.book(busy_show, next(n for n in range(4, 25) if cinema.status(busy_show, n) == "available"), token)
    page = visit(width=width, height=height, dark=dark, as_=name)
    movie = cinema.call("GET", f"/shows/{busy_show}/")["movie"]
    for path, sight in (
        ("#/", page.get_by_role("link", name="Metropolis")),
        (f"#/movies/{movie}", page.get_by_role("heading", name="Metropolis")),
        (f"#/shows/{busy_show}", page.get_by_role("grid")),
        ("#/bookings", page.get_by_role("button", name=re.compile("^Cancel"))),
        ("#/nowhere", page.get_by_role("alert")),
    ):
        page.goto(f"{cinema.url}/{path}")
        expect(sight.first).to_be_visible()
        if "shows" in path:
            page.locator("[role=gridcell]:not([aria-disabled])").first.click()
        assert find_faults(page) == [], path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_the_dialogs(visit, cinema, find_faults, dark):
    page = visit(dark=dark)
    button(page, "Log in").click()
    assert find_faults(page) == []
    button(log_in_dialog(page), "I am new here: sign up").click()
    button(log_in_dialog(page), "Sign up").click()
    assert find_faults(page) == []


@pytest.mark.parametrize("path", ["#/", "#/movies/3", "#/shows/6", "#/shows/3", "#/bookings"])
def test_no_page_is_wider_than_a_small_phone(visit, path):
    page = visit(path, width=320, height=640)
    expect(page.get_by_role("heading").first).to_be_visible()
    page.wait_for_load_state("load")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


def test_seats_can_be_hit_with_a_finger(visit, cinema):
    """At 320 pixels, in the largest hall, a seat and its gap are at least 24 wide; and a tap chooses it."""
    page = visit(f"#/shows/{cinema.show(screen='Grand Hall', seats=1440)}", width=320, height=640, touch=True)
    near = seat(page, "Stalls K", 18)
    near.scroll_into_view_if_needed()
    step = seat(page, "Stalls K", 19).bounding_box()["x"] - near.bounding_box()["x"]
    assert step >= 23.9
    near.tap()
    expect(button(page, "Hold 1 seat")).to_be_in_viewport()


def test_the_dark_is_dark(visit, cinema):
    page = visit(f"#/shows/{cinema.show()}", dark=True)
    expect(page.get_by_role("grid")).to_be_visible()
    colors = page.evaluate(
        "[document.documentElement, document.querySelector('h1')].map((e, i) => i ? getComputedStyle(e).color"
        " : getComputedStyle(e).backgroundColor)"
    )
    background, ink = (sum(map(int, re.findall(r"\d+", color)[:3])) for color in colors)
    assert background < 150
    assert ink > 600


def test_status_is_told_by_a_sign_as_well_as_by_colour(visit, cinema, busy_show):
    page = visit(f"#/shows/{busy_show}")
    signs = {
        status: page.locator(f".hall [role=gridcell].{status} .sign").first.get_attribute("d")
        for status in ("taken", "held")
    }
    page.locator("[role=gridcell].available").first.click()
    signs["chosen"] = page.locator("[role=gridcell].chosen .sign").get_attribute("d")
    assert len(set(signs.values())) == 3


def test_a_hall_of_1440_seats_is_whole_and_quick_to_hand(visit, cinema, find_faults):
    show = cinema.show(screen="Grand Hall", seats=1440)
    page = visit(f"#/shows/{show}")
    expect(page.get_by_role("gridcell")).to_have_count(1440)
    seat(page, "Stalls A", 5).focus()
    for _ in range(39):  # Over the gap between stalls and balcony to the last row.
        page.keyboard.press("ArrowDown")
    expect(page.locator("[role=gridcell]:focus")).to_have_attribute("aria-label", re.compile("^Row Balcony N"))
    page.keyboard.press("Space")
    expect(page.locator(".choice").get_by_role("listitem")).to_contain_text("Balcony N")
    assert find_faults(page) == []
    width = page.get_by_role("grid").bounding_box()["width"]
    button(page, "Larger").click()
    assert page.get_by_role("grid").bounding_box()["width"] > width
    button(page, "Whole hall").click()
    hall = page.locator(".seat-map-scroll")
    assert hall.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_changes_are_announced(visit, cinema):
    show = cinema.show()
    page = visit(f"#/shows/{show}")
    expect(page.get_by_role("grid")).to_be_visible()
    said = page.locator(".seat-map").get_by_role("status")
    seat(page, "A", 1).click()
    expect(said).to_contain_text("Row A, seat 1, Standard, chosen. 1 chosen.")
    cinema.book(show, 20)
    cinema.book(show, 21)
    expect(said).to_contain_text(re.compile("Seats: [12] gone. 3[89] available"))
