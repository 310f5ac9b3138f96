"""The pictures of the README, made from the running product: `make pictures`."""

import random
import re

import pytest

from tests.browser.cinema import PASSWORD
from tests.browser.pages import button, expect
from tests.live_server import ROOT

FOLDER = ROOT / "docs" / "pictures"


@pytest.fixture(scope="module")
def shows(cinema):
    """The demo's halls, as on a good evening: the id of a show of each, by screen."""
    chance = random.Random(7)
    found = {"Screen 2": 4, "Studio": 3, "Grand Hall": 6}
    for show in found.values():
        free = [seat["seat_number"] for seat in cinema.call("GET", f"/shows/{show}/seats/")["seats"]]
        # People come in pairs and small groups, and sit where one sees well.
        for _ in range(max(4, len(free) // 12)):
            _, token = cinema.visitor()
            wish = {"best": chance.randint(1, 4)} if chance.random() < 0.5 else None
            start = chance.choice(free)
            wish = wish or {"seat_numbers": [number for number in (start, start + 1) if number in free]}
            cinema.call("PUT", f"/shows/{show}/hold/", wish, token)
            if chance.random() < 0.85:
                cinema.call("POST", f"/shows/{show}/hold/book/", None, token)
    return found


def choose_and_hold(page, count):
    best = page.get_by_text("Find the best seats")
    if not page.get_by_label("Seats side by side").is_visible():
        best.click()
    page.get_by_label("Seats side by side").fill(str(count))
    button(page, "Find the best").click()
    expect(page.get_by_role("timer")).to_be_visible()
    page.mouse.move(0, 0)


def save(page, name, **options):
    page.screenshot(path=FOLDER / f"{name}.png", **options)


def test_the_page_light(visit, cinema, shows):
    page = visit(f"#/shows/{shows['Screen 2']}", width=1280, height=860, as_=cinema.visitor()[0])
    choose_and_hold(page, 3)
    save(page, "page-light")


def test_the_page_dark(visit, cinema, shows):
    page = visit(f"#/shows/{shows['Grand Hall']}", width=1600, height=1000, dark=True, as_=cinema.visitor()[0])
    choose_and_hold(page, 4)
    save(page, "page-dark")


def test_the_page_on_a_phone(visit, cinema, shows):
    page = visit(f"#/shows/{shows['Studio']}", width=390, height=844, touch=True, as_=cinema.visitor()[0])
    choose_and_hold(page, 2)
    page.get_by_role("grid").scroll_into_view_if_needed()
    save(page, "page-phone")


def test_the_admins_hall(visit, cinema, shows):
    cinema.staff()
    page = visit(f"admin/login/?next=/admin/seats/hall/{shows['Screen 2']}/change/", width=1280, height=1000)
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name=re.compile("Seat holders"))).to_be_visible()
    save(page, "admin-hall")


def test_swagger(visit, cinema):
    page = visit("swagger/", width=1280, height=1000)
    page.get_by_text("/shows/{show_id}/book/", exact=True).click()
    expect(page.get_by_text("Book a seat").first).to_be_visible()
    page.locator("#operations-Bookings-shows_book_create").scroll_into_view_if_needed()
    save(page, "swagger")
