"""A visitor books a seat in Firefox, by keyboard alone. All other browser tests run in Chromium."""

from tests.browser.cinema import PASSWORD
from tests.browser.firefox import ENTER, FIREFOX, RIGHT, SPACE, TAB, Firefox
from tests.requirements import requires

pytestmark = requires(FIREFOX, "there is no Firefox (Debian's package firefox-esr)")
WATCH = """window.faults = [];
addEventListener("error", ({ message }) => faults.push(message));
addEventListener("unhandledrejection", ({ reason }) => faults.push(String(reason)));
addEventListener("securitypolicyviolation", ({ violatedDirective }) => faults.push(violatedDirective));"""
# Firefox reports this if an observer changes a size; the next frame has the right one.
HARMLESS = {"ResizeObserver loop completed with undelivered notifications."}


def test_seat_is_booked_in_firefox_by_keyboard(cinema, tmp_path):
    username, _ = cinema.new_visitor()
    with Firefox(tmp_path) as firefox:
        firefox.open(cinema.url)
        firefox.evaluate(WATCH)
        firefox.wait_for(".pill")
        firefox.tab_to("#account button")
        firefox.press(ENTER)
        firefox.wait_for("dialog[open]")
        firefox.press(*username, TAB, *PASSWORD, ENTER)
        firefox.wait_for("#account .who")
        firefox.tab_to("a.pill")
        firefox.press(ENTER)
        firefox.wait_for("[role=gridcell]")
        firefox.tab_to("[role=gridcell]")
        firefox.press(RIGHT, SPACE)
        firefox.wait_for(".basket .choice li")
        firefox.tab_to(".basket button.primary")
        firefox.press(ENTER)
        # The focus stays on the button, which now books.
        firefox.wait_for(".basket button.primary:focus[aria-disabled=false]", "Book 1 seat")
        firefox.press(ENTER)
        firefox.wait_for(".basket [role=alert]", "Booked")
        firefox.tab_to("nav a[href='#/bookings']")
        firefox.press(ENTER)
        firefox.wait_for(".ticket .code")
        assert set(firefox.evaluate("return faults")) <= HARMLESS
