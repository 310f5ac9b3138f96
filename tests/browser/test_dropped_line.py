"""The page keeps the visitor's seats while the connection is lost, and finds out afterwards what happened."""

import re
from contextlib import contextmanager

import pytest

from tests.browser.cinema import PASSWORD
from tests.browser.pages import button, expect, log_in_dialog, message, seat

CALLS = re.compile("/(hold|my-bookings|availability)/")


@pytest.fixture
def held(visit, cinema):
    """A page whose visitor holds seat A1, as `page`, and the `show`."""
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=cinema.new_visitor()[0])
    seat(page, "A", 1).click()
    button(page, "Hold 1 seat").click()
    expect(button(page, "Book 1 seat")).to_be_visible()
    page.show = show
    return page


@contextmanager
def lost_line(page, delivered=()):
    """All calls fail. The server processes those with a method of `delivered`, but their answers are lost.

    The event stream stays open. It reports what these calls do, as if somebody else had done it.
    """

    def lose(route):
        if route.request.method in delivered:
            route.fetch()
        route.abort()

    page.route(CALLS, lose)
    yield
    page.unroute(CALLS)


def expect_seat_is_kept(page):
    expect(message(page)).to_contain_text("The cinema did not answer")
    expect(message(page)).not_to_contain_text("somebody")
    expect(page.locator(".choice").get_by_role("listitem")).to_contain_text("A1")
    page.wait_for_timeout(1500)  # Time for events of the stream.
    expect(page.locator(".choice").get_by_role("listitem")).to_contain_text("A1")
    expect(page.get_by_role("gridcell", name=re.compile("^Row A, seat 1,.*(chosen|yours)$"))).to_be_visible()


def test_booking_on_a_lost_line_keeps_the_hold_and_works_afterwards(held, cinema):
    with lost_line(held):
        button(held, "Book 1 seat").click()
        expect_seat_is_kept(held)
        expect(held.get_by_role("timer")).to_contain_text("Yours for")
    expect(message(held)).to_contain_text("nothing has changed")
    button(held, "Book 1 seat").click()
    expect(message(held)).to_contain_text("Booked: A1")


def test_booking_whose_answer_was_lost_is_shown_when_the_line_is_back(held, cinema):
    with lost_line(held, delivered=["POST"]):
        button(held, "Book 1 seat").click()
        expect_seat_is_kept(held)
        assert cinema.seat_status(held.show, 1) == "taken"
    expect(message(held)).to_contain_text("Booked: A1", timeout=40_000)
    expect(seat(held, "A", 1)).to_have_attribute("aria-label", re.compile("yours$"))
    expect(held.get_by_role("timer")).to_be_hidden()


def test_more_time_on_a_lost_line_keeps_the_hold(held, cinema):
    with lost_line(held):
        button(held, "More time").click()
        expect_seat_is_kept(held)
        expect(held.get_by_role("timer")).to_contain_text("Yours for")
        expect(button(held, "Book 1 seat")).to_be_visible()
    expect(message(held)).to_contain_text("nothing has changed", timeout=40_000)


def test_hold_whose_answer_was_lost_is_shown_when_the_line_is_back(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=cinema.new_visitor()[0])
    seat(page, "A", 1).click()
    with lost_line(page, delivered=["PUT"]):
        button(page, "Hold 1 seat").click()
        expect_seat_is_kept(page)
        assert cinema.seat_status(show, 1) == "held"
    expect(button(page, "Book 1 seat")).to_be_visible(timeout=40_000)
    expect(page.locator(".message")).to_be_empty()


def test_seat_that_somebody_takes_meanwhile_is_lost_only_when_the_line_is_back(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=cinema.new_visitor()[0])
    seat(page, "A", 1).click()
    with lost_line(page):
        button(page, "Hold 1 seat").click()
        expect(message(page)).to_contain_text("The cinema did not answer")
        cinema.book(show, 1)
    expect(message(page)).to_contain_text("A1 is no longer available", timeout=40_000)
    expect(page.locator(".choice").get_by_role("listitem")).to_have_count(0)


def test_failed_reload_of_own_seats_keeps_them(held, cinema):
    """Another tab of the visitor announces a change, and the calls that look it up fail."""
    with lost_line(held):
        held.evaluate("(show) => new BroadcastChannel('cinema').postMessage(show)", held.show)
        held.wait_for_timeout(1500)
        expect(button(held, "Book 1 seat")).to_be_visible()
        expect(held.get_by_role("timer")).to_contain_text("Yours for")


