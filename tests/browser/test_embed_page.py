"""The documentation of the embedded seat map at `/embed/`: its live example, and whether it is complete."""

import re

import pytest

from tests.browser.pages import expect, seat
from tests.live_server import ROOT


@pytest.fixture
def show(cinema):
    return cinema.new_show()


def terms(page, name):
    return set(page.locator(f"#{name} dt").all_inner_texts())


def rows(heading):
    """The names in the table below this heading of the guide."""
    section = (ROOT / "docs" / "embedding.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)", section, re.MULTILINE))


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_page_is_accessible_and_fits_any_width(visit, show, axe_violations, width, dark):
    page = visit("embed/", width=width, dark=dark)
    expect(page.get_by_role("gridcell").first).to_be_visible()
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_visitor_changes_options_and_sees_events_and_html(visit, cinema, show):
    page = visit("embed/", locale="de-DE")
    page.get_by_role("combobox", name="Show").select_option(str(show))
    seat(page, "A", 1).click()
    expect(page.locator("#events")).to_contain_text("seat-map-choice")
    page.get_by_role("combobox", name="Theme").select_option("dark")
    background = "(map) => getComputedStyle(map).backgroundColor"
    assert page.locator(".seat-map").evaluate(background) == "rgb(23, 22, 28)"
    page.get_by_role("combobox", name="Selectable").select_option("even seats only")
    expect(seat(page, "A", 1)).to_have_attribute("aria-disabled", "true")
    seat(page, "A", 1).click(force=True)
    expect(page.locator("#events")).to_contain_text("seat-map-refused A1")
    page.get_by_role("combobox", name="Language").select_option("de")
    expect(page.get_by_role("gridcell", name=re.compile("^Reihe A, Platz 2, .*frei$"))).to_be_visible()
    html = page.locator("#html")
    expect(html).to_contain_text(f'show="{show}" most="4" theme="dark" language="de"')
    expect(html).to_contain_text(f'src="{cinema.url}/static/web/seat-map-element.js"')
    expect(page.get_by_label("Policy")).to_contain_text(f"script-src {cinema.url};")


def test_page_and_guide_name_all_options_and_events(visit, show):
    page = visit("embed/")
    expect(page.get_by_role("gridcell").first).to_be_visible()
    events = page.evaluate("import('/static/web/seat-map.js').then(({EVENTS}) => EVENTS)")
    assert terms(page, "event-list") == rows("Events") == set(events)
    own = page.evaluate("Object.getOwnPropertyNames(customElements.get('cinema-seat-map').prototype)")
    options = {name for name in own if not name.endswith("Callback")} - {"constructor"}
    assert terms(page, "option-list") == rows("Options") == options
