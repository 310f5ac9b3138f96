"""Staff in the admin, and a booking in Swagger."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.cinema import PASSWORD, new_usernames
from tests.browser.pages import button, expect, seat


def test_blocked_seats_change_at_once_on_open_pages(admin, visit, cinema):
    show = cinema.new_show()
    visitor_page = visit(f"#/shows/{show}")
    page = admin(f"seats/hall/{show}/change/")
    page.get_by_role("checkbox", name=re.compile("^A1,")).check()
    page.get_by_role("checkbox", name=re.compile("^A2,")).focus()
    page.keyboard.press("Space")
    page.get_by_label("Reason").fill("A spring has come out.")
    button(page, "Block the ticked seats").click()
    expect(page.get_by_text("2 seats blocked.")).to_be_visible()
    expect(seat(visitor_page, "A", 1)).to_have_attribute("aria-label", re.compile("not for sale$"))
    page.get_by_role("checkbox", name=re.compile("^A1,")).check()
    button(page, "Unblock the ticked seats").click()
    expect(seat(visitor_page, "A", 1)).to_have_attribute("aria-label", re.compile("available$"))
    expect(seat(visitor_page, "A", 2)).to_have_attribute("aria-label", re.compile("not for sale$"))


def test_booking_is_canceled_on_the_seat_map(admin, cinema):
    show = cinema.new_show()
    name, token = cinema.new_visitor()
    cinema.book(show, 7, token)
    page = admin(f"seats/hall/{show}/change/")
    expect(page.get_by_role("table").filter(has_text=name)).to_be_visible()
    page.get_by_role("checkbox", name=re.compile(name)).check()
    button(page, "Cancel the bookings of the ticked seats").click()
    expect(page.get_by_text(name)).to_be_visible()
    page.get_by_role("button", name=re.compile("^Yes, cancel")).click()
    expect(page.get_by_text("Cancelled 1 booking.")).to_be_visible()
    assert cinema.seat_status(show, 7) == "available"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_day_and_guests_are_read_without_a_violation_of_axe(admin, cinema, axe_violations, dark):
    show = cinema.new_show()
    name, token = cinema.new_visitor()
    cinema.book(show, 7, token)
    day = cinema.call("GET", f"/shows/{show}/")["date_time"][:10]
    page = admin(f"seats/booking/day/%3Fdate={day}", dark=dark)
    expect(page.get_by_role("heading", name=f"Shows of {day}")).to_be_visible()
    assert axe_violations(page) == []
    page.locator(f'a[href$="/guests/{show}/"]').click()
    expect(page.get_by_role("table").filter(has_text=name)).to_be_visible()
    assert axe_violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename == f"guests-{show}.csv"
    assert name in download.value.path().read_text()


def test_form_adds_a_week_of_shows(admin, cinema):
    page = admin("shows/show/")
    page.get_by_role("link", name="Add a week of shows").click()
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("metro")
    page.get_by_role("option", name="Metropolis").click()
    page.get_by_label("Screen name").fill("Screen 77")
    page.get_by_label("Total seats").fill("30")
    page.get_by_label("First day").fill(f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}")
    page.get_by_label("Times").fill("14:00, 20:15")
    page.locator("input[type=submit], button[type=submit]").last.click()
    expect(page.get_by_text("14 shows added on Screen 77")).to_be_visible()
    expect(page.locator("#result_list tbody tr")).to_have_count(14)


def test_plan_is_edited_in_a_monospace_font(admin):
    page = admin("seats/seatingplan/add/")
    plan = page.get_by_label("Plan")
    plan.fill("A | ....")
    assert plan.evaluate("field => getComputedStyle(field).fontFamily") == "monospace"


def test_browser_shows_a_refused_page_as_a_page(admin):
    page = admin("seats/booking/add/")
    expect(page.get_by_role("heading", name="Forbidden")).to_be_visible()
    page.get_by_role("link", name="Go to the admin").click()
    expect(page.get_by_role("heading", name="Site administration")).to_be_visible()


def test_swagger_has_a_language_and_follows_the_color_scheme(visit):
    page = visit("swagger/", dark=True)
    expect(page.get_by_role("heading", name=re.compile("^Cinema"))).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.locator("html")).to_have_class("dark-mode")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(28, 32, 34)"
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).not_to_have_class("dark-mode")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_violation_in_swagger(visit, axe_violations, dark):
    page = visit("swagger/", dark=dark)
    expect(page.get_by_text("/shows/{show_id}/book/", exact=True)).to_be_visible()
    assert axe_violations(page) == []
    page.locator("#operations-Bookings-shows_book_create .opblock-summary-control").click()
    expect(page.get_by_role("heading", name="Parameters")).to_have_attribute("aria-level", "3")


def test_streams_answer_in_swagger(visit, cinema):
    """The forms are filled with examples, so that the answer ends. Execute shows it."""
    show = cinema.new_show()
    page = visit("swagger/")
    for operation, name in (("shows_events_retrieve", "show_id"), ("events_retrieve", "shows")):
        block = page.locator(f"#operations-Seat_map-{operation}")
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Try it out").click()
        field = block.locator(f"tr[data-param-name={name}] input").first
        expect(field).to_have_value("7")
        field.fill(str(show))
        block.get_by_role("button", name="Execute").click()
        expect(block.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
        expect(block.locator(".live-responses-table")).to_contain_text(f'"show":{show}')


def test_seat_is_booked_in_swagger(visit, cinema):
    """Signs up, logs in, authorizes and books by the forms of Swagger UI."""
    show, name = cinema.new_show(), next(new_usernames)
    page = visit("swagger/")

    def call(operation, body=None, **parameters):
        block = page.locator(f"#operations-{operation}")
        if "is-open" not in (block.get_attribute("class") or ""):
            block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Try it out").click()
        for parameter, value in parameters.items():
            block.get_by_placeholder(parameter).fill(str(value))
        if body is not None:
            block.locator("textarea.body-param__text").fill(json.dumps(body))
        block.get_by_role("button", name="Execute").click()
        response = block.locator(".live-responses-table")
        expect(response).to_be_visible()
        status = response.locator(".response-col_status").last.inner_text().split()[0]
        return int(status), response.locator(".response-col_description .microlight").first.inner_text()

    account = {"username": name, "password": PASSWORD}
    assert call("Account-signup_create", account)[0] == 201
    status, body = call("Account-login_create", account)
    assert status == 200
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_role("textbox", name="auth-bearer-value").fill(json.loads(body)["access"])
    page.locator(".auth-btn-wrapper").get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    status, body = call("Bookings-shows_book_create", {"seat_number": 12}, show_id=show)
    assert status == 201
    assert json.loads(body)["seat_number"] == 12
    assert cinema.seat_status(show, 12) == "taken"
