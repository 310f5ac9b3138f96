"""The page in `docs/embedding.md`, and the one that the live example writes, work on another origin."""

import re

import pytest

from tests.browser.pages import expect, seat


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
