"""The seat map in a page that is not ours: its colors, its messages, and what it shows when it can't load."""

import re

import pytest

from tests.browser.pages import button, expect, seat

# Replaces a page without styles by one with a seat map, as on another site. `style` is that of the whole page.
EMBED = """async ([show, style]) => {
    const {SeatMap} = await import("/static/web/seat-map.js");
    document.querySelectorAll("meta").forEach((element) => element.remove());
    document.body.replaceChildren(document.createElement("div"));
    Object.assign(document.documentElement.style, style);
    window.events = [];
    window.map = new SeatMap(document.body.firstChild, {show});
    for (const name of ["error", "hall", "locked", "gone"])
        map.addEventListener(name, ({detail}) => events.push([name, detail]));
    await map.ready.catch(() => {});
}"""
# The WCAG contrast between the text of an element and the nearest background behind it.
CONTRAST = """(element) => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = (color) => {
        const [r, g, b] = channels(color).map((channel) => {
            const c = channel / 255;
            return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let behind = element;
    while (behind && channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const background = luminance(behind ? getComputedStyle(behind).backgroundColor : "rgb(255, 255, 255)");
    const text = luminance(getComputedStyle(element).color);
    return (Math.max(text, background) + 0.05) / (Math.min(text, background) + 0.05);
}"""


@pytest.fixture
def embed(visit):
    """Opens a page of another site's style with the map of a show."""

    def open_page(show, style=None, **options):
        page = visit("livez", **options)
        page.evaluate(EMBED, [show, style or {}])
        return page

    return open_page


@pytest.mark.parametrize(
    "style",
    [{}, {"background": "#fff"}, {"background": "#111"}, {"background": "#111", "colorScheme": "dark"}],
    ids=["plain", "light", "dark", "dark scheme"],
)
@pytest.mark.parametrize("dark", [False, True], ids=["light system", "dark system"])
def test_map_is_readable_on_any_page_and_system(embed, cinema, style, dark):
    page = embed(cinema.new_show(), style, dark=dark)
    legend = page.get_by_text("Held by somebody")
    expect(legend).to_be_visible()
    # The style sheet of the map may load after the map.
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.seat-map-legend')).display === 'flex'"
    )
    assert legend.evaluate(CONTRAST) >= 4.5


def test_map_follows_the_color_scheme_of_its_page_and_not_of_the_system(embed, cinema):
    show = cinema.new_show()
    color = "getComputedStyle(document.querySelector('.seat-map')).backgroundColor"
    for style, dark, background in (
        ({}, True, "rgb(255, 255, 255)"),
        ({"colorScheme": "dark"}, False, "rgb(23, 22, 28)"),
    ):
        page = embed(show, style, dark=dark)
        expect(page.get_by_role("grid")).to_be_visible()
        page.wait_for_function(f"(expected) => {color} === expected", arg=background)


def test_map_that_can_not_be_loaded_says_so_and_loads_at_another_try(visit, cinema):
    show = cinema.new_show()
    page = visit("livez")
    page.route(re.compile("/seats/$"), lambda route: route.abort())
    page.evaluate(EMBED, [show, {}])
    expect(page.get_by_role("alert")).to_contain_text("The seats could not be loaded.")
    [name, detail] = page.evaluate("events[0]")
    assert name == "error"
    assert detail["message"].startswith("The seats could not be loaded.")
    assert detail["status"] is None
    page.unroute(re.compile("/seats/$"))
    button(page, "Try again").click()
    expect(page.get_by_role("gridcell")).to_have_count(40)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert page.evaluate("events.map(([name]) => name)") == ["error", "hall"]


def test_map_of_an_unknown_show_says_so(embed):
    page = embed(999999)
    expect(page.get_by_role("alert")).to_have_text("This show was not found. Choose another show.")
    assert page.evaluate("events[0][1].status") == 404


def test_map_of_a_show_that_is_deleted_says_so_and_offers_no_seat(embed, cinema):
    show = cinema.new_show()
    page = embed(show)
    expect(page.get_by_role("grid")).to_be_visible()
    cinema.call("DELETE", f"/shows/{show}/", token=cinema.staff_token())
    expect(page.get_by_text("This show was removed from the program")).to_be_visible()
    expect(seat(page, "A", 1)).to_have_attribute("aria-label", re.compile("not for sale$"))
    seat(page, "A", 1).click(force=True)
    assert page.evaluate("map.chosen.length") == 0
    assert page.evaluate("events.map(([name]) => name)") == ["hall", "locked", "gone"]


def test_options_of_the_open_map_change_together_and_the_last_ones_win(embed, cinema):
    page = embed(cinema.new_show())
    seat(page, "A", 3).click()
    page.evaluate(
        """() => {
            map.setOptions({ language: "de", most: 2 });
            return map.setOptions({ language: "en" });
        }"""
    )
    expect(seat(page, "A", 3)).to_be_focused()
    seat(page, "A", 1).click()
    seat(page, "A", 2).click()
    assert page.evaluate("map.chosen.map((seat) => seat.label)") == ["A1", "A3"]
