"""The page of bookings: one ticket for each upcoming order, with its code, and what visitors can do with it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.pages import button, expect

NOT_ON_PAPER = ("button", ".facade", ".foot", "h1", ".past")


def book_order(cinema, token, numbers=(5, 6), **fields):
    """Books seats of a new show in one order; returns the show's id and the order."""
    show = cinema.new_show(screen="Cellar", **fields)
    cinema.call("PUT", f"/shows/{show}/hold/", {"seat_numbers": list(numbers)}, token)
    bookings = cinema.call("POST", f"/shows/{show}/hold/book/", None, token)
    return show, bookings[0]["order"]


@pytest.fixture
def visitor(cinema):
    return cinema.new_visitor()


def test_order_is_one_ticket_with_one_code_and_the_next_show_comes_first(visit, cinema, visitor):
    name, token = visitor
    _, later = book_order(cinema, token, date_time="2031-06-02T18:00:00Z")
    _, sooner = book_order(cinema, token, date_time="2031-06-01T18:00:00Z")
    page = visit("#/bookings", username=name)
    tickets = page.get_by_role("article")
    expect(tickets).to_have_count(2)
    expect(tickets.nth(0)).to_contain_text(sooner)
    expect(tickets.nth(1)).to_contain_text(later)
    code = tickets.nth(0).get_by_role("img", name=f"QR code of order {sooner}")
    expect(code).to_have_js_property("complete", True)
    booking = next(
        b for b in cinema.call("GET", "/my-bookings/", None, token)["results"] if b["order"] == sooner
    )
    codes = page.evaluate(
        """async ([id, token]) => {
            const headers = {Authorization: `Bearer ${token}`};
            const get = async (query) => (await fetch(`/bookings/${id}/ticket.svg${query}`, {headers})).text();
            return [await get("?order=true"), await get("")];
        }""",
        [booking["id"], token],
    )
    drawn = re.search(r'd="(.+?)"', page.evaluate("decodeURIComponent(document.querySelector('.code').src)"))[1]
    assert drawn in codes[0]
    assert drawn not in codes[1]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_tickets_have_no_violation_of_axe(visit, cinema, visitor, axe_violations, width, dark):
    name, token = visitor
    book_order(cinema, token)
    cancelled = cinema.book(cinema.new_show(), 1, token)["id"]
    cinema.call("POST", f"/bookings/{cancelled}/cancel/", None, token)
    page = visit("#/bookings", username=name, width=width, height=844, dark=dark)
    page.get_by_text("Past and cancelled").click()
    expect(page.locator(".booking.cancelled")).to_be_visible()
    expect(page.locator(".code")).to_have_attribute("src", re.compile("^data:image/svg"))
    assert axe_violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_calendar_file_is_saved(visit, cinema, visitor):
    name, token = visitor
    book_order(cinema, token)
    page = visit("#/bookings", username=name)
    with page.expect_download() as download:
        page.get_by_role("button", name="Add Metropolis to calendar").click()
    assert download.value.path().read_text().startswith("BEGIN:VCALENDAR")
    assert download.value.suggested_filename.endswith(".ics")


def test_seat_is_moved_by_keyboard(visit, cinema, visitor):
    name, token = visitor
    show, order = book_order(cinema, token)
    cinema.book(show, 1)
    page = visit("#/bookings", username=name)
    page.get_by_role("button", name="Move A5, Metropolis").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("New seat")).to_be_focused()
    for typed, message in (("Z99", "no such seat"), ("A1", "taken")):
        page.get_by_label("New seat").fill(typed)
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(message)
    page.get_by_label("New seat").fill("b2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Moved: A5 to B2")
    expect(page.locator(".seat-line").first).to_contain_text("A6")
    expect(page.get_by_role("article")).to_contain_text(order)
    assert cinema.seat_status(show, 5) == "available"


def test_order_is_cancelled_at_once_and_becomes_past(visit, cinema, visitor):
    name, token = visitor
    show, order = book_order(cinema, token)
    page = visit("#/bookings", username=name)
    button(page, f"Cancel order {order}").click()
    expect(page.get_by_role("dialog")).to_contain_text("Cancel seats A5 and A6 for Metropolis?")
    button(page, "Yes, cancel them").click()
    expect(page.get_by_role("status")).to_contain_text("Cancelled: A5 and A6, Metropolis.")
    expect(page.get_by_role("article")).to_have_count(0)
    expect(page.locator(".booking.cancelled")).to_contain_text("A5, A6")
    expect(page.get_by_role("heading", name="My bookings")).to_be_focused()
    assert cinema.seat_status(show, 5) == cinema.seat_status(show, 6) == "available"


def test_admitted_seat_is_neither_moved_nor_cancelled(visit, cinema, visitor):
    name, token = visitor
    show, _ = book_order(cinema, token)
    ticket = cinema.call("GET", "/my-bookings/", None, token)["results"][0]["ticket"]
    cinema.call("POST", f"/shows/{show}/admit/", {"ticket": ticket}, cinema.staff_token())
    page = visit("#/bookings", username=name)
    expect(page.locator(".seat-line").filter(has_text="Admitted at")).to_have_count(1)
    expect(page.get_by_role("button", name=re.compile("^Move A"))).to_have_count(1)


def test_ticket_is_past_after_the_movie(visit, cinema, visitor):
    name, token = visitor
    show, _ = book_order(cinema, token)
    page = visit("#/bookings", username=name)
    page.clock.install()
    page.reload()
    expect(page.get_by_role("button", name=re.compile("^Cancel A5"))).to_be_visible()
    begins = datetime.fromisoformat(cinema.call("GET", f"/shows/{show}/")["date_time"]) - datetime.now(UTC)
    page.clock.fast_forward(int((begins + timedelta(minutes=1)).total_seconds() * 1000))
    expect(page.get_by_role("article")).to_be_visible()  # Late guests still need the ticket.
    expect(page.get_by_role("button", name=re.compile("^Cancel A5"))).to_have_count(0)
    page.clock.fast_forward(4 * 3600 * 1000)
    expect(page.get_by_role("article")).to_have_count(0)
    expect(page.locator(".past li")).to_contain_text("A5, A6")


def test_print_is_a_ticket_and_no_web_page(visit, cinema, visitor):
    name, token = visitor
    _, order = book_order(cinema, token)
    page = visit("#/bookings", username=name)
    expect(page.get_by_text("A5, A6")).to_be_visible()
    page.emulate_media(media="print")
    for part in NOT_ON_PAPER:
        expect(page.locator(part).locator("visible=true")).to_have_count(0)
    expect(page.locator(".code")).to_be_visible()
    expect(page.locator(".order")).to_have_text(order)
    expect(page.locator(".ticket .cinema")).to_have_text("Cinema")
