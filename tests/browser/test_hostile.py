"""HTML and template code in names: every page must show it as text."""

import re

import pytest

from tests.browser.cinema import PASSWORD, SUPERUSER, Cinema
from tests.browser.pages import expect

HTML = "<img src=x onerror=hacked=1><script>hacked=1</script><b>{{191*193}}"
SHORT = "<img src=x onerror=hacked=1>"
PLAN = {
    "name": HTML,
    "categories": [{"name": HTML, "color": "#4a6fa5"}],
    "zones": [
        {
            "name": HTML,
            "rows": [
                {
                    "row_number": SHORT,
                    "seats": [
                        {
                            "seat_guid": f"{n}",
                            "seat_number": f"{n}<i>",
                            "category": HTML,
                            "position": {"x": 30 * n, "y": 0},
                        }
                        for n in range(1, 9)
                    ],
                }
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A cinema whose movie, screen, plan, categories and rows have names with HTML in them."""
    folder = tmp_path_factory.mktemp("hostile")
    with Cinema(folder) as cinema:
        cinema.add_hall(PLAN, SHORT, HTML)
        cinema.book(cinema.show_id, 3)
        cinema.book(cinema.show_id, 4, cinema.staff_token())
        yield cinema


def assert_shown_as_text(page):
    """The name is on the page as text: it made no element, ran no script and was evaluated by no template."""
    expect(page.get_by_text(SHORT).first).to_be_attached()
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("typeof hacked") == "undefined"
    assert "36863" not in page.content()


def test_hostile_names_are_text_on_every_page(visit, hostile):
    """The `visit` fixture also fails if the Content-Security-Policy had to block a script."""
    pages = ["#/days/2035-01-01", f"#/movies/{hostile.movie_id}", f"#/shows/{hostile.show_id}", "#/bookings"]
    for path in pages:
        page = visit(path, base_url=hostile.url, username=SUPERUSER)
        assert_shown_as_text(page)


def test_hostile_names_are_text_in_the_admin(visit, hostile):
    page = visit("admin/login/?next=/admin/shows/movie/", base_url=hostile.url)
    page.get_by_label("Username").fill(SUPERUSER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert_shown_as_text(page)
    for path in (
        "shows/show/",
        "seats/hall/",
        "seats/seatingplan/",
        f"seats/hall/{hostile.show_id}/change/",
        f"shows/movie/{hostile.movie_id}/change/",
        f"shows/show/{hostile.show_id}/change/",
        "seats/booking/",
    ):
        page.goto(f"{hostile.url}/admin/{path}")
        assert_shown_as_text(page)
    page.goto(f"{hostile.url}/admin/seats/hall/{hostile.show_id}/change/")
    # The long name covers the checkbox, so it can't be clicked.
    page.get_by_role("checkbox", name=re.compile(SUPERUSER)).focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Cancel the bookings of the ticked seats").click()
    assert_shown_as_text(page)
