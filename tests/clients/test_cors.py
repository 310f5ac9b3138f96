"""CORS, as clients/typescript/README.md documents it."""

import re

import pytest
from django.conf import settings

from tests.live_server import ROOT

README = (ROOT / "clients" / "typescript" / "README.md").read_text()


@pytest.mark.parametrize(("verb", "setting"), [("send", "CORS_ALLOW_HEADERS"), ("read", "CORS_EXPOSE_HEADERS")])
def test_readme_lists_the_cors_headers_of_the_settings(verb, setting):
    (names,) = re.findall(rf"^\| a page may {verb} \| (.+) \|$", README, re.MULTILINE)
    assert sorted(re.findall(r"`(.+?)`", names.lower())) == sorted(getattr(settings, setting))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("origin", "allowed"), [("https://app.example", "https://app.example"), ("https://evil.example", None)]
)
def test_only_listed_origins_may_follow_a_show_and_without_credentials(server, show, origin, allowed):
    with server.listen(f"/shows/{show.pk}/events/", Origin=origin) as stream:
        assert stream.event()["show"] == show.pk
        assert stream.response.headers["Access-Control-Allow-Origin"] == allowed
        assert stream.response.headers["Access-Control-Allow-Credentials"] is None
