"""Visitors reset a forgotten password by mail, change their password, and delete their account."""

import re
import time

from tests.browser.cinema import PASSWORD
from tests.browser.pages import button, expect, log_in_dialog

NEW = "pear-tart-43"


def link_in_mail(cinema, username):
    """Waits for the mail. Returns the fragment of its link."""
    link = rf"account {username} at.*?{cinema.url}/(#/password/\S+)"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for file in (cinema.folder / "mails").glob("*"):
            if found := re.search(link, file.read_text(), re.DOTALL):
                return found[1]
        time.sleep(0.1)
    raise AssertionError("No mail was sent.")


def test_forgotten_password_is_replaced_by_the_link_in_a_mail(cinema, visit, axe_violations):
    username, access = cinema.new_visitor()
    cinema.call("PATCH", "/me", {"email": f"{username}@example.com"}, access)
    page = visit()
    button(page, "Log in").click()
    log_in_dialog(page).get_by_role("link", name="Forgot your password?").click()
    expect(page.get_by_role("heading", name="Forgot your password?")).to_be_focused()
    assert axe_violations(page) == []
    page.get_by_label("Email").fill(f"{username}@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is on its way")

    page = visit(link_in_mail(cinema, username))
    assert axe_violations(page) == []
    page.get_by_label("New password").fill("12345678")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("too common")
    expect(page.get_by_label("New password")).to_be_focused()
    page.get_by_label("New password").fill(NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("main").get_by_role("button", name="Log in")).to_be_focused()
    assert "#/password/" not in page.url
    page.keyboard.press("Enter")
    log_in_dialog(page).get_by_label("Username").fill(username)
    log_in_dialog(page).get_by_label("Password").fill(NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=f"My account: {username}")).to_be_visible()

    page = visit(link_in_mail(cinema, username))
    page.get_by_label("New password").fill("fig-tart-44")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This link has expired or was already used.")).to_be_visible()


def test_account_page_changes_the_password_and_deletes_the_account(cinema, visit, axe_violations):
    username, access = cinema.new_visitor()
    show = cinema.new_show()
    cinema.book(show, 3, access)
    page = visit("#/account", username=username)
    page.get_by_label("Email").fill("x@example.com")
    button(page, "Save").click()
    expect(page.get_by_text("Your email address is saved.")).to_be_visible()
    page.get_by_label("Old password").fill("wrong")
    page.get_by_label("New password").fill(NEW)
    button(page, "Change password").click()
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    expect(page.get_by_label("Old password")).to_be_focused()
    page.get_by_label("Old password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    assert axe_violations(page) == []

    page.get_by_label("Password", exact=True).fill(NEW)
    page.keyboard.press("Enter")
    button(page, "Yes, delete it").click()
    expect(button(page, "Log in")).to_be_visible()
    expect(page.get_by_role("heading", name="What is on")).to_be_visible()
    assert cinema.seat_status(show, 3) == "available"
    login = cinema.call("POST", "/login", {"username": username, "password": NEW})
    assert login["code"] == "no_active_account"
