"""Staff at the drawn hall of the admin, and people who try the API in Swagger."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.cinema import PASSWORD, names
from tests.browser.pages import button, expect, seat


@pytest.fixture
def admin(visit, cinema):
    """Opens a page of the admin as staff."""
    cinema.staff()

    def open_page(path):
        page = visit(f"admin/login/?next=/admin/{path}")
        page.get_by_label("Username").fill("boss")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        return page

    return open_page


def test_seats_taken_out_of_sale_are_so_at_once_for_who_looks(admin, visit, cinema):
    show = cinema.show()
    looking = visit(f"#/shows/{show}")
    page = admin(f"seats/hall/{show}/change/")
    page.get_by_role("checkbox", name=re.compile("^A1,")).check()
    page.get_by_role("checkbox", name=re.compile("^A2,")).focus()
    page.keyboard.press("Space")
    page.get_by_label("Reason").fill("A spring has come out.")
    button(page, "Block the ticked seats").click()
    expect(page.get_by_text("2 seats blocked.")).to_be_visible()
    expect(seat(looking, "A", 1)).to_have_attribute("aria-label", re.compile("not for sale$"))
    page.get_by_role("checkbox", name=re.compile("^A1,")).check()
    button(page, "Unblock the ticked seats").click()
    expect(seat(looking, "A", 1)).to_have_attribute("aria-label", re.compile("available$"))
    expect(seat(looking, "A", 2)).to_have_attribute("aria-label", re.compile("not for sale$"))


def test_a_booking_is_cancelled_where_its_owner_is_seen_to_sit(admin, cinema):
    show = cinema.show()
    name, token = cinema.visitor()
    cinema.book(show, 7, token)
    page = admin(f"seats/hall/{show}/change/")
    expect(page.get_by_role("table").filter(has_text=name)).to_be_visible()
    page.get_by_role("checkbox", name=re.compile(name)).check()
    button(page, "Cancel the bookings of the ticked seats").click()
    expect(page.get_by_text(name)).to_be_visible()
    page.get_by_role("button", name=re.compile("^Yes, cancel")).click()
    expect(page.get_by_text("Cancelled 1 booking.")).to_be_visible()
    assert cinema.status(show, 7) == "available"


def test_a_week_of_shows_by_one_form(admin, cinema):
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


def test_a_booking_in_swagger(visit, cinema):
    """Sign up, log in, authorize, book: with the examples that are filled in, where they do."""
    show, name = cinema.show(), next(names)
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
        answer = block.locator(".live-responses-table")
        expect(answer).to_be_visible()
        status = answer.locator(".response-col_status").last.inner_text().split()[0]
        return int(status), answer.locator(".response-col_description .microlight").first.inner_text()

    account = {"username": name, "password": PASSWORD}
    assert call("Account-signup_create", account)[0] == 201
    status, answer = call("Account-login_create", account)
    assert status == 200
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_role("textbox", name="auth-bearer-value").fill(json.loads(answer)["access"])
    page.locator(".auth-btn-wrapper").get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    status, answer = call("Bookings-shows_book_create", {"seat_number": 12}, show_id=show)
    assert status == 201
    assert json.loads(answer)["seat_number"] == 12
    assert cinema.status(show, 12) == "taken"
