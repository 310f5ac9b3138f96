"""Booking in the browser, from the front page to a canceled booking."""

import re

import pytest

from tests.browser.cinema import PASSWORD, Cinema, new_usernames
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


def test_best_seats_of_a_category_are_held_and_booked(visit, cinema):
    name, _ = cinema.new_visitor()
    page = visit(f"#/shows/{cinema.new_show(screen='Studio', seats=24)}", username=name)
    page.get_by_label("Seats side by side").fill("2")
    page.get_by_label("Category").select_option("Sofa")
    button(page, "Find the best").click()
    expect(page.locator(".choice").get_by_role("listitem")).to_have_count(2)
    expect(page.locator(".choice")).to_contain_text("Sofa")
    button(page, "Book 2 seats").click()
    expect(message(page)).to_contain_text("Booked: E")


def test_search_for_too_many_adjacent_seats_tells_how_many_there_are(visit, cinema):
    name, _ = cinema.new_visitor()
    page = visit(f"#/shows/{cinema.new_show(screen='Box', seats=8)}", username=name)
    page.get_by_label("Seats side by side").fill("5")
    button(page, "Find the best").click()
    expect(message(page)).to_contain_text("At most 2 such seats are available side by side")


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


def test_at_most_ten_seats_can_be_chosen(visit, cinema):
    page = visit(f"#/shows/{cinema.new_show()}")
    for number in range(1, 12):
        seat(page, "ABC"[(number - 1) // 5], (number - 1) % 5 + 1).click()
    expect(button(page, "Hold 10 seats")).to_be_visible()
    expect(page.locator(".seat-map-about")).to_have_text("10 seats at most")


def test_unknown_show_is_not_found(visit):
    page = visit("#/shows/999999")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="What is on").click()
    expect(page.get_by_role("link", name="Seven Samurai").first).to_be_visible()


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


def test_skip_link_moves_the_focus_to_the_content(visit, cinema):
    page = visit(f"#/shows/{cinema.new_show()}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("grid")).to_be_visible()


def test_skip_link_works_while_the_page_loads(visit, cinema):
    page, waiting = visit(), []
    page.route("**/show-page*.js", lambda route: waiting.append(route))
    page.goto("about:blank")
    page.goto(f"{cinema.url}/#/shows/{cinema.new_show()}", wait_until="commit")
    expect(page.locator(".skip")).not_to_have_attribute("hidden", "")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    for route in waiting:
        route.continue_()
    expect(page.get_by_role("grid")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()


def test_removing_a_seat_moves_the_focus_to_its_neighbor(visit, cinema):
    page = visit(f"#/shows/{cinema.new_show()}")
    seat(page, "A", 1).click()
    seat(page, "A", 2).click()
    button(page, "Remove A1").click()
    expect(button(page, "Remove A2")).to_be_focused()
    button(page, "Remove A2").click()
    expect(page.get_by_role("heading", name="Your seats")).to_be_focused()


@pytest.mark.parametrize("value", ["abc", "{}", "[]", '{"username": "x"}', "5"])
def test_invalid_stored_session_is_ignored(visit, cinema, value):
    page = visit()
    page.evaluate("value => localStorage.setItem('cinema.session', value)", value)
    page.reload()
    expect(button(page, "Log in")).to_be_visible()


def test_invalid_stored_choice_is_ignored(visit, cinema):
    show = cinema.new_show()
    page = visit()
    for value in ("{bad", "null", '{"a": 1}', '[1, {}, "Z99"]'):
        page.evaluate(
            "([show, value]) => sessionStorage.setItem(`cinema.choice.${show}`, value)", [show, value]
        )
        page.goto(f"{cinema.url}/#/")
        page.goto(f"{cinema.url}/#/shows/{show}")
        expect(page.get_by_role("grid")).to_be_visible()


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


def test_leaving_a_page_closes_its_dialog(visit, cinema):
    show = cinema.new_show()
    page = visit()
    page.goto(f"{cinema.url}/#/shows/{show}")
    seat(page, "A", 1).click()
    button(page, "Hold 1 seat").click()
    expect(log_in_dialog(page)).to_be_visible()
    page.go_back()
    expect(log_in_dialog(page)).to_be_hidden()
    expect(page.get_by_role("heading", name="What is on")).to_be_visible()


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


def test_slow_answer_of_an_earlier_search_is_ignored(visit, cinema):
    page = visit()
    expect(page.get_by_role("link", name="Seven Samurai").first).to_be_visible()

    def delay(route):
        if "metr" in route.request.url:
            page.wait_for_timeout(1000)
        route.fallback()

    page.route(re.compile(r"/movies/\?search="), delay)
    page.get_by_label("Find a movie").fill("metr")
    page.wait_for_timeout(300)
    page.get_by_label("Find a movie").fill("seven")
    expect(page.get_by_role("link", name="Seven Samurai")).to_be_visible()
    page.wait_for_timeout(1200)
    expect(page.locator(".cards").get_by_role("listitem")).to_have_count(1)


def test_more_time_extends_a_hold(visit, tmp_path):
    with Cinema(tmp_path, HOLD_SECONDS="60") as cinema:
        page = visit(f"#/shows/{cinema.new_show()}", base_url=cinema.url, username=cinema.new_visitor()[0])
        seat(page, "A", 1).click()
        button(page, "Hold 1 seat").click()
        expect(page.get_by_role("timer")).to_have_text(re.compile("0:5[0-5]"))
        button(page, "More time").click()
        expect(page.get_by_role("timer")).to_have_text(re.compile("1:00|0:5[6-9]"))


def test_page_uses_the_limit_of_the_settings(visit, tmp_path):
    with Cinema(tmp_path, HOLD_MAX_SEATS="2") as cinema:
        page = visit(f"#/shows/{cinema.new_show()}", base_url=cinema.url)
        for number in (1, 2, 3):
            seat(page, "A", number).click()
        expect(button(page, "Hold 2 seats")).to_be_visible()
        expect(message(page)).to_contain_text("2 seats at most")


def test_basket_never_covers_the_focused_seat(visit, cinema):
    show = cinema.new_show(screen="Grand Hall", seats=1440)
    page = visit(f"#/shows/{show}", width=390, height=844)
    for number in (10, 11, 12):
        seat(page, "Stalls A", number).click()
    for _ in range(30):
        page.keyboard.press("ArrowDown")
        focused, basket = (page.locator(css).bounding_box() for css in ("[role=gridcell]:focus", ".basket"))
        assert focused["y"] + focused["height"] <= basket["y"] + 1


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
