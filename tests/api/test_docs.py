"""Swagger, Redoc, the schema, the front door: served whole, and by nobody else."""

import json
import re

import pytest
import yaml

pytestmark = pytest.mark.django_db


def outside(html):
    """Addresses on other hosts that a page would load."""
    return re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", html)


@pytest.mark.parametrize("path", ["/swagger/", "/redoc/"])
def test_a_page_loads_nothing_from_another_host(client, server_files, path):
    response = client.get(path)
    assert response.status_code == 200
    html = response.content.decode()
    assert outside(html) == []
    assets = re.findall(r"""(?:src|href)=["'](/[^"']+)""", html)
    assert assets
    for asset in assets:
        assert server_files(asset) == 200, asset
    assert "script-src" not in response["Content-Security-Policy"]
    assert "default-src 'self'" in response["Content-Security-Policy"]


@pytest.fixture
def server_files(server):
    import urllib.request

    def status(path):
        with urllib.request.urlopen(server.url + path) as response:
            return response.status

    return status


def test_swaggers_script_keeps_the_authorization_over_a_reload(client):
    html = client.get("/swagger/").content.decode()
    (script,) = re.findall(r'src="(/swagger/\?script=[^"]*)"', html)
    response = client.get(script)
    assert response["Content-Type"].startswith("application/javascript")
    assert '"persistAuthorization": true' in response.content.decode()


def test_the_schema_is_yaml_or_json(client):
    as_yaml = yaml.safe_load(client.get("/schema/").content)
    as_json = json.loads(client.get("/schema/?format=json").content)
    assert as_yaml == as_json
    assert as_json["openapi"].startswith("3.")
