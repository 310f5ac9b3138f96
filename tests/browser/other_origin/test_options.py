"""The options of the embedded map: its show, limits, language, texts, prices and colors."""

import re

from tests.browser.other_origin.element import set_options
from tests.browser.pages import expect, seat


def test_changed_option_keeps_the_focus_and_the_seats_that_may_still_be_chosen(visit_host, cinema):
    page = visit_host(cinema.new_show())
    seat(page, "A", 1).click()
    seat(page, "A", 2).click()
    set_options(page, "window.map = hall.map; addEventListener('seat-map-lost', () => { window.lost = true; })")
    set_options(page, "hall.language = 'de'; hall.texts = {screen: 'Bühne'}")
    expect(page.locator(".screen text")).to_have_text("Bühne")
    chosen = page.get_by_role("gridcell", name=re.compile("^Reihe A, Platz 2, .*gewählt$"))
    expect(chosen).to_be_focused()
    expect(page.locator("#chosen")).to_have_text("A1, A2")
    set_options(page, "hall.selectable = (seat) => seat.column > 1")
    expect(page.locator("#chosen")).to_have_text("A2")
    expect(chosen).to_be_focused()
    set_options(page, "hall.most = 0")
    expect(page.locator("#chosen")).to_have_text("")
    assert page.evaluate("!window.lost && document.querySelector('cinema-seat-map').map === map")


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
