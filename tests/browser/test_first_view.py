"""The first view of the page on a slow line: what it waits for, and what loads later."""

import re

import pytest

from tests.browser.pages import expect, seat, wait_until

# Counts that take a second with 50 KB/s and 400 ms a request. `python -m bench first_view` measures the time.
MAX_HTML_BYTES = 8_000
MAX_PROGRAMME_BYTES = 60_000
MAX_PROGRAMME_REQUESTS = 28
IS_PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"


@pytest.fixture
def load_first(visit, cinema):
    """Opens the page with an empty cache, after `prepare(page)`."""

    def load(path="", prepare=lambda page: None):
        page = visit("livez")
        prepare(page)
        page.goto(f"{cinema.url}/{path}", wait_until="commit")
        return page

    return load


def hold_back(pattern):
    """Requests with such an address get no answer."""
    return lambda page: page.route(re.compile(pattern), lambda route: None)


def test_first_view_needs_only_the_html(load_first):
    page = load_first(prepare=hold_back("/static/|/shows/|/logo|/brand"))
    page.wait_for_function(IS_PAINTED)
    expect(page.get_by_role("banner")).to_have_css("background-color", "rgb(34, 21, 18)")
    expect(page.get_by_role("link", name="What is on")).to_be_visible()
    expect(page.get_by_role("main")).to_have_text("Loading…")
    size = page.evaluate("performance.getEntriesByType('navigation')[0].encodedBodySize")
    assert 0 < size <= MAX_HTML_BYTES


def test_programme_needs_few_files(load_first):
    page = load_first()
    expect(page.locator(".pill").first).to_be_visible()
    entries = page.evaluate(
        """() => {
            const entries = performance.getEntries().filter((entry) => "encodedBodySize" in entry);
            const { responseEnd } = entries.find(({ name }) => name.includes("/shows/"));
            const before = entries.filter(({ startTime }) => startTime < responseEnd);
            return before.map(({ name, encodedBodySize }) => [name, encodedBodySize]);
        }"""
    )
    names = [name.rsplit("/", 1)[-1] for name, _ in entries]
    assert "show-page.js" not in names
    assert "seat-map.css" not in names
    assert len(entries) <= MAX_PROGRAMME_REQUESTS, names
    assert sum(size for _, size in entries) <= MAX_PROGRAMME_BYTES


def test_modules_of_the_programme_are_requested_at_once(load_first):
    """None of them waits for the module that imports it."""
    requested = []

    def hold_back_modules(page):
        page.on("request", lambda request: requested.append(request.url.rsplit("/", 1)[-1]))
        page.route(re.compile(r"\.js$"), lambda route: None)

    load_first(prepare=hold_back_modules).wait_for_function(IS_PAINTED)
    assert {"app.js", "en.js", "programme.js", "show-pill.js"} <= set(requested)


def test_hall_of_a_link_loads_together_with_the_programme(load_first, cinema):
    show = cinema.new_show()
    requested, waiting = [], []

    def hold_back_app(page):
        page.on("request", lambda request: requested.append(request.url.removeprefix(cinema.url)))
        page.route("**/app.js", lambda route: waiting.append(route))

    page = load_first(f"#/shows/{show}", hold_back_app)
    hall = ["/static/web/show-page.js", "/static/web/seat-map.css", f"/shows/{show}/seats/"]
    wait_until(page, lambda: set(hall) <= set(requested))
    assert set(hall) <= set(requested)
    for route in waiting:
        route.continue_()
    expect(seat(page, "A", 1)).to_be_visible()
    assert [requested.count(path) for path in hall] == [1, 1, 1]


def test_other_pages_load_after_the_programme(load_first, cinema):
    page = load_first()
    with page.expect_request(re.compile("/show-page.js$")), page.expect_request(re.compile("/seat-map.css$")):
        expect(page.locator(".pill").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    hold_back("/static/")(page)
    show = cinema.new_show()
    page.goto(f"{cinema.url}/#/shows/{show}")
    expect(seat(page, "A", 1)).to_be_visible()


@pytest.mark.parametrize("file", ["show-page.js", "seat-map.css"])
def test_page_whose_files_did_not_load_can_be_tried_again(visit, cinema, file):
    show = cinema.new_show()
    page = visit("#/account")
    page.route(f"**/{file}", lambda route: route.abort())
    page.goto(f"{cinema.url}/livez")
    page.goto(f"{cinema.url}/#/shows/{show}")
    expect(page.get_by_role("alert")).to_contain_text("The cinema did not answer")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(seat(page, "A", 1)).to_be_visible()
    expect(page.locator(".seat-map-view")).not_to_have_css("border-top-style", "none")


def test_page_says_that_it_loads_while_an_answer_takes_long(load_first):
    page = load_first("#/movies/1", hold_back("/movies/"))
    text = "() => getComputedStyle(document.querySelector('main:empty'), '::before').content"
    page.locator("main:empty").wait_for(state="attached")
    assert page.evaluate(text) == '"Loading…"'


def test_visitor_who_goes_on_while_a_page_loads_gets_the_last_one(load_first):
    held = []

    def hold_show_page(page):
        page.route("**/show-page.js", lambda route: held.append(route))

    page = load_first(prepare=hold_show_page)
    pill = page.locator(".pill").first
    expect(pill).to_be_visible()
    page.evaluate("location.hash = '#/shows/1'")
    expect(pill).to_be_visible()  # The old page stays until the new one is there.
    page.evaluate("location.hash = '#/movies/1'")
    heading = page.locator(".movie h1")
    expect(heading).to_be_visible()
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    expect(heading).to_be_visible()
    expect(page.get_by_role("grid")).to_have_count(0)