def test_retry_of_a_booking_has_the_same_idempotency_key_and_the_next_booking_another(held, cinema):
    keys = []
    held.on(
        "request",
        lambda request: request.url.endswith("/hold/book/") and keys.append(request.headers["idempotency-key"]),
    )
    with lost_line(held):
        button(held, "Book 1 seat").click()
        expect(message(held)).to_contain_text("The cinema did not answer")
        expect(button(held, "Book 1 seat")).to_have_attribute("aria-disabled", "false")
        button(held, "Book 1 seat").click()
        expect(button(held, "Book 1 seat")).to_have_attribute("aria-disabled", "false")
    button(held, "Book 1 seat").click()
    expect(message(held)).to_contain_text("Booked: A1")
    seat(held, "A", 2).click()
    button(held, "Hold 1 seat").click()
    button(held, "Book 1 seat").click()
    expect(message(held)).to_contain_text("Booked: A2")
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_refused_booking_without_a_problem_of_the_cinema_keeps_the_session(held, cinema):
    """A Wi-Fi network that wants a login answers 403 to the refresh of the tokens, too."""
    held.evaluate(
        """() => {
            const session = JSON.parse(localStorage.getItem("cinema.session"));
            localStorage.setItem("cinema.session", JSON.stringify({...session, access: "expired"}));
        }"""
    )
    wifi_login = {"status": 403, "content_type": "text/html", "body": "<h1>Log in to our WiFi</h1>"}
    held.route(re.compile("/login/refresh$"), lambda route: route.fulfill(**wifi_login))
    button(held, "Book 1 seat").click()
    expect(message(held)).to_contain_text("The answer did not come from the cinema")
    expect(button(held, "Log out")).to_be_visible()
    held.unroute(re.compile("/login/refresh$"))
    expect(message(held)).to_contain_text("nothing has changed", timeout=40_000)
    button(held, "Book 1 seat").click()
    expect(message(held)).to_contain_text("Booked: A1")


def test_each_retry_of_own_seats_waits_as_long_as_the_server_asks(visit, cinema):
    show = cinema.new_show()
    page = visit(username=cinema.new_visitor()[0])
    page.clock.install()
    waits = iter(["1", "3600"])
    calls = []

    def refuse(route):
        calls.append(route.request)
        headers = {"Retry-After": next(waits, "3600")}
        route.fulfill(status=503, headers=headers, json={"code": "busy", "detail": "Busy."})

    page.route(re.compile("/my-bookings/"), refuse)
    with page.expect_response(lambda response: len(calls) == 2 and "/my-bookings/" in response.url):
        page.goto(f"{cinema.url}/#/shows/{show}")
    page.wait_for_timeout(500)
    page.clock.fast_forward(600_000)
    page.wait_for_timeout(500)
    assert len(calls) == 2


def test_hold_is_found_after_its_response_was_lost(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=cinema.new_visitor()[0])
    seat(page, "A", 1).click()

    def lose_response(route):
        if route.request.method == "PUT":
            route.fetch()
            route.abort()
        else:
            route.fallback()

    page.route(re.compile("/hold/$"), lose_response)
    button(page, "Hold 1 seat").click()
    expect(button(page, "Book 1 seat")).to_be_visible()


def press_cancel(page):
    page.get_by_role("button", name="Cancel A1, Metropolis").click()
    button(page, "Yes, cancel it").click()


def open_move(page):
    page.get_by_role("button", name="Move A1, Metropolis").click()
    page.get_by_label("New seat").fill("B2")
    page.keyboard.press("Enter")


def log_in(page):
    log_in_dialog(page).get_by_label("Username").fill(page.username)
    log_in_dialog(page).get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def press_enter(page):
    page.keyboard.press("Enter")


def try_again(page):
    button(page, "Try again").click()


# Each step: its page, the calls that fail, what the visitor does, how they try again, what shows the success.
STEPS = {
    "tickets": ("#/bookings", "/my-bookings/", None, try_again, "button:text-is('Cancel')"),
    "code": ("#/bookings", r"/ticket\.svg", None, try_again, ".code[src]"),
    "cancel": ("#/bookings", "/cancel/", press_cancel, press_cancel, ":text('Cancelled: A1')"),
    "move": ("#/bookings", "/move/", open_move, press_enter, ":text('Moved: A1')"),
    "login": ("#/account", "/login$", log_in, log_in, "#account .who"),
    "account": ("#/account", "/me$", log_in, try_again, ":text('You are logged in as')"),
    "movie": ("#/movies/1", "/movies/1/shows/", None, try_again, "a.pill"),
}
FAILED = re.compile("The cinema did not answer|The code could not be loaded")


@pytest.mark.parametrize("step", STEPS)
def test_step_on_a_lost_line_leaves_a_message_and_can_be_tried_again(visit, cinema, step):
    path, calls, act, act_again, success = STEPS[step]
    username, token = cinema.new_visitor()
    cinema.book(cinema.new_show(), 1, token)
    page = visit("livez", username=None if path == "#/account" else username)
    page.username = username
    page.route(re.compile(calls), lambda route: route.abort())
    page.goto(f"{cinema.url}/{path}")
    if act:
        act(page)
    expect(page.get_by_text(FAILED)).to_be_visible()
    page.unroute_all()
    act_again(page)
    expect(page.locator(success).first).to_be_visible()
    expect(page.get_by_text(FAILED)).to_have_count(0)


@pytest.mark.parametrize("step", ["cancel", "move"])
def test_change_whose_answer_was_lost_is_shown_when_the_line_is_back(visit, cinema, step):
    username, token = cinema.new_visitor()
    cinema.book(cinema.new_show(), 1, token)
    page = visit("#/bookings", username=username)
    _, calls, act, *_ = STEPS[step]

    def lose_answer(route):
        route.fetch()
        route.abort()

    page.route(re.compile(calls), lose_answer)
    expect(page.get_by_role("button", name="Cancel A1, Metropolis")).to_be_visible()
    page.route(re.compile("/my-bookings/"), lambda route: route.abort())
    act(page)
    expect(page.get_by_text(FAILED)).to_be_visible()
    if step == "move":
        button(page, "Keep my seat").click()
    page.unroute_all()
    try_again(page)
    expect(page.get_by_role("button", name="Cancel A1, Metropolis")).to_have_count(0)
    expect(page.get_by_text(FAILED)).to_have_count(0)
