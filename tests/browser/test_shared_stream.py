"""All seat maps of a visitor share one stream, so that six of them leave connections for a booking."""

import re

import pytest

from tests.browser.cinema import Cinema
from tests.browser.pages import expect, seat, wait_until

METRICS_TOKEN = "a token for the metrics"
# Replaces the page by seat maps of these shows. The other site of `docs/embedding.md` does the same.
DRAW = """async (shows) => {
    const {SeatMap} = await import("/static/web/seat-map.js");
    document.body.replaceChildren();
    window.maps = shows.map((show) => {
        const element = document.createElement("div");
        document.body.append(element);
        return new SeatMap(element, {show});
    });
    await Promise.all(maps.map((map) => map.ready));
}"""
SET_HIDDEN = """(value) => {
    Object.defineProperty(document, "hidden", {value, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
STATUSES = "(number) => maps.map((map) => map.seat(number).status).join()"


@pytest.fixture(scope="module")
def counting(tmp_path_factory):
    """A cinema that counts its open streams."""
    with Cinema(tmp_path_factory.mktemp("counting"), METRICS_TOKEN=METRICS_TOKEN) as cinema:
        yield cinema


def open_streams(page, cinema):
    """The number of streams that the server has open, asked from the page itself."""
    metrics = page.evaluate(
        "async (token) => (await fetch('/metrics', {headers: {Authorization: `Bearer ${token}`}})).text()",
        METRICS_TOKEN,
    )
    return int(float(re.search(r"^cinema_open_streams (\S+)$", metrics, re.MULTILINE)[1]))


def wait_for_streams(page, cinema, count):
    wait_until(page, lambda: open_streams(page, cinema) == count)
    assert open_streams(page, cinema) == count


def wait_for_status(page, number, *statuses):
    """Waits until a seat has these statuses on the maps of the page, in order."""
    page.wait_for_function(f"(args) => ({STATUSES})(args[0]) === args[1]", arg=[number, ",".join(statuses)])


def test_twelve_maps_in_a_page_are_live_and_leave_connections_for_other_calls(visit, counting):
    shows = [counting.new_show(screen=f"Screen {number}") for number in range(20, 32)]
    page = visit(base_url=counting.url)
    page.evaluate(DRAW, shows)
    wait_for_streams(page, counting, 1)
    for show in shows:
        counting.book(show, 3)
    wait_for_status(page, 3, *["taken"] * 12)
    token = counting.new_visitor()[1]
    booked = """async ([show, token]) => (await fetch(`/shows/${show}/book/`, {
        method: "POST",
        headers: {Authorization: `Bearer ${token}`, "Content-Type": "application/json"},
        body: JSON.stringify({seat_number: 4}),
    })).status"""
    assert page.evaluate(booked, [shows[0], token]) == 201
    wait_for_status(page, 4, "taken", *["available"] * 11)
    page.evaluate("maps.forEach((map) => map.close())")
    wait_for_streams(page, counting, 0)


def test_eight_tabs_share_one_stream_and_another_tab_takes_it_over(visit, counting):
    shows = [counting.new_show(screen=f"Screen {number}") for number in range(40, 48)]
    first = visit(f"#/shows/{shows[0]}", base_url=counting.url)
    tabs = [first, *(first.context.new_page() for _ in shows[1:])]
    for tab, show in zip(tabs, shows, strict=True):
        tab.goto(f"{counting.url}/#/shows/{show}")
        expect(tab.get_by_role("grid")).to_be_visible()
    wait_for_streams(first, counting, 1)
    for number, remaining in ((1, tabs), (2, tabs[1:])):
        for tab in set(tabs) - set(remaining):
            tab.close()
        for tab, show in zip(remaining, shows[-len(remaining) :], strict=True):
            counting.book(show, number)
            expect(seat(tab, "A", number)).to_have_attribute("aria-label", re.compile("taken$"))
        wait_for_streams(remaining[0], counting, 1)


def test_tab_that_was_hidden_catches_up_and_other_tabs_stay_live_meanwhile(visit, counting):
    show = counting.new_show(screen="Screen 60")
    hidden = visit(f"#/shows/{show}", base_url=counting.url)
    expect(hidden.get_by_role("grid")).to_be_visible()
    other = hidden.context.new_page()
    other.goto(f"{counting.url}/#/shows/{show}")
    expect(other.get_by_role("grid")).to_be_visible()
    hidden.evaluate(SET_HIDDEN, True)
    counting.book(show, 5)
    expect(seat(other, "A", 5)).to_have_attribute("aria-label", re.compile("taken$"))
    expect(seat(hidden, "A", 5)).to_have_attribute("aria-label", re.compile("available$"))
    hidden.evaluate(SET_HIDDEN, False)
    expect(seat(hidden, "A", 5)).to_have_attribute("aria-label", re.compile("taken$"))


def test_change_right_after_a_tab_is_shown_again_does_not_hide_earlier_changes(visit, counting):
    """The change arrives before the connection is opened again from the version of that tab."""
    show = counting.new_show(screen="Screen 66")
    token = counting.new_visitor()[1]
    hidden = visit(base_url=counting.url)
    # Changes of the connection wait four seconds instead of 50 ms.
    hidden.context.add_init_script(
        """const setOriginal = setTimeout;
        window.setTimeout = (run, ms, ...rest) => setOriginal(run, ms === 50 ? 4000 : ms, ...rest);"""
    )
    other = hidden.context.new_page()
    for tab in (hidden, other):
        tab.goto(f"{counting.url}/?new#/shows/{show}")
        expect(tab.get_by_role("grid")).to_be_visible()
    wait_for_streams(other, counting, 1)
    hidden.evaluate(SET_HIDDEN, True)
    wait_for_streams(other, counting, 0)
    wait_for_streams(other, counting, 1)
    counting.book(show, 5, token)
    expect(seat(other, "A", 5)).to_have_attribute("aria-label", re.compile("taken$"))
    hidden.evaluate(SET_HIDDEN, False)
    counting.book(show, 6, token)
    expect(seat(other, "A", 6)).to_have_attribute("aria-label", re.compile("taken$"))
    for number in (5, 6):
        expect(seat(hidden, "A", number)).to_have_attribute("aria-label", re.compile("taken$"))


def test_working_stream_hides_the_notice_that_another_tab_had_no_connection(visit, counting):
    show = counting.new_show(screen="Screen 67")
    page = visit(f"#/shows/{show}", base_url=counting.url)
    wait_for_streams(page, counting, 1)
    other = page.context.new_page()
    other.route(re.compile("/(events|availability)/"), lambda route: route.abort())
    other.goto(f"{counting.url}/#/shows/{show}")
    expect(other.get_by_role("grid")).to_be_visible()
    page.evaluate(SET_HIDDEN, True)
    expect(other.get_by_text("No connection")).to_be_visible()
    page.evaluate(SET_HIDDEN, False)
    expect(page.get_by_text("No connection")).to_be_visible()
    other.close()
    expect(page.get_by_text("No connection")).to_be_hidden()


@pytest.mark.parametrize("missing", ["navigator.locks", "window.BroadcastChannel"])
def test_page_without_locks_or_channels_has_one_stream_of_its_own(visit, counting, missing):
    show, other = counting.new_show(screen="Screen 61"), counting.new_show(screen="Screen 62")
    page = visit(base_url=counting.url)
    owner, name = missing.split(".")
    script = f"Object.defineProperty({owner}, '{name}', {{value: undefined, configurable: true}})"
    page.add_init_script(script)
    page.reload()
    page.evaluate(DRAW, [show, other, show])
    wait_for_streams(page, counting, 1)
    counting.book(show, 6)
    wait_for_status(page, 6, "taken", "available", "taken")


def test_deleted_show_does_not_stop_the_other_maps(visit, counting):
    shows = [counting.new_show(screen=f"Screen {number}") for number in (63, 64, 65)]
    page = visit(base_url=counting.url)
    page.evaluate(DRAW, shows)
    page.evaluate("maps[1].addEventListener('gone', () => { window.gone = true; })")
    wait_for_streams(page, counting, 1)
    counting.call("DELETE", f"/shows/{shows[1]}/", token=counting.staff_token())
    page.wait_for_function("() => window.gone")
    wait_for_streams(page, counting, 1)
    counting.book(shows[0], 7)
    counting.book(shows[2], 7)
    wait_for_status(page, 7, "taken", "available", "taken")


def test_maps_without_a_stream_are_polled_one_after_the_other(visit, counting):
    shows = [counting.new_show(screen=f"Screen {number}") for number in range(70, 78)]
    page = visit(base_url=counting.url)
    page.route(re.compile("/events/"), lambda route: route.fulfill(status=502))
    page.evaluate(DRAW, shows)
    for show in shows:
        counting.book(show, 8)
    wait_for_status(page, 8, *["taken"] * 8)


def test_show_that_cannot_be_polled_does_not_keep_the_others_outdated(visit, counting):
    shows = [counting.new_show(screen=f"Screen {number}") for number in (80, 81, 82)]
    page = visit(base_url=counting.url)
    page.route(re.compile(f"/events/|/shows/{shows[0]}/availability/"), lambda route: route.fulfill(status=502))
    page.evaluate(DRAW, shows)
    for show in shows:
        counting.book(show, 8)
    wait_for_status(page, 8, "available", "taken", "taken")
    expect(page.get_by_text("No connection").first).to_be_visible()
