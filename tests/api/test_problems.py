"""Every error of every path is a problem with the same members."""

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError

from tests.assertions import assert_invalid, assert_problem
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory
from tests.security.operations import BODY, schema_operations, send

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
    assert problem["detail"] == f'Method "{method.upper()}" not allowed. Use one that the header Allow lists.'
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


OPERATIONS_BY_ID = [operation for operation in schema_operations() if "{" in operation.path]
STAFF_PERMISSIONS = ["change_seat", "admit_booking", "view_booking", "sell_seats"]
VALID_BODY = BODY | {
    "blocked": True,
    "screen_name": "Annex",
    "date_time": "2031-01-01T18:00Z",
    "total_seats": 3,
    "duration_minutes": 90,
}


@pytest.mark.parametrize("operation", OPERATIONS_BY_ID, ids=str)
def test_missing_row_is_the_same_problem_in_every_call(as_staff, sam, operation, monkeypatch):
    """Only a release answers as if it had released something, because it may come after the deletion."""
    monkeypatch.setattr("tests.security.operations.BODY", VALID_BODY)
    sam.user_permissions.add(*Permission.objects.filter(codename__in=STAFF_PERMISSIONS))
    response = send(
        as_staff, operation, ShowFactory.build(pk=UNUSED_ID, movie__pk=UNUSED_ID), booking=UNUSED_ID
    )
    if (operation.method, operation.path) == ("delete", "/shows/{show_id}/hold/"):
        assert response.status_code == 204
        return
    missing = {"show": "There is no such show.", "movie": "There is no such movie."}
    missing |= {"price": "There is no such price list."}
    texts = missing | {"booking": "You have no such booking."}
    name = operation.path.partition("{")[2].partition("_")[0]
    assert assert_problem(response, 404, "not_found")["detail"] == texts[name]


def test_hold_of_an_existing_show_without_held_seats_is_no_hold(as_alice, show):
    assert_problem(as_alice.get(f"/shows/{show.pk}/hold/"), 404, "no_hold")
    assert_problem(as_alice.post(f"/shows/{show.pk}/hold/book/"), 404, "no_hold")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/movies/?page=x", "page"),
        ("/movies/?page=0", "page"),
        ("/movies/?page_size=-1", "page_size"),
        ("/movies/{movie}/shows/?page=1.5", "page"),
        ("/movies/{movie}/shows/?upcoming=maybe", "upcoming"),
        ("/movies/{movie}/shows/?upcoming=2", "upcoming"),
        ("/my-bookings/?status=held", "status"),
        ("/my-bookings/?status=Booked", "status"),
        ("/my-bookings/?page=-1", "page"),
        ("/shows/{show}/events/?since=x", "since"),
        ("/shows/{show}/events/?since=-1", "since"),
        ("/shows/{show}/events/?once=maybe", "once"),
        ("/events/?shows={show}&once=maybe", "once"),
        ("/shows/{show}/hold/?allow_empty=maybe", "allow_empty"),
    ],
)
def test_filter_that_makes_no_sense_is_invalid(as_alice, show, path, field):
    assert_invalid(as_alice.get(path.format(movie=show.movie_id, show=show.pk)), field)


@pytest.mark.parametrize("query", ["", "?status=", "?status=booked", "?seat=1", "?status=booked&sort=title"])
def test_empty_filters_and_unknown_parameters_are_ignored(as_alice, alice, show, query):
    BookingFactory(user=alice, show=show)
    assert as_alice.get(f"/my-bookings/{query}").json()["count"] == 1
