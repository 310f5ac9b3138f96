"""Prices in the browser: in the programme, in the legend, in the basket and on the booking."""

import re

from tests.browser.cinema import PASSWORD, new_usernames
from tests.browser.pages import button, expect, log_in_dialog, message, seat


def test_visitor_chooses_a_kind_for_each_seat_and_sees_what_it_costs(visit, cinema):
    prices = [{"kind": "Adult", "amount": 1250}, {"kind": "Child", "amount": 900}]
    body = {"name": "Browser", "prices": prices}
    price_list = cinema.call("POST", "/price-lists/", body, cinema.staff_token())["id"]
    show = cinema.new_show(price_list=price_list)
    page = visit(f"#/shows/{show}")
    expect(page.locator(".seat-map-legend")).to_contain_text("Adult €12.50, Child €9.00")
    seat(page, "A", 1).click()
    seat(page, "A", 2).click()
    expect(page.locator(".total")).to_have_text("Total €25.00")
    page.get_by_label("Price of A2").focus()
    page.get_by_label("Price of A2").select_option("Child")
    expect(page.get_by_label("Price of A2")).to_be_focused()
    expect(page.locator(".total")).to_have_text("Total €21.50")

    button(page, "Hold 2 seats").click()
    dialog = log_in_dialog(page)
    button(dialog, "I am new here: sign up").click()
    dialog.get_by_label("Username").fill(next(new_usernames))
    dialog.get_by_label("Password").fill(PASSWORD)
    button(dialog, "Sign up").click()
    button(page, "Book 2 seats").click()
    expect(message(page)).to_contain_text("Booked: A1 and A2 for €21.50.")

    message(page).get_by_role("link", name="My bookings").click()
    bookings = page.get_by_role("main").get_by_role("listitem")
    expect(bookings.filter(has_text="A2")).to_contain_text(re.compile("Child.* €9.00"))
    day = cinema.call("GET", f"/shows/{show}/")["local_time"][:10]
    page.goto(f"{cinema.url}/#/days/{day}")
    expect(page.get_by_role("main")).to_contain_text("from €9.00")
