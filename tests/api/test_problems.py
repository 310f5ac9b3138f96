"""Every error of every path is a problem with the same members."""

import pytest
from django.db import OperationalError

from tests.assertions import assert_invalid, assert_problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/nope", "/nope/", "/shows/x/seats/", "/admin/nope/", "/static/nope.css", "/%00", "/\u00e9"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_path_is_404(admin_client, path, method):
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
def test_wrong_method_is_405_with_the_allowed_methods(anyone, method, path):
    response = getattr(anyone, method)(path)
    problem = assert_problem(response, 405, "method_not_allowed")
    assert problem["detail"] == f'Method "{method.upper()}" not allowed.'
    assert response["Allow"]


@pytest.mark.parametrize("part", ["", "seats/", "availability/", "events/", "book/", "hold/", "hold/book/"])
def test_options_request_is_answered(as_alice, as_staff, show, part):
    for caller in (as_alice, as_staff):
        assert caller.options(f"/shows/{show.pk}/{part}").status_code == 200


def test_error_response_without_a_body_gets_one_and_keeps_its_headers(admin_client):
    response = admin_client.get("/admin/logout/")
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "POST, OPTIONS"


def test_unsatisfiable_range_of_a_static_file_is_a_problem(anyone):
    response = anyone.get("/static/admin/css/base.css", headers={"Range": "bytes=99999999-"})
    assert (response.status_code, response["Content-Type"]) == (416, "application/problem+json")
    assert response.json()["title"] == "Range Not Satisfiable"
    assert response.json()["code"] == "error"
    assert response["Content-Range"].startswith("bytes */")


def test_wrong_content_type_is_415(anyone):
    response = anyone.post("/signup", "<xml/>", content_type="application/xml")
    assert_problem(response, 415, "unsupported_media_type")


def test_exception_is_500_and_its_message_is_only_in_the_log(anyone, show, monkeypatch, caplog):
    """The tests patch a function to fail, because no request is known that causes a 500."""
    anyone.raise_request_exception = False
    anyone.handler.raise_request_exception = False

    def crash(show):
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", crash)
    response = anyone.get(f"/shows/{show.pk}/seats/")
    body = assert_problem(response, 500, "server_error")
    assert "secret" not in str(body)
    assert "the secret inside" in caplog.text


def test_unavailable_database_is_503_with_retry_after(anyone, show, monkeypatch):
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False

    def fail(show):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", fail)
    response = anyone.get(f"/shows/{show.pk}/seats/")
    body = assert_problem(response, 503, "unavailable")
    assert "closed" not in str(body)
    assert response["Retry-After"] == "1"


def test_unknown_host_is_400(anyone):
    assert_problem(anyone.get("/movies/", headers={"Host": "evil.example"}), 400, "bad_request")


def test_validation_error_lists_all_invalid_fields(anyone):
    body = assert_invalid(anyone.post("/signup", {"email": "x"}), "username", "password", "email")
    assert body["detail"].partition(":")[0] in body["errors"]
