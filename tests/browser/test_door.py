"""The door: staff choose a show, scan tickets by hand or by camera, and see whom to let in."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.cinema import PASSWORD, SUPERUSER
from tests.browser.pages import button, expect, log_in_dialog

# Browsers on Linux have no barcode detector, and the tests no camera: the page gets both from this script.
CAMERA = """
    window.codes = [];
    window.BarcodeDetector = class {
        static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
        detect() { return Promise.resolve(window.codes.splice(0, 1).map((rawValue) => ({ rawValue }))); }
    };
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(0, 0, 300, 150);
    setInterval(() => canvas.getContext("2d").fillRect(0, 0, 300, 150), 50);
    navigator.mediaDevices.getUserMedia = async () => (window.stream = canvas.captureStream());
"""


def current_show(cinema, movie, screen, minutes):
    movie = cinema.call("GET", f"/movies/?search={movie}")["results"][0]["id"]
    date_time = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    body = {"screen_name": screen, "date_time": date_time, "total_seats": 12}
    return cinema.call("POST", f"/movies/{movie}/shows/", body, cinema.staff_token())["id"]


@pytest.fixture(scope="module")
def shows(cinema):
    """The show at this door, and another one that begins later."""
    later = current_show(cinema, "seven", "Door 2", 55)
    return current_show(cinema, "metropolis", "Door 1", 25), later


def tickets(cinema, show, *numbers):
    """Books seats in one order; returns the bookings."""
    _, token = cinema.new_visitor()
    cinema.call("PUT", f"/shows/{show}/hold/", {"seat_numbers": list(numbers)}, token)
    return cinema.call("POST", f"/shows/{show}/hold/book/", None, token), token


def free_seats(cinema, show, count):
    seats = cinema.call("GET", f"/shows/{show}/seats/")["seats"]
    return [seat["seat_number"] for seat in seats if seat["status"] == "available"][:count]


def scan(page, code):
    """Types like a hand scanner: fast, wherever the focus is, and Enter at the end."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def open_door(page):
    page.get_by_role("button", name="Metropolis").filter(has_text="Door 1").click()
    expect(page.get_by_role("heading", name="Metropolis")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_each_result_has_its_own_sign_word_and_ground(visit, cinema, shows, axe_violations, width, dark):
    show, later = shows
    bookings, _ = tickets(cinema, show, *free_seats(cinema, show, 2))
    other, _ = tickets(cinema, later, *free_seats(cinema, later, 1))
    cancelled, token = tickets(cinema, show, *free_seats(cinema, show, 1))
    cinema.call("POST", f"/bookings/{cancelled[0]['id']}/cancel/", None, token)
    page = visit("door/", username=SUPERUSER, width=width, height=844, dark=dark)
    first = page.get_by_role("listitem").filter(has_text="Door").first
    expect(first).to_contain_text("Metropolis")  # The next start comes first.
    assert axe_violations(page) == []
    open_door(page)
    assert axe_violations(page) == []
    results = [
        (bookings[0]["order_ticket"], "in", "Let 2 in", bookings[1]["seat_label"]),
        (bookings[0]["ticket"], "again", "Already in at ", "less than a minute ago"),
        (other[0]["order_ticket"], "wrong", "Other show", "Door 2"),
        (cancelled[0]["order_ticket"], "void", "Cancelled", "box office"),
        ("nonsense", "void", "Not a ticket", "Scan it again"),
    ]
    looks = set()
    for code, state, title, detail in results:
        scan(page, code)
        result = page.get_by_role("alert")
        expect(result.get_by_role("heading")).to_contain_text(title)
        expect(result).to_contain_text(detail)
        expect(page.locator(f".stage.{state}")).to_be_visible()
        expect(button(page, "Next guest")).to_be_focused()
        assert axe_violations(page) == []
        assert page.evaluate("document.scrollingElement.scrollHeight") <= 844
        style = "element => getComputedStyle(element).backgroundColor"
        looks.add((result.evaluate(style), page.locator(".sign path").get_attribute("d")))
    assert len(looks) == 4
    expect(page.locator(".count")).to_have_text("2 let in here")
    button(page, "Next guest").press("Enter")
    expect(page.get_by_text("Ready for the next ticket")).to_be_visible()
    expect(page.get_by_label("Scan or type the code")).to_be_focused()


def test_camera_scans_one_guest_after_the_other(visit, cinema, shows):
    show, _ = shows
    bookings, _ = tickets(cinema, show, *free_seats(cinema, show, 2))
    page = visit("door/", username=SUPERUSER, width=390, height=844, touch=True)
    page.add_init_script(CAMERA)
    page.reload()
    open_door(page)
    expect(page.get_by_text("Hold the code inside the frame")).to_be_visible()
    for booking in bookings:
        page.evaluate("code => codes.push(code)", booking["ticket"])
        expect(page.get_by_role("alert")).to_contain_text(booking["seat_label"])
        page.evaluate("code => codes.push(code)", "scanned while the result is shown")
        expect(page.get_by_role("heading", name="Let 1 in")).to_be_visible()
        page.evaluate("codes.length = 0")
        button(page, "Next guest").tap()
    # While the result of a hand scanner is shown, the camera reads nothing.
    scan(page, "nonsense")
    expect(page.get_by_role("heading", name="Not a ticket")).to_be_visible()
    page.evaluate("codes.push('behind the result')")
    page.wait_for_timeout(500)
    assert page.evaluate("codes.length") == 1
    assert page.evaluate("stream.active")
    button(page, "Change").click()
    expect(page.get_by_role("heading", name="Choose the show")).to_be_visible()
    assert not page.evaluate("stream.active")


def test_refused_camera_leaves_the_hand(visit, cinema, shows):
    page = visit("door/", username=SUPERUSER)
    page.add_init_script(CAMERA + "navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error());")
    page.reload()
    open_door(page)
    expect(page.get_by_text("The camera is off.")).to_be_visible()
    scan(page, "nonsense")
    expect(page.get_by_role("heading", name="Not a ticket")).to_be_visible()


def test_lost_line_is_no_result(visit, cinema, shows):
    page = visit("door/", username=SUPERUSER)
    open_door(page)
    page.route("**/admit/", lambda route: route.abort())
    scan(page, "B1-1.x")
    expect(page.get_by_role("heading", name="Not checked")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("The cinema did not answer.")


def test_only_staff_open_the_door(visit, cinema, shows):
    name, _ = cinema.new_visitor()
    page = visit("door/")
    dialog = log_in_dialog(page)
    expect(dialog.get_by_role("button")).to_have_text(["Log in", "Not now"])  # Staff don't sign up here.
    for username in (name, SUPERUSER):
        dialog.get_by_label("Username").fill(username)
        dialog.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        if username == name:
            expect(page.get_by_role("alert")).to_have_text("This account does not belong to the staff.")
            button(page, "Log out").click()
            button(page, "Log in").click()
    expect(page.get_by_role("heading", name="Choose the show")).to_be_visible()
