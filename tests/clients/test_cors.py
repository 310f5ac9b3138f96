"""Pages of another origin: what clients/typescript/README.md promises them."""

import re

import pytest
from django.conf import settings

from tests.live_server import ROOT

README = (ROOT / "clients" / "typescript" / "README.md").read_text()


@pytest.mark.parametrize(("row", "setting"), [("send", "CORS_ALLOW_HEADERS"), ("read", "CORS_EXPOSE_HEADERS")])
def test_the_headers_that_it_names_are_those_of_the_settings(row, setting):
    (names,) = re.findall(rf"^\| a page may {row} \| (.+) \|$", README, re.MULTILINE)
    assert sorted(re.findall(r"`(.+?)`", names.lower())) == sorted(getattr(settings, setting))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("origin", "allowed"), [("https://app.example", "https://app.example"), ("https://evil.example", None)]
)
def test_a_listed_origin_may_follow_a_show_without_credentials(server, show, origin, allowed):
    with server.listen(f"/shows/{show.pk}/events/", Origin=origin) as stream:
        assert stream.event()["show"] == show.pk
        assert stream.response.headers["Access-Control-Allow-Origin"] == allowed
        assert stream.response.headers["Access-Control-Allow-Credentials"] is None
