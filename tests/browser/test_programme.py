"""The front page: the programme by day, and the search for movies."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.cinema import Cinema
from tests.browser.pages import expect, seat

NAME = "Kino \u05d0\u05d5\u05e8 & <b>"


@pytest.fixture(scope="module")
def berlin(tmp_path_factory):
    """A cinema in Berlin with two days of shows of two movies."""
    with Cinema(tmp_path_factory.mktemp("programme"), TIME_ZONE="Europe/Berlin", CINEMA_NAME=NAME) as cinema:
        for movie in cinema.call("GET", "/movies/?page_size=200")["results"]:
            cinema.call("DELETE", f"/movies/{movie['id']}/", token=cinema.staff_token())
        cinema.movies = {
            title: cinema.call(
                "POST", "/movies/", {"title": title, "duration_minutes": 90}, cinema.staff_token()
            )["id"]
            for title in ("Metropolis", "Vampyr", "Without Shows")
        }
        yield cinema


@pytest.fixture(scope="module")
def shows(berlin):
    """Shows by their place in the programme: (movie, UTC time, screen, other fields)."""
    price_list = {"name": "Usual", "prices": [{"category": "", "kind": "Adult", "amount": 950}]}
    prices = berlin.call("POST", "/price-lists/", price_list, berlin.staff_token())["id"]
    rows = [
        ("Metropolis", "2031-03-29T22:30:00Z", "Screen 1", {"format": "OV 3D", "price_list": prices}),
        ("Vampyr", "2031-03-29T23:00:00Z", "Screen 2", {"on_sale_from": "2031-03-01T09:00:00Z"}),
        ("Metropolis", "2031-03-30T17:00:00Z", "Screen 1", {"total_seats": 1}),
    ]
    shows = []
    for title, date_time, screen, fields in rows:
        body = {"screen_name": screen, "date_time": date_time, "total_seats": 10, **fields}
        path = f"/movies/{berlin.movies[title]}/shows/"
        shows.append(berlin.call("POST", path, body, berlin.staff_token())["id"])
    berlin.book(shows[2], 1)
    return shows


def programme(page):
    """The open day, and its movies and shows in order."""
    expect(page.locator(".pill").first).to_be_visible()
    lines = page.locator("main h1 .day-name, .film-title, .pill")
    return [
        " | ".join(filter(None, text.replace("from\n", "from ").split("\n")))
        for text in lines.all_inner_texts()
    ]


def day(page, name):
    return page.get_by_role("tab", name=name)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Apia"])
def test_front_page_is_the_programme_by_the_days_of_the_cinema(visit, berlin, shows, zone):
    page = visit(base_url=berlin.url, zone=zone)
    assert programme(page) == [
        "Saturday, March 29, 2031",
        "Metropolis",
        "23:30 | from €9.50 | Screen 1 | OV 3D | 10 left",
    ]
    expect(page.get_by_role("tab")).to_have_count(2)
    expect(day(page, "Saturday, March 29, 2031")).to_have_attribute("aria-selected", "true")
    note = page.get_by_text("All times are the cinema's: Europe/Berlin.")
    expect(note).to_be_visible(visible=zone == "Pacific/Apia")
    day(page, "Sunday, March 30, 2031").click()
    assert programme(page) == [
        "Sunday, March 30, 2031",
        "Vampyr",
        "00:00 | Screen 2 | On sale from Mar 1, 10:00",
        "Metropolis",
        "19:00 | Screen 1 | Sold out",
    ]
    expect(page).to_have_title(f"What is on, Sunday, March 30, 2031 – \u2068{NAME}\u2069")


def test_shows_that_cannot_be_bought_are_no_links(visit, berlin, shows):
    page = visit(base_url=berlin.url)
    link = page.get_by_role("link", name="23:30, Metropolis, Screen 1, OV 3D, from €9.50, 10 left")
    expect(link).to_have_attribute("href", f"#/shows/{shows[0]}")
    day(page, "Sunday").click()
    expect(page.locator("div.pill.soon")).to_have_count(1)
    expect(page.locator("div.pill.sold")).to_have_count(1)
    expect(page.locator("a.pill")).to_have_count(0)


def test_states_of_shows_differ_by_their_borders(visit, berlin, shows):
    page = visit(base_url=berlin.url)
    borders = page.locator(".pill").first.evaluate(
        """pill => ["open", "few", "soon", "sold"].map((state) => {
            pill.className = `pill ${state}`;
            const { borderTopStyle, borderTopWidth } = getComputedStyle(pill);
            return `${borderTopStyle} ${borderTopWidth}`;
        })"""
    )
    assert len(set(borders)) == 4


def test_few_seats_left_are_told(visit, cinema):
    show = cinema.new_show(seats=8, screen="Nearly full")
    for number in range(1, 8):
        cinema.book(show, number)
    page = visit(f"#/movies/{cinema.call('GET', f'/shows/{show}/')['movie']}")
    link = page.locator(f'a[href="#/shows/{show}"]')
    expect(link).to_contain_text("Last 1")
    expect(link).to_have_class("pill few")


def test_front_page_makes_one_call_of_the_api(visit, berlin, shows):
    page = visit("#/account", base_url=berlin.url)
    calls = []
    page.on("request", lambda request: request.resource_type == "fetch" and calls.append(request.url))
    page.goto(f"{berlin.url}/#/")
    programme(page)
    page.reload()
    programme(page)
    day(page, "Sunday").click()
    page.wait_for_load_state("networkidle")
    assert (
        calls == [f"{berlin.url}/shows/?upcoming=true&page_size=200"] * 2
    )  # One for each time that it was opened.


def test_page_is_not_blank_while_the_programme_loads(visit, berlin, shows):
    page = visit("#/account", base_url=berlin.url)
    page.route("**/shows/?*", lambda route: None)
    page.goto(f"{berlin.url}/#/")
    expect(page.get_by_role("heading", name="What is on")).to_be_visible()
    expect(page.locator(".placeholder")).to_have_count(3)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_programme_works_by_keyboard_and_has_no_violation_of_axe(
    visit, berlin, shows, axe_violations, width, dark
):
    page = visit(base_url=berlin.url, width=width, height=844, dark=dark)
    programme(page)
    assert axe_violations(page) == []
    page.get_by_label("Find a movie").focus()
    page.keyboard.press("Tab")
    expect(day(page, "Saturday")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(day(page, "Sunday")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Sunday, March 30, 2031")).to_contain_text("Vampyr")
    assert axe_violations(page) == []
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Metropolis", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="23:30, Metropolis, Screen 1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(seat(page, "A", 1)).to_be_visible()
    page.go_back()
    day(page, "Sunday").click()
    page.get_by_role("link", name="Vampyr", exact=True).click()
    expect(page.get_by_role("heading", name="Vampyr")).to_be_visible()
    expect(page.locator(".pill.soon")).to_contain_text("00:00")
    assert axe_violations(page) == []
    page.go_back()
    expect(page.get_by_role("heading", name="What is on")).to_contain_text("Sunday, March 30, 2031")
    expect(day(page, "Sunday")).to_have_attribute("aria-selected", "true")


def test_poster_follows_from_the_title(visit, berlin, shows):
    page = visit(base_url=berlin.url)
    poster = page.locator(".film", has_text="Metropolis").locator(".poster")
    drawing = poster.inner_html()
    assert "METROPOLIS" in drawing
    page.reload()
    assert poster.inner_html() == drawing
    day(page, "Sunday").click()
    assert page.locator(".film", has_text="Vampyr").locator(".poster").inner_html() != drawing


def test_search_shows_movies_in_place_of_the_programme(visit, berlin, shows):
    page = visit(base_url=berlin.url)
    days = page.get_by_role("tablist")
    expect(days).to_be_visible()
    page.get_by_label("Find a movie").fill("without")
    expect(page.get_by_role("status")).to_have_text("1 movie")
    expect(page.get_by_role("link", name="Without Shows")).to_be_visible()
    expect(days).to_be_hidden()
    page.get_by_label("Find a movie").fill("nothing")
    expect(page.get_by_role("status")).to_have_text("No movies found. Try another title.")
    page.get_by_label("Find a movie").fill(" ")
    expect(days).to_be_visible()
    expect(page.get_by_text("No movies found")).to_be_hidden()


def test_sale_opens_and_ends_while_the_programme_is_open(visit, cinema):
    opens = datetime.now(UTC) + timedelta(hours=1)
    show = cinema.new_show(on_sale_from=opens.isoformat(), screen="Opening")
    starts = datetime.fromisoformat(cinema.call("GET", f"/shows/{show}/")["date_time"])
    page = visit(f"#/days/{starts.date()}")
    page.clock.install()
    page.reload()
    item = page.locator(".shows li").filter(has_text="Opening")
    expect(item).to_contain_text("On sale from")
    page.clock.fast_forward(61 * 60 * 1000)
    expect(item).to_contain_text("40 left")
    link = page.locator(f'a[href="#/shows/{show}"]')
    link.focus()
    page.clock.fast_forward(int((starts - datetime.now(UTC)).total_seconds() * 1000))
    expect(link).to_have_count(0)
    expect(page.get_by_role("heading", name="What is on")).to_be_focused()
    expect(item).to_contain_text("Has begun")


def test_show_that_was_called_off_has_no_link(visit, cinema):
    show = cinema.new_show(date_time="2031-05-01T18:00:00Z", screen="Called off")
    cinema.call("POST", f"/shows/{show}/cancel/", {}, cinema.staff_token())
    page = visit("#/days/2031-05-01")
    expect(page.locator(".pill.off")).to_contain_text("Called off")
    expect(page.locator(f'a[href="#/shows/{show}"]')).to_have_count(0)


def test_long_programme_has_more_shows(visit, tmp_path):
    # A server of its own, because the shows of other tests would be among the first three.
    with Cinema(tmp_path) as cinema:
        page = visit(base_url=cinema.url)
        page.route(
            "**/shows/?upcoming=true&page_size=200",
            lambda route: route.continue_(url=route.request.url.replace("200", "3")),
        )
        page.reload()
        pills, more = page.locator(".pill"), page.get_by_role("button", name="More shows")
        expect(pills).to_have_count(3)
        more.click()
        # The fourth show is on the same day. The last day that is loaded has the button.
        expect(pills).to_have_count(4)
        expect(pills.nth(3)).to_be_focused()
        expect(more).to_be_hidden()
        page.get_by_role("tab", selected=True).press("End")
        expect(more).to_be_visible()


def test_failed_programme_is_loaded_again(visit, cinema):
    page = visit()
    page.route("**/shows/?upcoming=true*", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("The cinema did not answer.")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".pill").first).to_be_visible()


def test_page_has_the_name_of_the_cinema(visit, berlin):
    page = visit(base_url=berlin.url)
    expect(page.get_by_role("link", name=NAME, exact=True)).to_be_visible()


def film(page, title):
    return page.locator(".film").filter(has=page.get_by_role("heading", name=title, exact=True))


def test_programme_shows_age_ratings(visit, berlin, shows):
    facts = {"age_rating": "12"}
    berlin.call("PATCH", f"/movies/{berlin.movies['Metropolis']}/", facts, berlin.staff_token())
    page = visit(base_url=berlin.url)
    expect(film(page, "Metropolis").locator(".age")).to_have_text("Age rating 12")
    day(page, "Sunday").click()
    expect(film(page, "Vampyr")).to_be_visible()
    expect(film(page, "Vampyr").locator(".age")).to_have_count(0)


def test_posters_are_loaded_only_from_the_listed_origins(chromium, tmp_path):
    """The `visit` fixture would fail, because the page requests another host. Playwright answers for it."""
    with Cinema(tmp_path, POSTER_ORIGINS="https://posters.example") as cinema:
        token = cinema.staff_token()
        for movie in cinema.call("GET", "/movies/")["results"]:
            cinema.call("DELETE", f"/movies/{movie['id']}/", token=token)
        for title, host in (("Listed", "posters.example"), ("Unlisted", "elsewhere.example")):
            movie = {"title": title, "duration_minutes": 90, "poster_url": f"https://{host}/a.svg"}
            movie = cinema.call("POST", "/movies/", movie, token)["id"]
            show = {"screen_name": title, "date_time": "2035-01-01T18:00:00Z", "total_seats": 9}
            cinema.call("POST", f"/movies/{movie}/shows/", show, token)
        context = chromium.new_context()
        page = context.new_page()
        requested, errors = [], []
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        picture = '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="3"/>'

        def answer(route):
            requested.append(route.request.url)
            route.fulfill(content_type="image/svg+xml", body=picture)

        page.route(re.compile("https://"), answer)
        page.goto(cinema.url)
        expect(film(page, "Listed").locator(".poster img")).to_have_js_property("naturalWidth", 2)
        expect(film(page, "Unlisted").locator(".poster svg").first).to_be_visible()
        expect(page.locator(".poster img")).to_have_count(1)
        film(page, "Listed").get_by_role("link", name="Listed", exact=True).click()
        expect(page.locator(".movie .poster img")).to_have_js_property("naturalWidth", 2)
        page.go_back()
        film(page, "Unlisted").get_by_role("link", name="Unlisted", exact=True).click()
        expect(page.locator(".movie .poster svg").first).to_be_visible()
        assert set(requested) == {"https://posters.example/a.svg"}
        assert errors == []
        # A picture that is gone gives way to the drawn poster.
        page.unroute_all()
        page.route(re.compile("https://"), lambda route: route.abort())
        page.goto(f"{cinema.url}/#/")
        page.reload()
        expect(film(page, "Listed").locator(".poster svg").first).to_be_visible()
        context.close()


def test_slow_answer_of_an_earlier_search_is_ignored(visit, cinema):
    page = visit()
    expect(page.get_by_role("link", name="Seven Samurai").first).to_be_visible()

    def delay(route):
        if "metr" in route.request.url:
            page.wait_for_timeout(1000)
        route.fallback()

    page.route(re.compile(r"/movies/\?search="), delay)
    page.get_by_label("Find a movie").fill("metr")
    page.wait_for_timeout(300)
    page.get_by_label("Find a movie").fill("seven")
    expect(page.get_by_role("link", name="Seven Samurai")).to_be_visible()
    page.wait_for_timeout(1200)
    expect(page.locator(".cards").get_by_role("listitem")).to_have_count(1)
