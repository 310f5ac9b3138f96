"""Login, logout and the stored session in the browser."""

import pytest

from tests.browser.cinema import PASSWORD
from tests.browser.pages import button, expect, log_in_dialog, seat


def test_failed_login_shows_an_error_and_keeps_the_username(visit, cinema):
    name, _ = cinema.new_visitor()
    page = visit()
    button(page, "Log in").click()
    dialog = log_in_dialog(page)
    dialog.get_by_label("Username").fill(name)
    dialog.get_by_label("Password").fill("wrong")
    button(dialog, "Log in").click()
    expect(dialog.get_by_role("alert").filter(has_text="password is wrong")).to_be_visible()
    expect(dialog.get_by_label("Username")).to_have_value(name)
    dialog.get_by_label("Password").fill(PASSWORD)
    button(dialog, "Log in").click()
    expect(page.get_by_text(name)).to_be_visible()
    button(page, "Log out").click()
    expect(button(page, "Log in")).to_be_visible()


def test_expired_access_token_is_refreshed_unnoticed(visit, cinema):
    name, _ = cinema.new_visitor()
    page = visit(f"#/shows/{cinema.new_show()}", username=name)
    page.evaluate(
        """() => {
            const session = JSON.parse(localStorage.getItem("cinema.session"));
            localStorage.setItem("cinema.session", JSON.stringify({...session, access: "expired"}));
        }"""
    )
    seat(page, "A", 1).click()
    button(page, "Hold 1 seat").click()
    expect(button(page, "Book 1 seat")).to_be_visible()


@pytest.mark.parametrize("value", ["abc", "{}", "[]", '{"username": "x"}', "5"])
def test_invalid_stored_session_is_ignored(visit, cinema, value):
    page = visit()
    page.evaluate("value => localStorage.setItem('cinema.session', value)", value)
    page.reload()
    expect(button(page, "Log in")).to_be_visible()


def test_bookings_appear_after_login_and_disappear_after_logout(visit, cinema):
    name, token = cinema.new_visitor()
    cinema.book(cinema.new_show(), 1, token)
    page = visit("#/bookings")
    button(log_in_dialog(page), "Not now").click()
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    log_in_dialog(page).get_by_label("Username").fill(name)
    log_in_dialog(page).get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(1)
    button(page, "Log out").click()
    expect(page.get_by_role("heading", name="What is on")).to_be_visible()
    page.goto(f"{cinema.url}/#/bookings")
    expect(page.get_by_role("heading", name="My bookings")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(0)


def test_pages_of_a_logged_in_visitor_cause_no_error_answer(visit, cinema):
    name, token = cinema.new_visitor()
    show, other = cinema.new_show(), cinema.new_show(screen="Screen 10")
    cinema.book(other, 1, token)
    page = visit(username=name)
    errors = []
    page.on("response", lambda response: errors.append(response.url) if response.status >= 400 else None)
    for path in ("#/", f"#/shows/{show}", f"#/shows/{other}", "#/bookings"):
        page.goto(f"{cinema.url}/{path}")
        page.reload()
        expect(page.get_by_role("heading").first).not_to_have_text("…")
        page.wait_for_load_state("load")
        page.wait_for_timeout(500)
    assert errors == []
