"""Real responses match the OpenAPI schema: status, headers, media type and body."""

import json
import re

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError

from cinema.auth.reset_mail import reset_token
from tests.conftest import Caller
from tests.factories import BookingFactory, ShowFactory, permit
from tests.schema import schema_errors

User = get_user_model()


def operation_of(response):
    """The name of the operation that was called, as in the fixture `operations`."""
    path = re.sub("<id:(.+?)>", r"{\1}", response.resolver_match.route)
    return f"{response.request['REQUEST_METHOD']} /{path}"


def assert_matches_schema(schema, operations, response):
    """Asserts that the schema lists this status, body and headers for the operation that was called."""
    responses = operations[operation_of(response)]["responses"]
    assert responses["default"] == {"$ref": "#/components/responses/AnyCall"}
    documented = responses.get(str(response.status_code)) or schema["components"]["responses"]["AnyCall"]
    context = f"{operation_of(response)}: {response.status_code} {response.content!r}"
    for name, header in documented.get("headers", {}).items():
        assert name in response or not header.get("required"), (context, name)
    if "content" not in documented:
        assert not response.content, context
        return
    content = documented["content"][response["Content-Type"]]
    value = response.content.decode()
    if response["Content-Type"] != "text/event-stream":
        value = json.loads(value)
    assert schema_errors(schema, content["schema"], value) == [], context


@pytest.mark.django_db
def test_event_matches_the_schema(schema, operations, anyone, show):
    part = operations["GET /shows/{show_id}/events/"]["x-event-data"]
    assert part == {"$ref": "#/components/schemas/SeatsChanged"}
    stream = anyone.get(f"/shows/{show.pk}/events/").content.decode()
    event = json.loads(re.search("^data: (.+)$", stream, re.MULTILINE)[1])
    assert schema_errors(schema, part, event) == []
    assert set(event) == set(schema["components"]["schemas"]["SeatsChanged"]["properties"])


@pytest.fixture
def call(db, schema, operations):
    """Sends a request; asserts the response's status and code, and that it matches the schema."""

    def call(caller, method, path, body=None, status=200, code=None, **headers):
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        response = caller.generic(method, path, **data, headers=headers)
        assert response.status_code == status, response.content
        assert code is None or response.json()["code"] == code
        assert_matches_schema(schema, operations, response)
        return response

    return call


def test_account_responses_match_the_schema(call, anyone, throttle):
    account = {"username": "carol", "password": "plum-tart-42"}
    call(anyone, "POST", "/signup", account, 201)
    call(anyone, "POST", "/signup", account, 400, "invalid")
    tokens = call(anyone, "POST", "/login", account).json()
    call(anyone, "POST", "/login", account | {"password": "no"}, 401, "no_active_account")
    new = call(anyone, "POST", "/login/refresh", {"refresh": tokens["refresh"]}).json()
    call(anyone, "POST", "/login/refresh", {"refresh": tokens["refresh"]}, 401, "token_not_valid")
    call(anyone, "POST", "/logout", {"refresh": new["refresh"]}, 401, "not_authenticated")
    bearer = f"Bearer {new['access']}"
    call(anyone, "POST", "/logout", {"refresh": new["refresh"]}, 204, Authorization=bearer)
    call(anyone, "GET", "/me", status=401, code="not_authenticated")
    call(anyone, "GET", "/me", Authorization=bearer)
    call(anyone, "PATCH", "/me", {"email": "x"}, 400, "invalid", Authorization=bearer)
    call(anyone, "PATCH", "/me", {"email": "carol@example.com"}, Authorization=bearer)
    call(anyone, "DELETE", "/me", {"password": "no"}, 400, "invalid", Authorization=bearer)
    passwords = {"old_password": account["password"], "new_password": "pear-tart-43"}
    call(anyone, "POST", "/me/password", passwords, 204, Authorization=bearer)
    call(anyone, "POST", "/me/password", passwords, 401, "token_not_valid", Authorization=bearer)
    call(anyone, "POST", "/password/forgotten", {"email": "x"}, 400, "invalid")
    call(anyone, "POST", "/password/forgotten", {"email": "nobody@example.com"}, 202)
    reset = {"token": reset_token(User.objects.get(username="carol")), "new_password": "fig-tart-44"}
    call(anyone, "POST", "/password/reset", reset | {"new_password": "x"}, 400, "invalid")
    call(anyone, "POST", "/password/reset", reset, 204)
    call(anyone, "POST", "/password/reset", reset, 400, "invalid")
    throttle("signup", "0/hour")
    call(anyone, "POST", "/signup", account, 429, "throttled")


