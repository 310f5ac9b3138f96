"""The page shows the cinema's times to visitors of all time zones, and opens a sale by itself."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.cinema import Cinema
from tests.browser.pages import button, expect, message, seat


@pytest.fixture(scope="module")
def berlin(tmp_path_factory):
    with Cinema(tmp_path_factory.mktemp("berlin"), TIME_ZONE="Europe/Berlin") as cinema:
        yield cinema


@pytest.mark.parametrize(
    ("zone", "time"),
    [
        ("Europe/Berlin", "Friday, March 28, 2031, 20:00"),
        ("Europe/Paris", "Friday, March 28, 2031, 20:00"),
        ("Asia/Tokyo", "Friday, March 28, 2031, 20:00 (Europe/Berlin)"),
        ("America/New_York", "Friday, March 28, 2031, 20:00 (Europe/Berlin)"),
    ],
)
def test_all_visitors_read_the_time_of_the_cinema(visit, berlin, zone, time):
    show = berlin.new_show(screen=f"Screen of {zone}", date_time="2031-03-28T19:00:00Z")
    token = berlin.staff_token()
    berlin.book(show, 1, token)
    page = visit(f"#/shows/{show}", base_url=berlin.url, zone=zone, username="boss")
    expect(page.get_by_role("main")).to_contain_text(f"{time} · ")
    page.get_by_role("link", name="My bookings").click()
    when = page.locator(".ticket dd", has_text="20:00").filter(has_text="Friday, March 28, 2031")
    expect(when.first).to_contain_text("Ends 22:33" + (" (Europe/Berlin)" if "(" in time else ""))
    movie = berlin.call("GET", f"/shows/{show}/")["movie"]
    page.goto(f"{berlin.url}/#/movies/{movie}")
    expect(page.get_by_role("heading", name="Friday, March 28, 2031")).to_be_visible()
    note = page.get_by_text("All times are the cinema's: Europe/Berlin.")
    expect(note).to_be_visible(visible="(" in time)


def test_sale_opens_by_itself(visit, cinema):
    username, _ = cinema.new_visitor()
    opening = datetime.now(UTC) + timedelta(seconds=12)
    show = cinema.new_show(on_sale_from=opening.isoformat())
    page = visit(f"#/shows/{show}", username=username)
    expect(page.get_by_text("This show is not on sale yet.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^On sale in 0:\d\d$"))).to_be_visible()
    expect(seat(page, "A", 1)).to_have_attribute("aria-disabled", "true")
    find_the_best = page.locator("button", has_text="Find the best")
    expect(find_the_best).to_be_hidden()

    expect(page.get_by_text("40 of 40 seats available")).to_be_visible(timeout=40_000)
    assert datetime.now(UTC) >= opening
    expect(page.get_by_text("This show is not on sale yet.")).to_be_hidden()
    expect(find_the_best).to_be_visible()
    seat(page, "A", 1).click()
    button(page, "Hold 1 seat").click()
    button(page, "Book 1 seat").click()
    expect(message(page)).to_contain_text("Booked: A1")


def test_list_of_shows_says_when_a_sale_begins(visit, cinema):
    opening = datetime(2031, 3, 28, 9, tzinfo=UTC)
    show = cinema.new_show(on_sale_from=opening.isoformat(), date_time="2031-04-01T18:00:00Z")
    page = visit(f"#/movies/{cinema.call('GET', f'/shows/{show}/')['movie']}")
    expect(page.get_by_text("On sale from Mar 28, 09:00")).to_be_visible()
