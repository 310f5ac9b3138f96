"""The pages with the colors and the logo of a cinema."""

import pytest

from tests.browser.cinema import PASSWORD, SUPERUSER, Cinema
from tests.browser.pages import button, expect
from tests.web.test_brand import LOGO


@pytest.fixture(scope="module")
def green(tmp_path_factory):
    folder = tmp_path_factory.mktemp("green")
    (folder / "logo.svg").write_text(LOGO)
    colors = {"CINEMA_COLOR": "#008000", "CINEMA_BAR_COLOR": "#102a43", "CINEMA_LOGO": f"{folder}/logo.svg"}
    with Cinema(folder, **colors) as cinema:
        cinema.show = cinema.new_show(seats=30)
        cinema.user, token = cinema.new_visitor()
        cinema.book(cinema.show, 1, token)
        yield cinema


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible_in_the_colors_of_the_cinema(visit, green, axe_violations, dark):
    for path in ("", f"#/shows/{green.show}", "#/bookings", "door/"):
        page = visit(path, base_url=green.url, username=green.user, dark=dark)
        page.wait_for_load_state("networkidle")
        assert axe_violations(page) == [], path
    page = visit(f"#/shows/{green.show}", base_url=green.url, username=green.user, dark=dark)
    page.locator("[role=gridcell].available").first.click()
    expect(page.locator("header.facade")).to_have_css("background-color", "rgb(16, 42, 67)")
    expect(page.locator(".brand img")).to_have_js_property("naturalWidth", 150)
    if not dark:
        expect(button(page, "Hold 1 seat")).to_have_css("background-color", "rgb(0, 128, 0)")
    assert axe_violations(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_admin_is_accessible_in_the_colors_of_the_cinema(visit, green, axe_violations, dark):
    green.staff_token()  # Creates the superuser.
    page = visit("admin/", base_url=green.url, dark=dark)
    assert axe_violations(page) == []
    page.get_by_label("Username").fill(SUPERUSER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#header")).to_have_css("background-color", "rgb(16, 42, 67)")
    expect(page.locator("#branding img")).to_have_js_property("naturalWidth", 150)
    for path in ("", "shows/show/", f"seats/hall/{green.show}/change/", "shows/movie/add/"):
        page.goto(f"{green.url}/admin/{path}")
        assert axe_violations(page) == [], path
    save = page.get_by_role("button", name="Save", exact=True)
    expect(save).to_have_css("background-color", "rgb(0, 128, 0)")


@pytest.mark.parametrize("media", [{"forced_colors": "active"}, {"media": "print"}], ids=str)
def test_forced_colors_and_print_take_precedence_over_the_colors_of_the_cinema(visit, green, media):
    page = visit("", base_url=green.url)
    velvet = "getComputedStyle(document.documentElement).getPropertyValue('--velvet')"
    assert page.evaluate(velvet) == "#008000"
    page.emulate_media(**media)
    assert page.evaluate(velvet) != "#008000"
