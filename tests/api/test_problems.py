"""Every error of every path has the one form."""

import pytest
from django.db import OperationalError

from tests.assertions import assert_invalid, assert_problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/nope", "/nope/", "/shows/x/seats/", "/admin/nope/", "/static/nope.css", "/%00", "/\u00e9"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_path_is_not_found(admin_client, path, method):
    assert_problem(getattr(admin_client, method)(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/signup"),
        ("delete", "/login"),
        ("put", "/login/refresh"),
        ("post", "/livez"),
        ("post", "/swagger/"),
        ("post", "/schema/"),
        ("post", "/"),
        ("post", "/shows/1/seats/"),
        ("post", "/static/admin/css/base.css"),
    ],
)
def test_a_wrong_method_is_named_with_the_right_ones(anyone, method, path):
    response = getattr(anyone, method)(path)
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"]


@pytest.mark.parametrize("part", ["", "seats/", "availability/", "events/", "book/", "hold/", "hold/book/"])
def test_options_are_told(as_alice, as_staff, show, part):
    for caller in (as_alice, as_staff):
        assert caller.options(f"/shows/{show.pk}/{part}").status_code == 200


def test_an_error_that_comes_empty_from_elsewhere_gets_a_body(admin_client):
    response = admin_client.get("/admin/logout/")
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "POST, OPTIONS"


def test_a_wrong_content_type(anyone):
    response = anyone.post("/signup", "<xml/>", content_type="application/xml")
    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("body", ["{", "", "nonsense", '{"a": NaN}', '{"a": 1e999}', "[" * 20_000, "1" * 5000])
def test_malformed_json(anyone, body):
    response = anyone.post("/signup", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["code"] in {"parse_error", "invalid"}


def test_a_crash_is_a_500_that_tells_nothing(anyone, show, monkeypatch, caplog):
    """The one fault that the tests make: no request is known that does it."""
    anyone.raise_request_exception = False
    anyone.handler.raise_request_exception = False

    def crash(show):
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", crash)
    response = anyone.get(f"/shows/{show.pk}/seats/")
    body = assert_problem(response, 500, "server_error")
    assert "secret" not in str(body)
    assert "the secret inside" in caplog.text


def test_a_database_that_does_not_answer_is_503(anyone, show, monkeypatch):
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False

    def broken(show):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", broken)
    response = anyone.get(f"/shows/{show.pk}/seats/")
    body = assert_problem(response, 503, "unavailable")
    assert "closed" not in str(body)
    assert response["Retry-After"] == "1"


def test_a_host_that_is_not_ours(anyone):
    assert_problem(anyone.get("/movies/", headers={"Host": "evil.example"}), 400, "bad_request")


def test_errors_of_several_fields_are_told_together(anyone):
    body = assert_invalid(anyone.post("/signup", {"email": "x"}), "username", "password", "email")
    assert body["detail"].partition(":")[0] in body["errors"]
