"""Names that would be HTML, in every place where people see them."""

import json
import re

import pytest

from tests.browser.cinema import PASSWORD, Cinema
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
    """A cinema whose staff has such names for all there is; the id of its show."""
    folder = tmp_path_factory.mktemp("hostile")
    with Cinema(folder) as cinema:
        (folder / "plan.json").write_text(json.dumps(PLAN))
        cinema.manage("import_plan", str(folder / "plan.json"), "--screen", SHORT)
        cinema.film = cinema.call("POST", "/movies/", {"title": HTML, "duration_minutes": 90}, cinema.staff())[
            "id"
        ]
        hall = {"screen_name": SHORT, "date_time": "2035-01-01T18:00:00Z", "total_seats": 8}
        cinema.film_show = cinema.call("POST", f"/movies/{cinema.film}/shows/", hall, cinema.staff())["id"]
        cinema.book(cinema.film_show, 3)
        cinema.book(cinema.film_show, 4, cinema.staff())
        yield cinema


def harmless(page, text=SHORT):
    """The name is on the page, as text, and has made nothing of itself."""
    expect(page.get_by_text(text).first).to_be_attached()
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("typeof hacked") == "undefined"
    assert "36863" not in page.content()


def test_hostile_names_are_text_on_every_page(visit, hostile):
    """`visit` besides fails where a script was refused by the policy."""
    pages = ["", f"#/movies/{hostile.film}", f"#/shows/{hostile.film_show}", "#/bookings"]
    for path in pages:
        page = visit(path, at=hostile.url, as_="boss")
        harmless(page)


def test_hostile_names_are_text_in_the_admin(visit, hostile):
    page = visit("admin/login/?next=/admin/shows/movie/", at=hostile.url)
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    harmless(page)
    for path in (
        "shows/show/",
        "seats/hall/",
        "seats/seatingplan/",
        f"seats/hall/{hostile.film_show}/change/",
        f"shows/movie/{hostile.film}/change/",
        f"shows/show/{hostile.film_show}/change/",
        "seats/booking/",
    ):
        page.goto(f"{hostile.url}/admin/{path}")
        harmless(page)
    page.goto(f"{hostile.url}/admin/seats/hall/{hostile.film_show}/change/")
    page.get_by_role("checkbox", name=re.compile("boss")).focus()  # Such a long name lies over it.
    page.keyboard.press("Space")
    page.get_by_role("button", name="Cancel the bookings of the ticked seats").click()
    harmless(page)
