"""The pages in the language of the browser. In Hindi, no Latin word is left but names and codes."""

import re

import pytest

from cinema.web.words import LANGUAGES, words_in
from tests.browser.cinema import PASSWORD
from tests.browser.pages import button, expect

# All that people see or hear: texts, names, descriptions and placeholders.
ALL_TEXTS = """() => {
    const texts = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (!parent.closest("script, style, noscript")) texts.push(walker.currentNode.data);
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
        const named = document.querySelectorAll(`body [${name}]`);
        named.forEach((element) => texts.push(element.getAttribute(name)));
    }
    return texts;
}"""
# Latin words that are no English of the page: names, codes, and the units of languages that use them.
NAMES = r"Metropolis|Screen \d+|Cinema|API|visitor\d+|[A-Z]{1,2}\d*|UTC|OV|3D|[A-Z0-9]{4}-[A-Z0-9]{4}"


@pytest.fixture(scope="module")
def hall(cinema):
    show = cinema.new_show(seats=30)
    username, token = cinema.new_visitor()
    cinema.book(show, 1, token)
    cinema.book(show, 2, token)
    cancelled = cinema.book(show, 3, token)
    cinema.call("POST", f"/bookings/{cancelled['id']}/cancel/", token=token)
    cinema.book(show, 20)
    movie = cinema.call("GET", f"/shows/{show}/")["movie"]
    return {"show": show, "movie": movie, "username": username, "names": names_of(cinema, show)}


def names_of(cinema, show):
    """A pattern for the names of the cinema, which are in its own language. The longest ones come first."""
    shows = cinema.call("GET", "/shows/?page_size=200")["results"]
    movies = cinema.call("GET", "/movies/?page_size=200")["results"]
    hall = cinema.call("GET", f"/shows/{show}/seats/")
    names = {
        *(show[field] for show in shows for field in ("movie_title", "screen_name", "format")),
        *(movie[field] for movie in movies for field in ("title", "language", "description", "age_rating")),
        *(word for movie in movies for word in movie["title"].split()),
        *(category["name"] for category in hall["layout"]["categories"]),
        *{seat["category"] for seat in hall["seats"]},
    }
    return "|".join(re.escape(name) for name in sorted(filter(None, names), key=len, reverse=True))


def words_left(page, names):
    """Returns the Latin texts of the page that are neither names nor codes."""
    texts = [re.sub(names, " ", text) for text in page.evaluate(ALL_TEXTS)]
    return {text.strip() for text in texts if re.search(r"[A-Za-z]{2}", text)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name", ["programme", "movie", "show", "bookings", "account", "password", "door", "nothing"]
)
def test_page_is_accessible_and_in_the_language_of_the_browser(
    visit, cinema, hall, axe_violations, language, name
):
    path = {
        "programme": "",
        "movie": f"#/movies/{hall['movie']}",
        "show": f"#/shows/{hall['show']}",
        "bookings": "#/bookings",
        "account": "#/account",
        "password": "#/password",
        "door": "door/",
        "nothing": "#/nothing",
    }[name]
    username = None if name in {"password", "door"} else hall["username"]
    page = visit(path, locale=f"{language}-IN", username=username)
    if name == "door":
        page.get_by_role("dialog").wait_for()
    page.locator("main h1").wait_for()
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("lang") == language
    assert axe_violations(page) == []
    if language == "hi":
        assert words_left(page, f"{hall['names']}|{NAMES}") == set()


@pytest.mark.parametrize("language", ["de", "hi"])
def test_visitor_books_in_another_language(visit, cinema, language):
    words = words_in(language)
    username, _ = cinema.new_visitor()
    show = cinema.new_show(seats=30)
    page = visit(f"#/shows/{show}", locale=language, zone="Europe/Berlin")
    row = words["map"]["place"].replace("{row}", "A").replace("{seat}", "4")
    seat = page.get_by_role("gridcell", name=re.compile(f"^{row}, .*{words['map']['stateAvailable']}$"))
    seat.click()
    page.get_by_role("gridcell", name=re.compile(f"^{row}, .*{words['map']['stateChosen']}$")).wait_for()
    button(page, words["basket"]["hold"]["one"].replace("{count}", "1")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(words["show"]["logInToHold"])
    dialog.get_by_label(words["login"]["username"]).fill(username)
    dialog.get_by_label(words["login"]["password"]).fill("wrong")
    button(dialog, words["page"]["logIn"]).click()
    expect(dialog).to_contain_text(words["login"]["wrong"])
    dialog.get_by_label(words["login"]["password"]).fill(PASSWORD)
    button(dialog, words["page"]["logIn"]).click()
    button(page, words["basket"]["book"]["one"].replace("{count}", "1")).click()
    expect(page.locator(".basket")).to_contain_text(words["show"]["booked"].replace("{seats}", "A4"))
    page.get_by_role("link", name=words["shell"]["bookings"]).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["bookings"]["title"])
    expect(page.locator(".ticket")).to_contain_text(words["ticket"]["showAtDoor"]["one"])


def test_problem_of_the_api_is_shown_in_the_language_of_the_browser(visit, cinema):
    page = visit("#/bookings", locale="de")
    dialog = page.get_by_role("dialog")
    button(dialog, "Ich bin neu hier: registrieren").click()
    dialog.get_by_label("Benutzername").fill(cinema.new_visitor()[0].upper())
    dialog.get_by_label("Passwort").fill("12345678")
    button(dialog, "Registrieren").click()
    expect(dialog).to_contain_text(words_in("de")["fields"]["password"])
    dialog.get_by_label("Passwort").fill(PASSWORD)
    button(dialog, "Registrieren").click()
    expect(dialog).to_contain_text(words_in("de")["fields"]["username"])
    page = visit("#/shows/999999", locale="de")
    expect(page.locator("main")).to_contain_text(words_in("de")["map"]["notFound"])


def test_dates_and_amounts_have_the_form_of_the_visitor(visit, cinema):
    formats = """async () => {
        const format = await import("/static/web/format.js");
        const texts = [format.formatDay("2031-03-30T18:00:00Z"), format.formatAmount(123450, "EUR"),
                       format.formatDuration(105), format.joinWithAnd(["A1", "A2", "A3"])];
        return texts.join("|").replaceAll("\\u00a0", " ");
    }"""
    expected = {
        "en-US": "Sunday, March 30, 2031|€1,234.50|1 h 45 min|A1, A2 and A3",
        "de-DE": "Sonntag, 30. März 2031|1.234,50 €|1 Std. 45 Min.|A1, A2 und A3",
        "de-AT": "Sonntag, 30. März 2031|€ 1.234,50|1 Std. 45 Min.|A1, A2 und A3",
        "hi-IN": "रविवार, 30 मार्च 2031|€1,234.50|1 घं 45 मि|A1, A2 और A3",
    }
    for locale, text in expected.items():
        assert visit("", locale=locale).evaluate(formats) == text