def test_movie_and_show_responses_match_the_schema(call, anyone, as_alice, as_staff):
    film = {"title": "Vertigo", "duration_minutes": 128}
    new_show = {"screen_name": "Screen 1", "date_time": "2030-01-01T18:00Z", "total_seats": 3}
    call(as_alice, "POST", "/movies/", film, 403, "permission_denied")
    movie = f"/movies/{call(as_staff, 'POST', '/movies/', film, 201).json()['id']}/"
    call(as_staff, "POST", "/movies/", film, 201)
    call(anyone, "GET", "/movies/?page_size=1&page=2")
    call(anyone, "GET", "/movies/?page=9", status=404, code="not_found")
    call(anyone, "GET", movie)
    call(as_staff, "PATCH", movie, {"title": ""}, 400, "invalid")
    call(as_staff, "PATCH", movie, {"title": "Rope"})
    show_id = call(as_staff, "POST", f"{movie}shows/", new_show, 201).json()["id"]
    show = f"/shows/{show_id}/"
    call(anyone, "GET", f"{movie}shows/")
    call(anyone, "GET", f"{movie}shows/?upcoming=x", status=400, code="invalid")
    call(anyone, "GET", show)
    call(as_staff, "PATCH", show, {"total_seats": 4})

    booking = call(as_alice, "POST", f"{show}book/", {"seat_number": 4}, 201).json()["id"]
    call(as_staff, "PATCH", show, {"total_seats": 3}, 409, "seats_in_use")
    call(as_staff, "DELETE", show, status=409, code="has_bookings")
    call(as_staff, "DELETE", movie, status=409, code="has_bookings")
    call(as_alice, "POST", f"/bookings/{booking}/cancel/")
    call(as_alice, "POST", f"{show}cancel/", {}, 403, "permission_denied")
    call(as_staff, "POST", f"{show}cancel/", {"reason": None}, 400, "invalid")
    call(as_staff, "POST", f"{show}cancel/", {"reason": "A defect"})
    call(as_staff, "POST", f"{show}cancel/", {}, 409, "already_cancelled")
    call(as_staff, "PATCH", show, {"total_seats": 5}, 409, "show_cancelled")
    call(as_alice, "POST", f"{show}book/", {"seat_number": 1}, 409, "show_cancelled")
    call(as_staff, "DELETE", show, status=204)
    call(as_staff, "DELETE", movie, status=204)


def test_seat_map_responses_match_the_schema(call, anyone, show):
    for name in ("seats", "availability"):
        path = f"/shows/{show.pk}/{name}/"
        call(anyone, "GET", path, status=304, If_None_Match=call(anyone, "GET", path)["ETag"])
    call(anyone, "GET", f"/shows/{show.pk}/events/")
    call(anyone, "GET", f"/shows/{show.pk}/events/?since=x", status=400, code="invalid")
    call(anyone, "GET", "/shows/99999/events/", status=404, code="not_found")
    call(anyone, "GET", f"/events/?shows={show.pk}")
    call(anyone, "GET", "/events/", status=400, code="invalid")
    call(anyone, "GET", "/events/?shows=99999", status=404, code="not_found")
    call(anyone, "GET", "/livez")
    call(anyone, "GET", "/readyz")


def test_hold_responses_match_the_schema(call, as_alice, as_bob, show):
    hold = f"/shows/{show.pk}/hold/"
    call(as_bob, "PUT", hold, {"seat_numbers": [5, 6]})
    call(as_bob, "GET", hold)
    call(as_alice, "GET", hold, status=404, code="no_hold")
    call(as_alice, "GET", f"{hold}?allow_empty=true", status=204)
    call(as_alice, "GET", f"{hold}?allow_empty=x", status=400, code="invalid")
    call(as_alice, "PUT", hold, {}, 400, "invalid")
    call(as_alice, "PUT", hold, {"seat_numbers": [6, 7]}, 409, "seat_held")
    call(as_alice, "PUT", hold, {"best": 10}, 409, "no_adjacent_seats")
    call(as_alice, "PUT", hold, {"best": 2})
    call(as_alice, "DELETE", hold, status=204)
    call(as_bob, "POST", f"{hold}book/", status=201, Idempotency_Key="k")
    call(as_bob, "POST", f"{hold}book/", status=201, Idempotency_Key="k")
    call(as_bob, "POST", f"{hold}book/", status=404, code="no_hold")


