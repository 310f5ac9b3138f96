"""The version of pyproject.toml, and the other places that show it."""

import json
import re

import pytest

from tests.live_server import ROOT
from tests.project.test_requirements import PROJECT

VERSION = PROJECT["project"]["version"]


@pytest.mark.django_db
def test_schema_has_the_version_of_the_project(client):
    schema = client.get("/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    assert schema["openapi"] == "3.1.1"
    assert schema["info"]["version"] == VERSION


def test_changelog_begins_with_unreleased_changes_and_then_has_the_version_with_its_date():
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(VERSION)} – 20\d\d-\d\d-\d\d", headings[1])


def test_package_of_the_seat_map_has_the_version_of_the_project():
    assert json.loads((ROOT / "clients/seat-map/package.json").read_text())["version"] == VERSION


def test_no_other_file_repeats_the_version():
    for name in ("cinema/settings.py", "Dockerfile", "compose.yaml", "README.md"):
        assert VERSION not in (ROOT / name).read_text(), name


def test_schema_has_no_keyword_of_openapi_3_0():
    assert "nullable:" not in (ROOT / "openapi.yaml").read_text()
