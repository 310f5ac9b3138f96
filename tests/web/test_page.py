"""The HTML of the page, and the imports of its scripts. `tests/browser` tests how the page behaves."""

import re
from pathlib import Path

import pytest

import cinema.web

STATIC = Path(cinema.web.__file__).parent / "static" / "web"
FILES = sorted(file for file in STATIC.iterdir() if file.suffix != ".ico")
SCRIPTS = [file for file in FILES if file.suffix == ".js"]


@pytest.mark.parametrize("method", ["get", "head"])
def test_root_url_serves_the_page(client, method):
    response = getattr(client, method)("/")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/html; charset=utf-8"


def test_page_has_no_inline_script_or_style(client):
    """The Content-Security-Policy would block them."""
    response = client.get("/")
    html = response.content.decode()
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)


def test_no_file_of_the_page_names_another_host(client):
    allowed = ("http://www.w3.org/2000/svg", "https://cinema.example")
    for text in (client.get("/").content.decode(), *(file.read_text() for file in FILES)):
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


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_import_only_scripts_of_the_page(script):
    imported = re.findall(r'^import .*? from "(.+?)";', script.read_text(), re.MULTILINE | re.DOTALL)
    assert all(re.fullmatch(r"\./[\w-]+\.js", name) for name in imported)
    assert all((script.parent / name).exists() for name in imported)


def test_seat_map_imports_nothing_of_the_pages_around_it():
    """Other sites embed `seat-map.js`, so it may import only what draws and updates the map."""
    todo, imported = {"seat-map.js"}, set()
    while todo:
        name = todo.pop()
        imported.add(name)
        todo |= set(re.findall(r'from "\./(.+?)"', (STATIC / name).read_text())) - imported
    assert imported == {
        "seat-map.js",
        "seat-map-frame.js",
        "drawing.js",
        "geometry.js",
        "surroundings.js",
        "live-updates.js",
        "live-connection.js",
        "backoff.js",
        "clock.js",
        "bidi.js",
        "dom.js",
        "format.js",
    }
