"""The HTML of the page, and the imports of its scripts. `tests/browser` tests how the page behaves."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

import cinema.web
from cinema.web.brand import brand_css

STATIC = Path(cinema.web.__file__).parent / "static" / "web"
FILES = sorted(file for file in STATIC.rglob("*.*") if file.suffix != ".ico")
SCRIPTS = [file for file in FILES if file.suffix == ".js"]


PAGES = ["/", "/door/", "/embed/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["get", "head"])
def test_url_serves_the_page(client, method, path):
    response = getattr(client, method)(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", PAGES)
def test_page_has_no_inline_script_or_style_that_its_policy_does_not_name(client, path):
    response = client.get(path)
    html = response.content.decode()
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    hashes = [b64encode(sha256(style.encode()).digest()).decode() for style in styles]
    assert re.findall(r"'sha256-(.*?)'", policy) == hashes
    assert not re.search(r"<style(?!>)|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)


@pytest.mark.parametrize("colors", [("", ""), ("#0b5d3b", "#102a43")], ids=["plain", "brand"])
def test_page_has_the_styles_of_its_first_view_in_its_html(client, settings, colors):
    settings.CINEMA_COLOR, settings.CINEMA_BAR_COLOR = colors
    html = client.get("/").content.decode()
    head = html.partition("<template")[0]
    assert "stylesheet" not in head
    style = re.search(r"<style>(.*?)</style>", head, re.DOTALL)[1]
    for name in ("tokens.css", "page.css"):
        assert (STATIC / name).read_text() in style
    assert style.endswith(brand_css(*colors)) is any(colors)


def imports_of(name, form):
    return set(re.findall(form, (STATIC / name).read_text()))


def with_imports(names):
    """Modules, and all that they import at their start."""
    todo, found = set(names), set()
    while todo:
        name = todo.pop()
        found.add(name)
        todo |= imports_of(name, r'from "\./(.+?)"') - found
    return found


def test_page_preloads_the_modules_of_the_programme_and_later_all_others(client):
    html = client.get("/").content.decode()
    first, rest = (
        re.findall(r'modulepreload" href="/static/web/([\w-]+\.js)"', part) for part in html.split("<template")
    )
    at_once = with_imports({"app.js"})
    assert sorted(first) == sorted(at_once)
    later = {name for module in at_once for name in imports_of(module, r'import\("\./([\w-]+\.js)"\)')}
    assert {"show-page.js", "bookings-page.js", "movie-page.js", "account-page.js", "password-page.js"} == later
    assert sorted(rest) == sorted(with_imports(later) - at_once)
    assert rest[0] == "show-page.js"


def test_no_file_of_the_page_names_another_host(client):
    allowed = ("http://www.w3.org/2000/svg", "https://cinema.example")
    for text in (*(client.get(path).content.decode() for path in PAGES), *(file.read_text() for file in FILES)):
        urls = re.findall(r"https?://[\w./-]+", text)
        assert all(url.startswith(allowed) for url in urls), urls


def test_icon_has_the_path_that_browsers_ask_for(client):
    response = client.get("/favicon.ico")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/x-icon"
    assert response["Cache-Control"] == "public, max-age=86400"
    assert response.content.startswith(b"\0\0\1\0")
    assert client.post("/favicon.ico").status_code == 405


def test_post_to_the_page_is_not_allowed(client):
    assert client.post("/").status_code == 405


@pytest.mark.parametrize(("setting", "attribute"), [(True, "true"), (False, "false")])
def test_page_knows_whether_passwords_can_be_reset_by_mail(client, settings, setting, attribute):
    settings.PASSWORD_RESET = setting
    assert f'data-password-reset="{attribute}"' in client.get("/").content.decode()


def test_page_has_the_name_of_the_cinema(client, settings):
    settings.CINEMA_NAME = "Kino <Central>"
    html = client.get("/").content.decode()
    assert "<title>Kino &lt;Central&gt;</title>" in html
    assert "<bdi>Kino &lt;Central&gt;</bdi></a>" in html


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_import_only_scripts_of_the_page(script):
    imported = re.findall(r'^import .*? from "(.+?)";', script.read_text(), re.MULTILINE | re.DOTALL)
    assert all(re.fullmatch(r"\./[\w-]+\.js", name) for name in imported)
    assert all((script.parent / name).exists() for name in imported)


def test_seat_map_imports_nothing_of_the_pages_around_it():
    """Other sites embed `seat-map-element.js`, so it may import only what draws and updates the map."""
    assert with_imports({"seat-map-element.js"}) == {
        "seat-map-element.js",
        "seat-map.js",
        "seat-map-api.js",
        "seat-map-frame.js",
        "hall-seats.js",
        "seat-words.js",
        "map-hold.js",
        "change-announcer.js",
        "drawing.js",
        "geometry.js",
        "surroundings.js",
        "overview.js",
        "hall-labels.js",
        "mini-map.js",
        "live-updates.js",
        "live-connection.js",
        "backoff.js",
        "clock.js",
        "bidi.js",
        "dom.js",
        "format.js",
        "words.js",
    }
