"""The embedded map in Firefox: a choice by keyboard, and a hold that a reload keeps."""

from tests.browser.firefox import FIREFOX, RIGHT, SPACE, Firefox
from tests.requirements import requires

pytestmark = requires(FIREFOX, "there is no Firefox (Debian's package firefox-esr)")
HALL = "const hall = document.querySelector('cinema-seat-map');"


def test_embedded_map_holds_seats_in_firefox(host, cinema, serve_document, tmp_path):
    show = cinema.new_show()
    token = cinema.new_visitor()[1]
    serve_document(show)
    with Firefox(tmp_path) as firefox:
        firefox.open(host.url)
        firefox.wait_until(f"{HALL} return hall.map?.show;")
        firefox.evaluate(f"{HALL} hall.map.focus(1);")
        firefox.press(SPACE, RIGHT, SPACE)
        firefox.wait_for("#chosen", "A1, A2")
        firefox.evaluate(f"{HALL} hall.language = 'de'; hall.token = arguments[0];", token)
        firefox.wait_until(f"{HALL} return hall.shadowRoot.activeElement?.ariaLabel.startsWith('Reihe A');")
        firefox.evaluate(f"{HALL} return hall.map.hold();")
        assert cinema.seat_status(show, 2) == "held"
        firefox.send("WebDriver:Refresh")
        firefox.wait_until(f"{HALL} return hall.map?.show;")
        firefox.evaluate(f"{HALL} hall.token = arguments[0]; return hall.map.loadHold();", token)
        firefox.wait_for("#chosen", "A1, A2")
        assert firefox.errors() == set()
