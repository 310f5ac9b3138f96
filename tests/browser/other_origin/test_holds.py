"""A page of another origin holds seats for its user through the embedded map."""

import re

from tests.browser.other_origin.element import set_options
from tests.browser.pages import expect, seat


def test_page_holds_chosen_seats_and_the_best_ones_for_its_user(visit_host, cinema):
    show = cinema.new_show()
    token = cinema.new_visitor()[1]
    page = visit_host(show)
    expect(seat(page, "A", 1)).to_be_visible()
    page.evaluate(
        """() => {
            window.holds = [];
            addEventListener("seat-map-hold", ({detail: {hold}}) => holds.push(hold?.seat_numbers ?? null));
        }"""
    )

    def call(code):
        """Runs a method of the map; returns its result, or the error as `[name, status, code]`."""
        return page.evaluate(
            f"""() => document.querySelector("cinema-seat-map").map.{code}
                .catch(({{name, status, code}}) => [name, status ?? null, code ?? null])"""
        )

    seat(page, "A", 1).click()
    seat(page, "A", 2).click()
    assert call("hold()") == ["Error", 401, "not_authenticated"]
    set_options(page, f"hall.token = async () => '{token}'")
    assert call("hold()")["seat_numbers"] == [1, 2]
    expect(page.locator("#chosen")).to_have_text("A1, A2")
    expect(seat(page, "A", 1)).to_have_attribute("aria-label", re.compile("chosen$"))
    assert cinema.seat_status(show, 1) == "held"
    [first, *others] = call("holdBest(3)")["seat_numbers"]
    assert others == [first + 1, first + 2]
    assert cinema.seat_status(show, first) == "held"
    assert page.evaluate("document.querySelector('cinema-seat-map').map.mine") == [first, *others]
    # Another user takes a seat; the hold stays as it was.
    cinema.book(show, 1)
    set_options(page, "hall.map.choose([2, 3])")
    page.route("**/hold/**", lambda route: route.abort())
    assert call("hold()") == ["Error", None, None]
    assert page.evaluate("document.querySelector('cinema-seat-map').map.mine") == [first, *others]
    page.unroute("**/hold/**")
    page.reload()
    set_options(page, f"hall.token = '{token}'")
    expect(seat(page, "A", 1)).to_be_visible()
    assert call("loadHold()")["seat_numbers"] == [first, *others]
    expect(page.locator("#chosen")).to_have_text(re.compile(r"^\w+, \w+, \w+$"))
    assert call("releaseHold()") is None
    expect(page.locator("#chosen")).to_have_text("")
    assert cinema.seat_status(show, first) == "available"
    assert call("loadHold()") is None


def test_hold_that_expires_is_an_event(visit_host, cinema):
    token = cinema.new_visitor()[1]
    page = visit_host(cinema.new_show())
    expect(seat(page, "A", 1)).to_be_visible()
    page.evaluate("addEventListener('seat-map-hold', ({detail}) => { window.ended = !detail.hold; })")
    set_options(page, f"hall.token = '{token}'")
    seat(page, "A", 1).click()
    page.clock.install()
    page.evaluate("document.querySelector('cinema-seat-map').map.hold()")
    assert page.evaluate("ended") is False
    page.clock.fast_forward(20 * 60 * 1000)
    page.wait_for_function("() => ended && document.querySelector('cinema-seat-map').map.held === null")
    assert page.evaluate("document.querySelector('cinema-seat-map').map.mine") == []
