"""Booking in the browser, from the front page to a canceled booking."""

import re

from tests.browser.cinema import PASSWORD, new_usernames
from tests.browser.pages import button, expect, log_in_dialog, message, seat


def test_booking_and_canceling_work_by_mouse(visit, cinema):
    page = visit()
    expect(page).to_have_title(re.compile("Cinema"))
    page.get_by_label("Find a movie").fill("third")
    expect(page.get_by_role("status")).to_have_text("1 movie")
    page.get_by_role("link", name="The Third Man").click()
    page.get_by_role("link", name=re.compile("Screen 1")).first.click()

    # Choose three seats, then remove one.
    for number in (5, 6, 7):
        seat(page, "C", number).click()
    seat(page, "C", 7).click()
    expect(page.get_by_role("listitem").filter(has_text="C6")).to_be_visible()
    expect(seat(page, "C", 6)).to_have_attribute("aria-selected", "true")
    expect(seat(page, "C", 7)).to_have_attribute("aria-selected", "false")
    button(page, "Hold 2 seats").click()

    # The visitor is not logged in yet. After signup the choice is kept.
    dialog = log_in_dialog(page)
    button(dialog, "I am new here: sign up").click()
    dialog.get_by_label("Username").fill(next(new_usernames))
    dialog.get_by_label("Password").fill("12345678")
    button(dialog, "Sign up").click()
    expect(dialog.get_by_text("This password is too common")).to_be_visible()
    dialog.get_by_label("Password").fill(PASSWORD)
    button(dialog, "Sign up").click()

    expect(page.get_by_role("timer")).to_have_text(re.compile(r"Yours for (10:00|9:5\d) more"))
    button(page, "Book 2 seats").click()
    expect(message(page)).to_contain_text("Booked: C5 and C6")
    expect(seat(page, "C", 5)).to_have_attribute("aria-label", re.compile("yours$"))

    message(page).get_by_role("link", name="My bookings").click()
    expect(page.get_by_role("heading", name="My bookings")).to_be_focused()
    bookings = page.locator(".seat-line")
    expect(bookings).to_have_count(2)
    cancel = page.get_by_role("button", name="Cancel C5, The Third Man")
    cancel.click()
    button(page, "Keep it").click()
    expect(bookings).to_have_count(2)
    cancel.click()
    button(page, "Yes, cancel it").click()
    expect(page.get_by_role("status")).to_contain_text("Cancelled: C5")
    expect(bookings).to_have_count(1)
    expect(page.locator(".booking.cancelled")).to_contain_text("C5")

    page.locator(".ticket").get_by_role("link").click()
    expect(seat(page, "C", 5)).to_have_attribute("aria-label", re.compile("available$"))
    expect(seat(page, "C", 6)).to_have_attribute("aria-label", re.compile("yours$"))


def test_booking_and_canceling_work_by_keyboard(visit, cinema):
    show = cinema.new_show()
    page = visit("#/")
    keys = page.keyboard

    def tab_to(locator):
        for _ in range(60):
            if locator.evaluate("element => element === document.activeElement"):
                return
            keys.press("Tab")
        raise AssertionError(f"Tab does not reach {locator}.")

    tab_to(page.get_by_role("tab", selected=True))
    keys.press("End")
    tab_to(page.get_by_role("link", name="Metropolis", exact=True).first)
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Metropolis")).to_be_focused()
    tab_to(page.locator(f'a[href="#/shows/{show}"]'))
    keys.press("Enter")
    expect(page.get_by_role("grid")).to_be_visible()

    # The hall is one tab stop; arrow keys move inside it.
    tab_to(page.locator('[role=gridcell][tabindex="0"]'))
    keys.press("Control+Home")
    expect(seat(page, "A", 1)).to_be_focused()
    keys.press("ArrowRight")
    keys.press("ArrowDown")
    expect(seat(page, "B", 2)).to_be_focused()
    keys.press("End")
    keys.press("ArrowRight")  # The edge of the hall.
    keys.press("Home")
    expect(seat(page, "B", 1)).to_be_focused()
    keys.press("ArrowUp")
    keys.press("Space")
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(seat(page, "A", 1)).to_have_attribute("aria-selected", "true")
    expect(seat(page, "A", 2)).to_have_attribute("aria-selected", "true")
    keys.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") != "gridcell"

    tab_to(button(page, "Hold 2 seats"))
    keys.press("Enter")
    dialog = log_in_dialog(page)
    expect(dialog.get_by_label("Username")).to_be_focused()
    tab_to(button(dialog, "I am new here: sign up"))
    keys.press("Enter")
    keys.type(next(new_usernames))
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(button(page, "Book 2 seats")).to_be_focused()
    keys.press("Enter")
    expect(message(page)).to_contain_text("Booked: A1 and A2")
    expect(message(page).get_by_role("link")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="My bookings")).to_be_focused()
    tab_to(page.get_by_role("button", name=re.compile("^Cancel A1,")))
    keys.press("Enter")
    expect(button(page, "Keep it")).to_be_focused()
    tab_to(button(page, "Yes, cancel it"))
    keys.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Cancelled: A1")
    assert cinema.seat_status(show, 1) == "available"
    assert cinema.seat_status(show, 2) == "taken"


def test_login_page_of_a_wifi_network_is_not_taken_for_a_booking(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=cinema.new_visitor()[0])
    seat(page, "A", 1).click()
    button(page, "Hold 1 seat").click()
    wifi_login = {"status": 200, "content_type": "text/html", "body": "<h1>Welcome to our WiFi</h1>"}
    page.route(re.compile("/hold/book/$"), lambda route: route.fulfill(**wifi_login))
    button(page, "Book 1 seat").click()
    expect(message(page)).to_contain_text("The answer did not come from the cinema")
    assert cinema.seat_status(show, 1) == "held"
