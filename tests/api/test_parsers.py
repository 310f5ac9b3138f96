"""Malformed bodies are answered with 400, and any `Accept` header gets JSON."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("body", ["{", "", "nonsense", '{"a": NaN}', '{"a": 1e999}', "[" * 20_000, "1" * 5000])
def test_malformed_json_is_400(anyone, body):
    response = anyone.post("/signup", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["code"] in {"parse_error", "invalid"}


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n\r\n--x--", b"\x00" * 100])
@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_malformed_multipart_is_400(as_alice, show, content_type, body):
    response = as_alice.post(f"/shows/{show.pk}/book/", body, content_type=content_type)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "*/*;q=x", ""])
def test_every_accept_header_gets_json(anyone, accept):
    response = anyone.get("/movies/", headers={"Accept": accept})
    assert response["Content-Type"] == "application/json"


def test_unknown_format_in_the_query_gets_json(anyone):
    response = anyone.get("/movies/?format=xml")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
