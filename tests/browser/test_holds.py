"""Holds in the browser: they survive a reload, are seen on every page, and are not booked by mistake."""

import re

from tests.browser.cinema import Cinema
from tests.browser.pages import button, expect, seat


def test_choice_and_hold_survive_a_reload(visit, cinema):
    name, _ = cinema.new_visitor()
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=name)
    seat(page, "B", 3).click()
    page.reload()
    expect(button(page, "Hold 1 seat")).to_be_visible()
    button(page, "Hold 1 seat").click()
    expect(button(page, "Book 1 seat")).to_be_visible()
    page.reload()
    expect(button(page, "Book 1 seat")).to_be_visible()
    expect(page.get_by_role("timer")).to_contain_text("Yours for")
    seat(page, "B", 4).click()
    button(page, "Hold 2 seats instead").click()
    button(page, "Release hold").click()
    expect(seat(page, "B", 3)).to_have_attribute("aria-label", re.compile("available$"))
    expect(page.get_by_role("timer")).to_be_hidden()


def test_double_click_on_hold_does_not_book(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=cinema.new_visitor()[0])
    seat(page, "A", 1).click()
    button(page, "Hold 1 seat").dblclick(delay=20)
    expect(button(page, "Book 1 seat")).to_be_visible()
    page.wait_for_timeout(500)
    assert cinema.seat_status(show, 1) == "held"


def test_key_held_down_on_hold_does_not_book(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=cinema.new_visitor()[0])
    seat(page, "A", 1).click()
    button(page, "Hold 1 seat").focus()
    for _ in range(20):  # Without a key-up, each further key-down counts as a repeat.
        page.keyboard.down("Enter")
        page.wait_for_timeout(30)
    page.keyboard.up("Enter")
    expect(button(page, "Book 1 seat")).to_be_focused()
    assert cinema.seat_status(show, 1) == "held"


def test_more_time_extends_a_hold(visit, tmp_path):
    with Cinema(tmp_path, HOLD_SECONDS="60") as cinema:
        page = visit(f"#/shows/{cinema.new_show()}", base_url=cinema.url, username=cinema.new_visitor()[0])
        seat(page, "A", 1).click()
        button(page, "Hold 1 seat").click()
        expect(page.get_by_role("timer")).to_have_text(re.compile("0:5[0-5]"))
        button(page, "More time").click()
        expect(page.get_by_role("timer")).to_have_text(re.compile("1:00|0:5[6-9]"))


def test_best_seats_replace_a_running_hold_only_after_a_question(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=cinema.new_visitor()[0])
    seat(page, "A", 1).click()
    button(page, "Hold 1 seat").click()
    expect(button(page, "Book 1 seat")).to_be_visible()
    button(page, "Find the best").click()
    expect(page.get_by_role("dialog", name="You hold A1.")).to_be_visible()
    button(page, "Keep them").click()
    expect(button(page, "Book 1 seat")).to_be_visible()
    assert cinema.seat_status(show, 1) == "held"
    button(page, "Find the best").click()
    button(page, "Find other seats").click()
    expect(button(page, "Book 2 seats")).to_be_visible()
    assert cinema.seat_status(show, 1) == "available"


def test_running_hold_is_visible_on_every_page_and_leads_back_to_its_seats(visit, cinema, axe_violations):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=cinema.new_visitor()[0], width=320, height=640)
    seat(page, "A", 1).click()
    button(page, "Hold 1 seat").click()
    expect(button(page, "Book 1 seat")).to_be_visible()
    hold = page.get_by_role("link", name=re.compile("^1 seat held"))
    # The page of the show has its own clock.
    expect(hold).to_be_hidden()
    for path in ("#/", "#/bookings", "#/account"):
        page.goto(f"{cinema.url}/{path}")
        expect(hold).to_have_text(re.compile(r"(10:00|9:[0-5]\d)$"))
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 320
    page.reload()
    expect(hold).to_be_visible()
    assert axe_violations(page) == []
    hold.click()
    expect(button(page, "Book 1 seat")).to_be_visible()
    expect(hold).to_be_hidden()
    button(page, "All of your seats").click()
    button(page, "Release hold").click()
    expect(page.locator(".basket")).to_be_hidden()
    page.goto(f"{cinema.url}/#/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(hold).to_be_hidden()
