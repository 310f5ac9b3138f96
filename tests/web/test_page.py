"""The seat-map page as it is delivered; what it does is tried in a real browser, in `tests/browser`."""

import re
from pathlib import Path

import pytest

import cinema.web

FILES = sorted((Path(cinema.web.__file__).parent / "static" / "web").iterdir())
SCRIPTS = [file for file in FILES if file.suffix == ".js"]


@pytest.mark.parametrize("method", ["get", "head"])
def test_it_is_the_front_door(client, method):
    response = getattr(client, method)("/")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/html; charset=utf-8"


def test_nothing_is_inside_it_that_the_strict_policy_would_refuse(client):
    response = client.get("/")
    html = response.content.decode()
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)


def test_no_file_of_it_names_another_host(client):
    known = {"http://www.w3.org/2000/svg", "https://html.spec.whatwg.org", "https://cinema.example"}
    for text in (client.get("/").content.decode(), *(file.read_text() for file in FILES)):
        hosts = set(re.findall(r"https?://[\w./-]+", text))
        assert all(host.startswith(tuple(known)) for host in hosts), hosts


def test_only_reading_it_is_allowed(client):
    assert client.post("/").status_code == 405


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_its_scripts_import_only_each_other(script):
    imported = re.findall(r'^import .*? from "(.+?)";', script.read_text(), re.MULTILINE | re.DOTALL)
    assert all(re.fullmatch(r"\./[\w-]+\.js", name) for name in imported)
    assert all((script.parent / name).exists() for name in imported)


def test_the_map_by_itself_needs_nothing_of_the_pages_around_it():
    """It can be put into any page: see its head."""
    needed, seen = {"seat-map.js"}, set()
    while needed - seen:
        name = (needed - seen).pop()
        seen.add(name)
        text = (FILES[0].parent / name).read_text()
        needed |= set(re.findall(r'from "\./(.+?)"', text))
    assert seen == {"seat-map.js", "drawing.js", "frame.js", "hall.js", "live.js", "dom.js"}


def test_its_files_are_small_enough_to_be_read():
    assert all(len(script.read_text().splitlines()) <= 345 for script in SCRIPTS)
