"""A visitor books a seat in Firefox by keyboard, and cancels it. Most browser tests run in Chromium."""

from tests.browser.cinema import PASSWORD
from tests.browser.firefox import ENTER, FIREFOX, RIGHT, SPACE, TAB, Firefox
from tests.requirements import requires

pytestmark = requires(FIREFOX, "there is no Firefox (Debian's package firefox-esr)")


def test_seat_is_held_and_booked_in_firefox_by_keyboard_and_cancelled(cinema, tmp_path):
    username, _ = cinema.new_visitor()
    with Firefox(tmp_path) as firefox:
        firefox.open(cinema.url)
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
        firefox.send("WebDriver:Refresh")
        firefox.wait_for(".basket button.primary[aria-disabled=false]", "Book 1 seat")
        firefox.wait_for(".basket .choice li")
        firefox.tab_to(".basket button.primary")
        firefox.press(ENTER)
        firefox.wait_for(".basket [role=alert]", "Booked")
        firefox.tab_to("nav a[href='#/bookings']")
        firefox.press(ENTER)
        firefox.wait_for(".ticket .code[src]")
        firefox.click(".seat-line button.danger")
        firefox.wait_for("dialog[open]")
        firefox.click("dialog button.primary")
        firefox.wait_for("[role=status]", "Cancelled:")
        assert firefox.errors() == set()
