"""Names in Hebrew do not reorder the English text around them: each is isolated, on every page."""

import pytest

from tests.browser.cinema import PASSWORD, SUPERUSER, Cinema
from tests.browser.pages import button, expect

TITLE, SCREEN, CATEGORY, ROW, ZONE, USER = "שלום! (2)", "אולם 1", "רגיל", "א", "יציע", "דוד"
PLAN = {
    "name": SCREEN,
    "categories": [{"name": CATEGORY, "color": "#4a6fa5"}, {"name": "Sofa", "color": "#a54a4a"}],
    "zones": [
        {
            "name": ZONE,
            "rows": [
                {
                    "row_number": ROW,
                    "seats": [
                        {
                            "seat_guid": f"{n}",
                            "seat_number": f"{n}",
                            "category": CATEGORY if n < 6 else "Sofa",
                            "position": {"x": 30 * n, "y": 0},
                        }
                        for n in range(1, 9)
                    ],
                }
            ],
        }
    ],
}
# The texts of the page with Hebrew letters that are not isolated.
TORN = r"""() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const torn = [];
    while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        const outside = data.replace(/\u2068[^\u2069]*\u2069/g, "");
        const isPlain = getComputedStyle(parentElement).unicodeBidi === "normal";
        const isIsolated = !isPlain || parentElement.closest("bdi, [dir]");
        const isHidden = parentElement.closest("script, style");
        if (/[\u0590-\u05ff]/.test(outside) && !isIsolated && !isHidden) torn.push(data);
    }
    return torn;
}"""

# The texts of an admin page with Hebrew letters that do not have a direction of their own.
WITHOUT_DIRECTION = r"""() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        const outside = data.replace(/\u2068[^\u2069]*\u2069/g, "");
        const isDirected = getComputedStyle(parentElement).unicodeBidi === "plaintext";
        const isIgnored = parentElement.closest("bdi, script");
        if (/[\u0590-\u05ff]/.test(outside) && !isDirected && !isIgnored) texts.push(data);
    }
    return texts;
}"""


@pytest.fixture(scope="module")
def hebrew(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hebrew")
    with Cinema(folder) as cinema:
        cinema.add_hall(PLAN, SCREEN, TITLE)
        cinema.call("POST", "/signup", {"username": USER, "password": PASSWORD})
        cinema.book(cinema.show_id, 3, cinema.log_in(USER)["access"])
        yield cinema


def test_names_are_isolated_on_every_page(visit, hebrew):
    for path in ("#/days/2035-01-01", f"#/movies/{hebrew.movie_id}", f"#/shows/{hebrew.show_id}", "#/bookings"):
        page = visit(path, base_url=hebrew.url, username=USER)
        expect(page.get_by_text(TITLE).first).to_be_attached()
        assert page.evaluate(TORN) == [], path
        expect(page).not_to_have_title("Cinema")


def test_names_are_isolated_in_messages_of_a_booking(visit, hebrew):
    page = visit(f"#/shows/{hebrew.show_id}", base_url=hebrew.url, username=USER)
    expect(page).to_have_title(f"\u2068{TITLE}\u2069, Monday, January 1, 2035, 18:00 – Cinema")
    page.locator("[role=gridcell].available").first.click()
    button(page, "Hold 1 seat").click()
    expect(button(page, "Book 1 seat")).to_be_visible()
    assert page.evaluate(TORN) == []
    button(page, "Find the best").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(TORN) == []
    button(page, "Keep them").click()
    button(page, "Book 1 seat").click()
    expect(page.locator(".message")).to_contain_text("Booked:")
    assert page.evaluate(TORN) == []


@pytest.fixture
def admin_page(visit, hebrew):
    page = visit("admin/login/?next=/admin/shows/show/", base_url=hebrew.url)
    page.get_by_label("Username").fill(SUPERUSER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return page


def test_names_have_their_own_direction_in_the_lists_of_the_admin(admin_page, hebrew):
    lists = {"shows/movie": TITLE, "shows/show": SCREEN, "seats/hall": SCREEN, "seats/seatingplan": SCREEN}
    lists |= {"seats/booking": USER, "auth/user": USER}
    for name, text in lists.items():
        admin_page.goto(f"{hebrew.url}/admin/{name}/")
        expect(admin_page.locator("#result_list")).to_contain_text(text)
        assert admin_page.evaluate(WITHOUT_DIRECTION) == [], name


def test_names_have_their_own_direction_on_pages_of_one_object(admin_page, hebrew):
    for action in ("change", "history", "delete"):
        admin_page.goto(f"{hebrew.url}/admin/shows/movie/{hebrew.movie_id}/{action}/")
        expect(admin_page.locator("body")).to_contain_text(TITLE)
        assert admin_page.evaluate(WITHOUT_DIRECTION) == [], action


def test_names_are_isolated_on_our_pages_of_the_admin(admin_page, hebrew):
    page = admin_page
    page.goto(f"{hebrew.url}/admin/seats/hall/{hebrew.show_id}/change/")
    expect(page.get_by_role("table", name="Seat holders")).to_contain_text(USER)
    assert page.evaluate(TORN) == []
    page.get_by_role("checkbox", name=USER).first.focus()
    page.keyboard.press("Space")
    button(page, "Cancel the bookings of the ticked seats").click()
    expect(page.get_by_text("Are you sure")).to_be_visible()
    assert page.evaluate(TORN) == []
