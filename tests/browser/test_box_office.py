"""A day at the box office, in the admin, and axe on the admin's own pages."""

import re

import pytest

from tests.browser.pages import button, expect, wait_until

PRICES = [{"category": "", "kind": "Adult", "amount": 1250}, {"category": "", "kind": "Child", "amount": 900}]


@pytest.fixture(scope="module")
def show(cinema):
    price_list = {"name": "Box office", "prices": PRICES}
    prices = cinema.call("POST", "/price-lists/", price_list, cinema.staff_token())["id"]
    return cinema.new_show(screen="Screen 40", price_list=prices)


def test_clerk_sells_finds_moves_and_cancels_by_keyboard(admin, cinema, show):
    page = admin(f"seats/booking/sell/{show}/")
    page.get_by_label("Guest's name").focus()
    page.keyboard.type("Nora Lind")
    page.keyboard.press("Shift+Tab")  # One step back is the whole map: its first seat.
    expect(page.get_by_role("checkbox", name=re.compile("^A1,"))).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("checkbox", name=re.compile("^B1,"))).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(button(page, "Sell 2 seats for 25.00 EUR")).to_be_visible()
    page.get_by_label("Kind for B2").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#total")).to_have_text("2 seats, 21.50 EUR")
    button(page, "Sell 2 seats for 21.50 EUR").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 seats sold for 21.50 EUR.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(2)
    expect(button(page, "Print")).to_be_focused()
    page.wait_for_load_state()
    page.keyboard.press("/")
    page.keyboard.type("lind")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    page.locator("#result_list tbody th a").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Move").focus()
    page.keyboard.press("Enter")
    seat = page.get_by_role("radio", name=re.compile("^C3,"))
    seat.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("was moved from B2 to C3."))).to_be_visible()
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Yes, cancel 1 booking").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cancelled 1 booking.")).to_be_visible()


def test_clerk_sells_by_mouse_and_a_refusal_keeps_the_choices(admin, cinema, show):
    page = admin(f"seats/booking/sell/{show}/", width=390, height=844)
    page.get_by_role("checkbox", name=re.compile("^D1,")).click()
    page.get_by_role("checkbox", name=re.compile("^D2,")).click()
    page.get_by_label("Kind for D2").select_option("Child")
    number = int(page.get_by_role("checkbox", name=re.compile("^D1,")).get_attribute("value"))
    cinema.book(show, number)
    button(page, "Sell 2 seats for 21.50 EUR").click()
    expect(page.get_by_text("Nothing was sold. D1: This seat is taken.")).to_be_visible()
    expect(page.get_by_label("Kind for D2")).to_have_value("Child")
    button(page, "Sell 1 seat for 9.00 EUR").click()
    expect(page.get_by_text("1 seat sold for 9.00 EUR.")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("article")).to_be_visible()
    expect(page.locator("#header")).to_be_hidden()
    expect(page.locator("#print")).to_be_hidden()


def test_seat_keeps_the_focus_when_the_keys_of_the_hall_load(admin, show):
    page, waiting = admin(f"seats/booking/sell/{show}/"), []
    page.route("**/hall-keys*.js", lambda route: waiting.append(route))
    page.reload(wait_until="commit")
    seat = page.get_by_role("checkbox", name=re.compile("^B3,"))
    seat.focus()
    wait_until(page, lambda: waiting)
    waiting.pop().continue_()
    expect(seat).to_have_attribute("tabindex", "0")
    expect(seat).to_be_focused()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_violation_on_the_pages_of_the_admin(admin, cinema, axe_violations, show, dark):
    booking = cinema.book(show, 39 + dark)
    page = admin("", dark=dark, width=1280 if dark else 390)
    movie = cinema.call("GET", f"/shows/{show}/")["movie"]
    for path in (
        "",
        f"seats/booking/sell/{show}/",
        f"seats/booking/move/{booking['id']}/",
        f"seats/booking/tickets/{booking['id']}/",
        f"seats/booking/{booking['id']}/change/",
        "seats/booking/?q=a1",
        f"seats/hall/{show}/change/",
        "shows/show/",
        "shows/show/week/",
        f"shows/show/{show}/change/",
        f"shows/movie/{movie}/change/",
        "seats/seatingplan/add/",
        "shows/pricelist/add/",
        "notices/subscription/add/",
        "auth/group/add/",
        "auth/user/1/change/",
        "nowhere/",
    ):
        page.goto(f"{cinema.url}/admin/{path}")
        page.wait_for_load_state("load")
        assert axe_violations(page, preload=False) == [], path
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth + 1"), path
    page.context.clear_cookies()
    page.goto(f"{cinema.url}/admin/")
    assert axe_violations(page, preload=False) == []
