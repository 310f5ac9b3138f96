"""The page in `docs/embedding.md`, served from another origin than the cinema, as the document says."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.cinema import Cinema
from tests.browser.pages import expect, seat
from tests.live_server import ROOT

DOCUMENT = (ROOT / "docs" / "embedding.md").read_text()
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css"}


class Host:
    """A web server that is not the cinema's. `files` are its paths, `{path: (type, text)}`."""

    def __init__(self):
        self.files = {}
        self.headers = {}
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                kind, text = host.files.get(self.path, ("text/plain", ""))
                self.send_response(200 if text else 404)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                for name, value in host.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def host():
    host = Host()
    yield host
    host.close()


@pytest.fixture(scope="module")
def cinema(host, tmp_path_factory):
    with Cinema(tmp_path_factory.mktemp("cinema"), CORS_ALLOWED_ORIGINS=host.url) as cinema:
        yield cinema


@pytest.fixture
def visit_host(host, cinema, visit):
    """Opens the page of the document with a show; `edit(text)` changes its HTML."""

    def open_page(show, edit=lambda text: text, **options):
        blocks = re.findall(r"^`([\w.]+)`:\n\n```(\w+)\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
        assert [name for name, *_ in blocks] == ["index.html", "page.js", "page.css"]
        for name, kind, text in blocks:
            path = "/" if name == "index.html" else f"/{name}"
            text = text.replace("https://cinema.example", cinema.url)
            text = text.replace('show="7"', f'show="{show}"').replace("shows/7", f"shows/{show}")
            host.files[path] = TYPES[kind], edit(text) if kind == "html" else text
        (documented,) = re.findall(r"^ +(script-src .*)$", DOCUMENT, re.MULTILINE)
        policy = documented.replace("https://cinema.example", cinema.url)
        host.headers = {"Content-Security-Policy": f"default-src 'none'; {policy}"}
        return visit(base_url=host.url, hosts=(cinema.url,), **options)

    return open_page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_page_of_the_document_has_a_live_map_in_its_own_colors(visit_host, cinema, axe_violations, dark):
    show = cinema.new_show()
    page = visit_host(show, dark=dark)
    expect(page.get_by_role("gridcell")).to_have_count(40)
    expect(page.get_by_role("link", name="Choose your seats")).not_to_be_visible()
    seat(page, "A", 1).click()
    seat(page, "A", 2).focus()
    page.keyboard.press("Space")
    expect(page.locator("#chosen")).to_have_text("A1, A2")
    box = page.locator(".chosen .box").first
    assert box.evaluate("(box) => getComputedStyle(box).fill") == "rgb(0, 102, 204)"
    surface = "rgb(23, 22, 28)" if dark else "rgb(255, 255, 255)"
    background = "(map) => getComputedStyle(map).backgroundColor"
    assert page.locator(".seat-map").evaluate(background) == surface
    assert axe_violations(page, preload=False) == []
    # The map is live.
    cinema.book(show, 2)
    expect(seat(page, "A", 2)).to_have_attribute("aria-label", re.compile("taken$"))
    expect(page.locator("#chosen")).to_have_text("A1")


def test_most_seats_are_those_of_the_attribute(visit_host, cinema):
    page = visit_host(cinema.new_show())
    for number in range(1, 6):
        seat(page, "A", number).click()
    expect(page.locator("#chosen")).to_have_text("A1, A2, A3, A4")


def test_map_opens_another_show_when_the_attribute_changes(visit_host, cinema):
    first, second = cinema.new_show(), cinema.new_show(seats=20)
    page = visit_host(first)
    expect(page.get_by_role("gridcell")).to_have_count(40)
    page.evaluate("(show) => { document.querySelector('cinema-seat-map').show = show; }", second)
    expect(page.get_by_role("gridcell")).to_have_count(20)
    # Moved to another place in the document, it is opened again. Outside of the document, it is closed.
    page.evaluate("document.body.prepend(document.querySelector('cinema-seat-map'))")
    expect(page.get_by_role("gridcell")).to_have_count(20)
    assert (
        page.evaluate(
            """() => {
            const hall = document.querySelector("cinema-seat-map");
            hall.remove();
            return hall.map;
        }"""
        )
        is None
    )


def set_options(page, code):
    """Runs code in the page, in which `hall` is the element with the map."""
    page.evaluate(f"() => {{ const hall = document.querySelector('cinema-seat-map'); {code} }}")


def test_map_has_a_language_and_texts_of_its_own(visit_host, cinema, axe_violations):
    show = cinema.new_show()
    page = visit_host(show, edit=lambda html: html.replace("most=", 'language="de" most='))
    german = page.get_by_role("gridcell", name=re.compile("^Reihe A, Platz 1, .*frei$"))
    expect(german).to_be_visible()
    expect(page.get_by_role("button", name="Ganzer Saal")).to_be_visible()
    assert page.locator(".seat-map").get_attribute("lang") == "de"
    assert page.locator("html").get_attribute("lang") == "en"
    set_options(
        page, "hall.texts = {screen: 'Bühne', limitReached: {one: 'Nur {count}.', other: 'Nur {count}!'}}"
    )
    expect(page.locator(".screen text")).to_have_text("Bühne")
    expect(german).to_be_visible()
    for number in range(1, 6):
        page.get_by_role("gridcell", name=re.compile(rf"^Reihe A, Platz {number},")).click()
    expect(page.get_by_role("status").filter(has_text="Nur 4!")).to_have_count(1)
    assert axe_violations(page, preload=False) == []
    # A language without a table is that of the page.
    set_options(page, "hall.language = 'xx'; hall.texts = null")
    expect(seat(page, "A", 1)).to_be_visible()
    expect(page.locator(".screen text")).to_have_text("Screen")


def test_texts_in_a_language_that_can_not_be_loaded_are_those_of_the_page(visit_host, cinema):
    page = visit_host(cinema.new_show())
    expect(seat(page, "A", 1)).to_be_visible()
    page.route("**/words/de.js", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/words/de.js")):
        set_options(page, "hall.language = 'de'")
    expect(seat(page, "A", 1)).to_be_visible()


def test_prices_have_the_form_that_the_page_gives_them(visit_host, cinema):
    prices = [{"kind": "Adult", "amount": 1250}, {"kind": "Child", "amount": 900}]
    body = {"name": "Other origin", "prices": prices}
    price_list = cinema.call("POST", "/price-lists/", body, cinema.staff_token())["id"]
    page = visit_host(cinema.new_show(price_list=price_list))
    expect(page.locator(".seat-map-legend")).to_contain_text("Adult €12.50, Child €9.00")
    set_options(page, "hall.formatPrice = (amount, currency) => `${amount / 100} ${currency}`")
    expect(page.locator(".seat-map-legend")).to_contain_text("Adult 12.5 EUR, Child 9 EUR")
    expect(seat(page, "A", 1)).to_have_attribute("aria-label", re.compile("Adult 12.5 EUR"))


def test_map_follows_the_colors_of_its_page_or_a_theme_of_its_own(visit_host, cinema):
    show = cinema.new_show(seats=500)
    cinema.book(show, 2)
    page = visit_host(show, dark=True)
    surface = "getComputedStyle(hall.map && hall.shadowRoot.querySelector('.seat-map')).backgroundColor"
    small = "hall.shadowRoot.querySelector('canvas').toDataURL()"
    drawn = """[...hall.shadowRoot.querySelector('canvas').getContext('2d').getImageData(0, 0, 300, 300).data]
        .some((channel) => channel)"""
    in_page = "() => {{ const hall = document.querySelector('cinema-seat-map'); return {}; }}".format
    expect(seat(page, "A", 1)).to_be_visible()
    page.locator(".seat-map-mini").wait_for()
    page.wait_for_function(in_page(drawn))
    dark, light = "rgb(23, 22, 28)", "rgb(255, 255, 255)"
    seat(page, "A", 1).click()
    for code, color in [
        ("document.documentElement.style.colorScheme = 'light'", light),
        ("hall.theme = 'dark'", dark),
        ("hall.setAttribute('theme', 'light'); document.documentElement.style.colorScheme = 'dark'", light),
        ("hall.theme = 'auto'", dark),
    ]:
        before = page.evaluate(in_page(f"[{surface}, {small}]"))
        set_options(page, code)
        page.wait_for_function(in_page(f"{surface} === '{color}'"))
        if before[0] != color:
            changed = in_page(f"{small} !== before").replace("() =>", "(before) =>")
            page.wait_for_function(changed, arg=before[1])
    # The map is the same one, with its choice.
    assert page.evaluate(in_page("hall.map.chosen.map((seat) => seat.label)")) == ["A1"]


BOXES = """seat s: Standard #3a6ea5
seat b: Box #8b5a2b

A | ssssbbbb
"""


def test_limits_and_selectable_seats_are_those_of_the_page(visit_host, cinema, axe_violations):
    cinema.add_hall(BOXES, "Boxes", "The Box")
    page = visit_host(cinema.show_id)
    expect(page.get_by_role("gridcell")).to_have_count(8)
    page.evaluate(
        """() => {
            window.events = [];
            for (const name of ["full", "refused"])
                addEventListener(`seat-map-${name}`, ({detail: {seat, ...detail}}) =>
                    events.push([name, seat?.label, detail]));
        }"""
    )
    set_options(page, "hall.limits = {Box: 1}; hall.selectable = (seat) => seat.column !== 2")
    expect(seat(page, "A", 2)).to_have_attribute("aria-label", re.compile("not for sale$"))
    seat(page, "A", 2).click(force=True)
    seat(page, "A", 5).click()
    seat(page, "A", 6).click()
    expect(page.get_by_role("status").filter(has_text="Box: You can choose 1 seat at most.")).to_have_count(1)
    expect(page.locator(".seat-map-about")).to_have_text("Box: 1 seat at most")
    for number in (1, 3, 4, 7):
        seat(page, "A", number).click()
    expect(page.locator("#chosen")).to_have_text("A1, A3, A4, A5")
    assert page.evaluate("events") == [
        ["refused", "A2", {"state": "blocked"}],
        ["full", None, {"most": 1, "category": "Box"}],
        ["full", None, {"most": 4, "category": None}],
    ]
    # The page itself can't choose more either.
    chosen = "document.querySelector('cinema-seat-map').map.chosen.map((seat) => seat.label)"
    set_options(page, "hall.map.choose([1, 2, 5, 6, 3])")
    assert page.evaluate(chosen) == ["A1", "A3", "A5"]
    assert axe_violations(page, preload=False) == []


def test_pointer_and_focus_on_seats_are_events(visit_host, cinema):
    page = visit_host(cinema.new_show())
    expect(seat(page, "A", 1)).to_be_visible()
    page.evaluate(
        """() => {
            window.hovered = [];
            addEventListener("seat-map-hover", ({detail}) => hovered.push(detail.seat?.label ?? null));
        }"""
    )
    seat(page, "A", 1).hover()
    seat(page, "A", 2).hover()
    page.mouse.move(2, 2)
    page.wait_for_function("() => hovered.at(-1) === null")
    assert [label for label in page.evaluate("hovered") if label] == ["A1", "A2"]
    seat(page, "A", 3).focus()
    page.keyboard.press("ArrowRight")
    page.evaluate("document.querySelector('cinema-seat-map').shadowRoot.activeElement.blur()")
    page.wait_for_function("() => hovered.at(-1) === null")
    assert [label for label in page.evaluate("hovered") if label] == ["A1", "A2", "A3", "A4"]


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


def test_options_that_were_set_before_the_module_was_loaded_count(visit_host, cinema):
    page = visit_host(
        cinema.new_show(), edit=lambda html: re.sub(r"<script.*?element.js.*?</script>", "", html)
    )
    set_options(page, "hall.texts = {screen: 'Stage'}; hall.most = 1")
    page.evaluate("(url) => { import(url); }", f"{cinema.url}/static/web/seat-map-element.js")
    expect(page.locator(".screen text")).to_have_text("Stage")
    seat(page, "A", 1).click()
    seat(page, "A", 2).click()
    assert page.evaluate("document.querySelector('cinema-seat-map').map.chosen.length") == 1
    # So do later ones.
    set_options(page, "hall.texts = {screen: 'Scene'}; hall.most = 2")
    expect(page.locator(".screen text")).to_have_text("Scene")
    assert page.locator("cinema-seat-map").get_attribute("most") == "2"


def test_styles_of_the_page_do_not_change_the_map(visit_host, cinema, host):
    page = visit_host(cinema.new_show())
    size = (
        "getComputedStyle(document.querySelector('cinema-seat-map').shadowRoot.querySelector('button')).height"
    )
    expect(page.get_by_role("gridcell")).to_have_count(40)
    page.wait_for_function(f"() => {size} === '40px'")
    kind, style = host.files["/page.css"]
    host.files["/page.css"] = (
        kind,
        f"{style} * {{ margin: 9px; }} button {{ height: 5px; }} svg {{ width: 1px; }}",
    )
    page.reload()
    expect(page.get_by_role("gridcell")).to_have_count(40)
    page.wait_for_function(f"() => {size} === '40px'")
    assert seat(page, "A", 1).bounding_box()["width"] > 20


def test_link_in_the_element_is_there_when_the_module_can_not_be_loaded(visit_host, cinema):
    show = cinema.new_show()
    page = visit_host(show, edit=lambda html: html.replace("seat-map-element.js", "missing.js"))
    link = page.get_by_role("link", name="Choose your seats")
    expect(link).to_have_attribute("href", f"{cinema.url}/#/shows/{show}")


def test_map_that_can_not_be_loaded_tells_the_page_by_an_event_that_bubbles(visit_host):
    page = visit_host(999999)
    expect(page.get_by_role("alert")).to_have_text("This show was not found. Choose another show.")
    page.evaluate(
        """() => {
            window.errors = [];
            window.addEventListener("seat-map-error", ({detail}) => errors.push(detail.status));
            window.addEventListener("error", () => errors.push("error of a script"));
            document.querySelector("cinema-seat-map").show = 999998;
        }"""
    )
    page.wait_for_function("() => errors.length")
    assert page.evaluate("errors") == [404]


def test_html_and_policy_of_the_live_example_work_on_another_origin(visit, host, cinema):
    show = cinema.new_show()
    example = visit("embed/", base_url=cinema.url)
    example.get_by_role("combobox", name="Show").select_option(str(show))
    example.get_by_role("combobox", name="Language").select_option("de")
    expect(example.locator("#html")).to_contain_text(f'show="{show}" most="4" language="de"')
    host.files["/"] = "text/html", f"<!doctype html><title>Shop</title>{example.locator('#html').inner_text()}"
    policy = example.get_by_role("region", name="Policy").inner_text()
    host.headers = {"Content-Security-Policy": f"default-src 'none'; {policy}"}
    page = visit(base_url=host.url, hosts=(cinema.url,))
    expect(page.get_by_role("gridcell", name=re.compile("^Reihe A, Platz 1, .*frei$"))).to_be_visible()