def test_till_responses_match_the_schema(call, anyone, as_alice, sam, show):
    clerk = Caller(permit(sam, "sell_seats", "view_booking"))
    sell, body = f"/shows/{show.pk}/sell/", {"seat_numbers": [5, 6], "guest_name": "Rosa"}
    call(anyone, "POST", sell, body, 401, "not_authenticated")
    call(as_alice, "POST", sell, body, 403, "permission_denied")
    sold = call(clerk, "POST", sell, body, 201, Idempotency_Key="k").json()
    call(clerk, "POST", sell, body, 201, Idempotency_Key="k")
    call(clerk, "POST", sell, {"seat_numbers": [7]}, 422, "idempotency_key_reused", Idempotency_Key="k")
    call(clerk, "POST", sell, body, 409, "seat_taken")
    call(clerk, "POST", sell, {"seat_numbers": []}, 400, "invalid")
    call(clerk, "POST", sell, {"seat_numbers": [13]}, 400, "seat_not_found")
    call(clerk, "POST", sell, {"seat_numbers": [7], "kinds": {"7": "Adult"}}, 400, "no_such_price")
    call(clerk, "GET", f"/bookings/{sold[0]['id']}/")
    call(as_alice, "GET", f"/bookings/{sold[0]['id']}/", status=404, code="not_found")


def test_booking_responses_match_the_schema(call, as_alice, as_bob, bob, show, throttle):
    book = f"/shows/{show.pk}/book/"
    BookingFactory(user=bob, show=show, seat_number=5)
    booking = call(as_alice, "POST", book, {"seat_number": 1}, 201, Idempotency_Key="k").json()["id"]
    call(as_alice, "POST", book, {"seat_number": 2}, 422, "idempotency_key_reused", Idempotency_Key="k")
    call(as_alice, "POST", book, {"seat_number": 1}, 409, "already_yours")
    call(as_alice, "POST", book, {"seat_number": 5}, 409, "seat_taken")
    call(as_alice, "POST", book, {"seat_number": 13}, 400, "seat_not_found")
    call(as_alice, "POST", "/shows/99999/book/", {"seat_number": 1}, 404, "not_found")
    book_started_show = f"/shows/{ShowFactory(begun=True).pk}/book/"
    call(as_alice, "POST", book_started_show, {"seat_number": 1}, 409, "show_started")
    call(as_alice, "GET", "/my-bookings/")
    call(as_alice, "GET", "/my-bookings/?status=x", status=400, code="invalid")
    move = f"/bookings/{booking}/move/"
    call(as_alice, "POST", move, {"seat_number": 2})
    call(as_alice, "POST", move, {"seat_number": 5}, 409, "seat_taken")
    call(as_alice, "POST", move, {"seat_number": 13}, 400, "seat_not_found")
    call(as_bob, "POST", move, {"seat_number": 2}, 404, "not_found")
    call(as_bob, "POST", f"/bookings/{booking}/cancel/", status=404, code="not_found")
    call(as_alice, "POST", f"/bookings/{booking}/cancel/")
    call(as_alice, "POST", f"/bookings/{booking}/cancel/", status=409, code="already_cancelled")
    throttle("booking", "1/min")
    call(as_alice, "POST", book, {"seat_number": 1}, 201)
    call(as_alice, "POST", book, {"seat_number": 1}, 429, "throttled")


@pytest.mark.parametrize("path", ["/movies/", "/shows/1/availability/", "/shows/1/seats/"])
@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Host": "evil.example"}, 400, "bad_request"),
        ({"Transfer_Encoding": "chunked"}, 411, "length_required"),
        ({"Content_Length": "999999999"}, 413, "body_too_large"),
    ],
)
def test_problem_of_any_call_matches_the_schema(call, anyone, path, headers, status, code):
    call(anyone, "GET", path, status=status, code=code, **headers)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(RuntimeError("a fault"), 500, "server_error"), (OperationalError("gone"), 503, "unavailable")],
)
def test_server_failure_matches_the_schema(call, anyone, show, monkeypatch, error, status, code):
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False

    def fail(show):
        raise error

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", fail)
    call(anyone, "GET", f"/shows/{show.pk}/seats/", status=status, code=code)
