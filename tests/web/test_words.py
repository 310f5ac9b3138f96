"""The languages of the pages: tables of words, the choice of a table, and pages that the server renders."""

import re
from pathlib import Path

import pytest

from cinema.api.problem_types import PROBLEM_TYPES
from cinema.web.words import FOLDER, LANGUAGES, PREFIX, SUFFIX, language_of, words_in
from tests.factories import ShowFactory

STATIC = FOLDER.parent
SCRIPTS = sorted(STATIC.glob("*.js"))
PLURAL_FORMS = {"one", "other"}
# Groups with translations of the API's texts, which are in English.
OF_API = {"problems", "fields"}
# Names of keys, events, headers and types. Scripts may contain no other capitalized words.
CODE_WORDS = {
    *("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Arrow", "Home", "End", "Enter", "Event", "Z"),
    *("Authorization", "Bearer", "Content-Type", "Date", "Idempotency-Key", "If-None-Match", "Retry-After"),
    # The message of this error is never shown.
    *("BarcodeDetector", "Of", "Polling", "Polling failed."),
}


def texts(language):
    """The texts of a language, `{key: {form: text}}`. A text without plural forms has the form `""`."""
    return {
        f"{group}.{name}": entry if isinstance(entry, dict) else {"": entry}
        for group, entries in words_in(language).items()
        for name, entry in entries.items()
    }


def placeholders(text):
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_is_a_module_that_exports_json(language):
    source = (FOLDER / f"{language}.js").read_text()
    assert source.startswith(PREFIX + "{")
    assert source.endswith("}" + SUFFIX)
    assert words_in(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_has_the_keys_and_placeholders_of_english(language):
    english, own = texts("en"), texts(language)
    assert {key for key in own if key.split(".")[0] not in OF_API} == set(english)
    for key, forms in english.items():
        assert set(own[key]) == set(forms), key
        assert set(forms) in ({""}, PLURAL_FORMS), key
        for form, text in forms.items():
            assert placeholders(own[key][form]) == placeholders(text), key
            assert own[key][form].strip() == own[key][form] != "", key


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_language_translates_problems_of_the_api(language):
    for group in OF_API:
        assert words_in(language)[group].keys() == words_in("de")[group].keys()
    for code, text in words_in(language)["problems"].items():
        assert placeholders(text) <= set(PROBLEM_TYPES[code].extra), code


def test_scripts_use_all_keys_and_only_those_of_the_tables():
    source = "".join(script.read_text() for script in SCRIPTS)
    templates = "".join(file.read_text() for file in Path(STATIC.parents[2]).rglob("templates/**/*.html"))
    used = set(re.findall(r'"([a-z]\w*\.[a-z]\w*)"', source))
    called = set(re.findall(r'\b(?:text|nodes)\(\s*"([\w.]+)"', source))
    assert called <= texts("en").keys()
    # Scripts build these keys from a state or an action.
    built = ("pill.", "map.state", "map.legend", "ticket.move", "ticket.cancel")
    unused = {key for key in texts("en") if key not in used and not key.startswith(built)}
    assert {key for key in unused if f"words.{key}" not in templates} == set()


@pytest.mark.parametrize(
    "script", [script for script in SCRIPTS if script.name != "words.js"], ids=lambda s: s.name
)
def test_script_has_no_words_for_people_outside_of_the_tables(script):
    source = re.sub(r"/\*.*?\*/|^\s*//.*$|\s// .*$", "", script.read_text(), flags=re.DOTALL | re.MULTILINE)
    literals = [plain or template for plain, template in re.findall(r'"([^"\n]*)"|`([^`]*)`', source)]
    chunks = [chunk.strip() for literal in literals for chunk in re.split(r"\$\{[^}]*\}", literal)]
    words = {word for chunk in chunks for word in re.findall(r"^[A-Z][\w-]*[a-z]\b", chunk)}
    sentences = {chunk for chunk in chunks if re.search(r"[a-z]{2} .*[a-z][.!?…:]$", chunk)}
    assert (words - CODE_WORDS, sentences - CODE_WORDS) == (set(), set())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("hi-IN", "hi"),
        ("fr-FR,fr;q=0.9,hi;q=0.8,en;q=0.7", "hi"),
        ("fr", "en"),
        ("de;q=0.2, en;q=0.9", "en"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("nonsense;;q=x", "en"),
        ("de," * 5000, "de"),
        ("d" * 100_000, "en"),
    ],
)
def test_header_chooses_the_language(header, language):
    assert language_of(header) == language


@pytest.mark.parametrize(("path", "group", "name"), [("/", "shell", "skip"), ("/door/", "door", "title")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_has_the_language_of_the_browser(client, path, group, name, language):
    response = client.get(path, headers={"Accept-Language": f"{language}-XX, fr"})
    html = response.content.decode()
    assert f'<html lang="{language}">' in html
    assert words_in(language)[group][name] in html
    assert f"web/words/{language}.js" in html
    assert "Accept-Language" in response["Vary"]


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Not Found"), ("de", "Nicht gefunden"), ("hi", "नहीं मिला"), ("fr", "Not Found")],
)
def test_error_page_has_the_language_of_the_browser(client, language, title):
    headers = {"Accept": "text/html", "Accept-Language": language}
    response = client.get("/nope", headers=headers)
    html = response.content.decode()
    assert f"<h1>{title}</h1>" in html
    assert f'<html lang="{language if language in LANGUAGES else "en"}">' in html
    assert "Accept-Language" in response["Vary"]
    detail = words_in(language)["problems"]["not_found"] if language in {"de", "hi"} else "There is nothing"
    assert detail in html


def test_error_page_of_an_archived_show_says_that_it_was_not_found(client, db):
    headers = {"Accept": "text/html", "Accept-Language": "de"}
    response = client.get(f"/shows/{ShowFactory(archived=True).pk}/seats/", headers=headers)
    assert response.status_code == 410
    assert "<h1>Nicht gefunden</h1>" in response.content.decode()


def test_error_page_has_the_values_of_the_problem(as_alice, show, settings):
    settings.BOOKING_MAX_SEATS = 1
    headers = {"Accept": "text/html", "Accept-Language": "de"}
    first, second = (
        as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": number}, headers=headers) for number in (1, 2)
    )
    assert (first.status_code, second.status_code) == (201, 409)
    html = second.content.decode()
    assert "höchstens 1 Plätze" in html
    assert "<h1>Etwas ist schiefgegangen</h1>" in html


def test_error_page_of_the_admin_is_in_english(admin_client):
    html = admin_client.get(
        "/admin/nope/", headers={"Accept": "text/html", "Accept-Language": "de"}
    ).content.decode()
    assert "Go to the admin" in html


def test_problem_as_json_is_the_same_in_all_languages(client):
    response = client.get("/nope", headers={"Accept-Language": "de"})
    assert response.json()["detail"] == "There is nothing at this address. Check how it is spelled."
    assert "Accept-Language" not in response["Vary"]
