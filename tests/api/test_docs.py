"""Swagger UI, Redoc and the schema are served without any file from another host."""

import json
import re
import urllib.request

import pytest

from tests.schema import load_yaml

pytestmark = pytest.mark.django_db


def external_links(html):
    """URLs on other hosts that a page would load."""
    return re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", html)


@pytest.fixture
def status_of(server):
    """Requests a path from the real server, which also serves the static files."""

    def status_of(path):
        with urllib.request.urlopen(server.url + path) as response:
            return response.status

    return status_of


@pytest.mark.parametrize("path", ["/swagger/", "/redoc/"])
def test_docs_page_loads_nothing_from_another_host(client, status_of, path):
    response = client.get(path)
    assert response.status_code == 200
    html = response.content.decode()
    assert external_links(html) == []
    assets = re.findall(r"""(?:src|href)=["'](/[^"']+)""", html)
    assert assets
    for asset in assets:
        assert status_of(asset) == 200, asset
    assert "script-src" not in response["Content-Security-Policy"]
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_redoc_has_a_language_and_a_main_landmark(client):
    html = client.get("/redoc/").content.decode()
    assert '<html lang="en">' in html
    assert re.search(r"<main><redoc .*</redoc></main>", html)


def test_swagger_keeps_the_access_token_when_the_page_is_reloaded(client):
    html = client.get("/swagger/").content.decode()
    (script,) = re.findall(r'src="(/swagger/\?script=[^"]*)"', html)
    response = client.get(script)
    assert response["Content-Type"].startswith("application/javascript")
    assert '"persistAuthorization": true' in response.content.decode()


def test_schema_is_served_as_yaml_and_as_json(client):
    as_yaml = load_yaml(client.get("/schema/").content)
    as_json = json.loads(client.get("/schema/?format=json").content)
    assert as_yaml == as_json
    assert as_json["openapi"].startswith("3.")
