"""The OpenAPI schema says what the API does."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.db import OperationalError
from jsonschema import Draft202012Validator

from tests.factories import BookingFactory, ShowFactory

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = {
    *("POST /signup", "POST /login", "POST /login/refresh", "POST /logout"),
    *("GET /movies/", "POST /movies/"),
    *("GET /movies/{movie_id}/", "PATCH /movies/{movie_id}/", "DELETE /movies/{movie_id}/"),
    *("GET /movies/{movie_id}/shows/", "POST /movies/{movie_id}/shows/"),
    *("GET /shows/{show_id}/", "PATCH /shows/{show_id}/", "DELETE /shows/{show_id}/"),
    *("GET /shows/{show_id}/seats/", "GET /shows/{show_id}/availability/"),
    *("GET /shows/{show_id}/events/", "POST /shows/{show_id}/book/"),
    *("PUT /shows/{show_id}/hold/", "GET /shows/{show_id}/hold/", "DELETE /shows/{show_id}/hold/"),
    "POST /shows/{show_id}/hold/book/",
    *("GET /my-bookings/", "POST /bookings/{booking_id}/cancel/"),
    *("GET /livez", "GET /readyz"),
}


@pytest.fixture(scope="module")
def written():
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def schema(written):
    return yaml.safe_load(written)


@pytest.fixture(scope="module")
def operations(schema):
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


def codes(operation, status):
    content = operation["responses"][status]["content"]["application/problem+json"]
    return {example["value"]["code"] for example in content["examples"].values()}


def problems(schema, operations):
    """Every answer that is an error, `default` once."""
    any_call = schema["components"]["responses"]["AnyCall"]
    answers = {("any call", "default"): any_call["content"]["application/problem+json"]}
    for name, operation in operations.items():
        for status, response in operation["responses"].items():
            if status.isdecimal() and status >= "400":
                answers[name, status] = response["content"]["application/problem+json"]
    return answers


def faults(schema, part, value):
    """What of a value does not fit a part of the schema."""
    whole = json_schema(part | {"components": schema["components"]})
    validator = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(value)]


def json_schema(part):
    """OpenAPI 3.0 says `nullable` where JSON Schema has another type."""
    if isinstance(part, list):
        return [json_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    part = {key: json_schema(value) for key, value in part.items()}
    if part.get("nullable") is True:
        part["type"] = [part["type"], "null"]
    return part


def operation_of(response):
    """The operation that was called, by the name that it has here."""
    path = re.sub("<id:(.+?)>", r"{\1}", response.resolver_match.route)
    return f"{response.request['REQUEST_METHOD']} /{path}"


def assert_fits(schema, operations, response):
    """The answer is one of those that the schema has for the call."""
    answers = operations[operation_of(response)]["responses"]
    assert answers["default"] == {"$ref": "#/components/responses/AnyCall"}
    answer = answers.get(str(response.status_code)) or schema["components"]["responses"]["AnyCall"]
    where = f"{operation_of(response)}: {response.status_code} {response.content!r}"
    for name, header in answer.get("headers", {}).items():
        assert name in response or not header.get("required"), (where, name)
    if "content" not in answer:
        assert not response.content, where
        return
    content = answer["content"][response["Content-Type"]]
    value = response.content.decode()
    if response["Content-Type"] != "text/event-stream":
        value = json.loads(value)
    assert faults(schema, content["schema"], value) == [], where


def test_the_committed_schema_is_up_to_date(written):
    assert (ROOT / "openapi.yaml").read_text() == written


def test_it_has_every_operation_of_the_contract_and_no_other(operations):
    assert set(operations) == OPERATIONS


def test_every_operation_is_complete(operations, schema):
    tags = [tag["name"] for tag in schema["tags"]]
    for name, operation in operations.items():
        assert operation["summary"], name
        assert set(operation["tags"]) <= set(tags), name
        method = name.split()[0]
        if method in {"POST", "PUT", "PATCH"} and not name.endswith(("/cancel/", "/hold/book/")):
            body = operation["requestBody"]["content"]
            assert set(body) == {
                "application/json",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
            }
            assert "$ref" in body["application/json"]["schema"], name
            assert body["application/json"]["examples"], name
        for status, response in operation["responses"].items():
            if status == "default":
                assert response == {"$ref": "#/components/responses/AnyCall"}
            elif status in {"204", "304"}:
                assert "content" not in response
            elif name == "GET /shows/{show_id}/events/" and status == "200":
                assert response["content"]["text/event-stream"]["examples"]
            elif status < "400":
                answer = response["content"]["application/json"]["schema"]
                assert "$ref" in answer or "$ref" in answer["items"], name
            else:
                content = response["content"]["application/problem+json"]
                statuses = {example["value"]["status"] for example in content["examples"].values()}
                assert statuses == {int(status)}


def test_tags_stand_in_the_order_of_the_flow(schema, operations):
    order = [tag["name"] for tag in schema["tags"]]
    assert order == ["Account", "Movies", "Shows", "Seat map", "Holds", "Bookings", "Health"]
    assert {operation["tags"][0] for operation in operations.values()} == set(order)


def test_the_closed_operations_ask_for_a_token_and_the_open_ones_do_not(operations, schema):
    closed = {name for name, operation in operations.items() if operation.get("security") == [{"jwtAuth": []}]}
    writes = {name for name in OPERATIONS if name.split()[0] != "GET"}
    closed_reads = {"GET /my-bookings/", "GET /shows/{show_id}/hold/"}
    assert closed == (writes | closed_reads) - {"POST /signup", "POST /login", "POST /login/refresh"}
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert schema["components"]["securitySchemes"]["jwtAuth"] == scheme


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("POST /signup", "400", {"invalid", "parse_error", "bad_request"}),
        ("POST /signup", "429", {"throttled"}),
        ("POST /login", "401", {"no_active_account"}),
        ("POST /login", "429", {"throttled"}),
        ("POST /login/refresh", "401", {"token_not_valid"}),
        ("POST /movies/", "403", {"permission_denied"}),
        ("DELETE /movies/{movie_id}/", "409", {"has_bookings"}),
        ("PATCH /shows/{show_id}/", "409", {"seats_in_use"}),
        ("DELETE /shows/{show_id}/", "409", {"has_bookings"}),
        ("GET /shows/{show_id}/seats/", "404", {"not_found"}),
        ("POST /shows/{show_id}/book/", "400", {"seat_not_found", "invalid", "parse_error", "bad_request"}),
        ("POST /shows/{show_id}/book/", "401", {"not_authenticated", "token_not_valid"}),
        ("POST /shows/{show_id}/book/", "404", {"not_found"}),
        (
            "POST /shows/{show_id}/book/",
            "409",
            {"seat_taken", "seat_held", "seat_blocked", "already_yours", "show_started", "leaves_single_seat"},
        ),
        (
            "PUT /shows/{show_id}/hold/",
            "409",
            {"seat_taken", "seat_held", "seat_blocked", "show_started"}
            | {"no_adjacent_seats", "leaves_single_seat"},
        ),
        ("PUT /shows/{show_id}/hold/", "400", {"seat_not_found", "invalid", "parse_error", "bad_request"}),
        ("GET /shows/{show_id}/hold/", "404", {"no_hold", "not_found"}),
        ("POST /shows/{show_id}/hold/book/", "404", {"no_hold", "not_found"}),
        ("POST /shows/{show_id}/hold/book/", "409", {"show_started"}),
        ("POST /shows/{show_id}/book/", "422", {"idempotency_key_reused"}),
        ("POST /bookings/{booking_id}/cancel/", "404", {"not_found"}),
        ("POST /bookings/{booking_id}/cancel/", "409", {"already_cancelled", "show_started"}),
        ("GET /my-bookings/", "400", {"invalid", "bad_request"}),
        ("GET /readyz", "503", {"unavailable"}),
    ],
)
def test_every_error_code_of_an_operation_is_shown(operations, name, status, expected):
    assert codes(operations[name], status) == expected


def test_a_code_is_narrowed_to_those_of_its_answer(schema, operations):
    for where, content in problems(schema, operations).items():
        shown = [example["value"]["code"] for example in content["examples"].values()]
        problem, narrow = content["schema"]["allOf"]
        assert problem == {"$ref": "#/components/schemas/Problem"}, where
        assert narrow["properties"] == {"code": {"type": "string", "enum": shown}}, where
        assert narrow["required"] == ["code"]


def test_every_example_of_an_error_fits_its_answer(schema, operations):
    for where, content in problems(schema, operations).items():
        for example in content["examples"].values():
            assert faults(schema, content["schema"], example["value"]) == [], where


def test_booking_a_hold_answers_with_a_plain_array(operations):
    operation = operations["POST /shows/{show_id}/hold/book/"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["show_id"]
    answer = operation["responses"]["201"]["content"]["application/json"]
    assert answer["schema"] == {"type": "array", "items": {"$ref": "#/components/schemas/Booking"}}
    (example,) = answer["examples"].values()
    assert [booking["seat_number"] for booking in example["value"]] == [12]


def test_a_page_always_has_all_its_parts(schema, written):
    pages = [part for name, part in schema["components"]["schemas"].items() if name.startswith("Paginated")]
    assert len(pages) == 3
    for page in pages:
        assert page["required"] == list(page["properties"]) == ["count", "next", "previous", "results"]
    assert "example.org" not in written


def test_an_account_is_answered_whole(schema):
    account = schema["components"]["schemas"]["Account"]
    assert sorted(account["required"]) == sorted(account["properties"]) == ["email", "id", "username"]
    assert all(part["readOnly"] for part in account["properties"].values())
    assert {part["type"] for part in account["properties"].values()} == {"integer", "string"}


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({"seat_numbers": [5, 6]}, True),
        ({"best": 3}, True),
        ({"best": 3, "category": "Box", "accessible": None}, True),
        ({}, False),
        ({"seat_numbers": []}, False),
        ({"category": "Box"}, False),
        ({"best": 3, "seat_numbers": [5, 6]}, False),
    ],
)
def test_seats_are_wanted_by_number_or_as_the_best(schema, operations, wanted, fits):
    request = operations["PUT /shows/{show_id}/hold/"]["requestBody"]
    assert request["required"]
    body = request["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/SeatsWantedRequest"}
    assert (faults(schema, body, wanted) == []) is fits


def test_what_components_say_is_meant_for_callers(schema):
    parts = schema["components"]["schemas"].items()
    said = {name: part["description"] for name, part in parts if "description" in part and "enum" not in part}
    assert said == {
        "LoginRequest": "The username is case-insensitive.",
        "LogoutRequest": "Your own refresh token.",
        "Problem": "An error, as RFC 9457 has it.",
        "RefreshRequest": "Valid once. The response contains a new one.",
        "SeatsWantedRequest": "Either `seat_numbers` or `best`.",
    }


def test_the_headers_that_callers_need_are_declared(operations):
    declared = {}
    for name, operation in operations.items():
        for status, response in operation["responses"].items():
            for header in response.get("headers", {}):
                declared.setdefault((header, status), set()).add(name)

    closed = {name for name, operation in operations.items() if "401" in operation["responses"]}
    throttled = {name for name, operation in operations.items() if "429" in operation["responses"]}
    by_version = {"GET /shows/{show_id}/seats/", "GET /shows/{show_id}/availability/"}
    assert declared == {
        ("WWW-Authenticate", "401"): closed,
        ("ETag", "200"): by_version,
        ("ETag", "304"): by_version,
        ("Retry-After", "409"): {"POST /shows/{show_id}/book/", "PUT /shows/{show_id}/hold/"},
        ("Retry-After", "429"): throttled,
        ("Retry-After", "503"): OPERATIONS,
    }


@pytest.mark.django_db
def test_an_event_is_as_the_schema_says(schema, operations, anyone, show):
    part = operations["GET /shows/{show_id}/events/"]["x-event-data"]
    assert part == {"$ref": "#/components/schemas/SeatsChanged"}
    answer = anyone.get(f"/shows/{show.pk}/events/").content.decode()
    event = json.loads(re.search("^data: (.+)$", answer, re.MULTILINE)[1])
    assert faults(schema, part, event) == []
    assert set(event) == set(schema["components"]["schemas"]["SeatsChanged"]["properties"])


@pytest.fixture
def call(db, schema, operations):
    """Calls, and asserts that the answer is as expected and one that the schema has for the call."""

    def call(caller, method, path, body=None, status=200, code=None, **headers):
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = caller.generic(method, path, **content, headers=headers)
        assert answer.status_code == status, answer.content
        assert code is None or answer.json()["code"] == code
        assert_fits(schema, operations, answer)
        return answer

    return call


def test_answers_about_accounts_are_as_the_schema_says(call, anyone, throttle):
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
    throttle("signup", "0/hour")
    call(anyone, "POST", "/signup", account, 429, "throttled")


def test_answers_about_movies_and_shows_are_as_the_schema_says(call, anyone, as_alice, as_staff):
    film = {"title": "Vertigo", "duration_minutes": 128}
    hall = {"screen_name": "Screen 1", "date_time": "2030-01-01T18:00Z", "total_seats": 3}
    call(as_alice, "POST", "/movies/", film, 403, "permission_denied")
    movie = f"/movies/{call(as_staff, 'POST', '/movies/', film, 201).json()['id']}/"
    call(as_staff, "POST", "/movies/", film, 201)
    call(anyone, "GET", "/movies/?page_size=1&page=2")
    call(anyone, "GET", "/movies/?page=9", status=404, code="not_found")
    call(anyone, "GET", movie)
    call(as_staff, "PATCH", movie, {"title": ""}, 400, "invalid")
    call(as_staff, "PATCH", movie, {"title": "Rope"})
    show = call(as_staff, "POST", f"{movie}shows/", hall, 201).json()["id"]
    here = f"/shows/{show}/"
    call(anyone, "GET", f"{movie}shows/")
    call(anyone, "GET", f"{movie}shows/?upcoming=x", status=400, code="invalid")
    call(anyone, "GET", here)
    call(as_staff, "PATCH", here, {"total_seats": 4})

    booking = call(as_alice, "POST", f"{here}book/", {"seat_number": 4}, 201).json()["id"]
    call(as_staff, "PATCH", here, {"total_seats": 3}, 409, "seats_in_use")
    call(as_staff, "DELETE", here, status=409, code="has_bookings")
    call(as_staff, "DELETE", movie, status=409, code="has_bookings")
    call(as_alice, "POST", f"/bookings/{booking}/cancel/")
    call(as_staff, "DELETE", here, status=204)
    call(as_staff, "DELETE", movie, status=204)


def test_answers_about_seat_maps_are_as_the_schema_says(call, anyone, show):
    for name in ("seats", "availability"):
        path = f"/shows/{show.pk}/{name}/"
        call(anyone, "GET", path, status=304, If_None_Match=call(anyone, "GET", path)["ETag"])
    call(anyone, "GET", f"/shows/{show.pk}/events/")
    call(anyone, "GET", f"/shows/{show.pk}/events/?since=x", status=400, code="invalid")
    call(anyone, "GET", "/shows/99999/events/", status=404, code="not_found")
    call(anyone, "GET", "/livez")
    call(anyone, "GET", "/readyz")


def test_answers_about_holds_are_as_the_schema_says(call, as_alice, as_bob, show):
    held = f"/shows/{show.pk}/hold/"
    call(as_bob, "PUT", held, {"seat_numbers": [5, 6]})
    call(as_bob, "GET", held)
    call(as_alice, "GET", held, status=404, code="no_hold")
    call(as_alice, "PUT", held, {}, 400, "invalid")
    call(as_alice, "PUT", held, {"seat_numbers": [6, 7]}, 409, "seat_held")
    call(as_alice, "PUT", held, {"best": 10}, 409, "no_adjacent_seats")
    call(as_alice, "PUT", held, {"best": 2})
    call(as_alice, "DELETE", held, status=204)
    call(as_bob, "POST", f"{held}book/", status=201)
    call(as_bob, "POST", f"{held}book/", status=404, code="no_hold")


def test_answers_about_bookings_are_as_the_schema_says(call, as_alice, as_bob, bob, show, throttle):
    book = f"/shows/{show.pk}/book/"
    BookingFactory(user=bob, show=show, seat_number=5)
    booking = call(as_alice, "POST", book, {"seat_number": 1}, 201, Idempotency_Key="k").json()["id"]
    call(as_alice, "POST", book, {"seat_number": 2}, 422, "idempotency_key_reused", Idempotency_Key="k")
    call(as_alice, "POST", book, {"seat_number": 1}, 409, "already_yours")
    call(as_alice, "POST", book, {"seat_number": 5}, 409, "seat_taken")
    call(as_alice, "POST", book, {"seat_number": 13}, 400, "seat_not_found")
    call(as_alice, "POST", "/shows/99999/book/", {"seat_number": 1}, 404, "not_found")
    begun = f"/shows/{ShowFactory(begun=True).pk}/book/"
    call(as_alice, "POST", begun, {"seat_number": 1}, 409, "show_started")
    call(as_alice, "GET", "/my-bookings/")
    call(as_alice, "GET", "/my-bookings/?status=x", status=400, code="invalid")
    call(as_bob, "POST", f"/bookings/{booking}/cancel/", status=404, code="not_found")
    call(as_alice, "POST", f"/bookings/{booking}/cancel/")
    call(as_alice, "POST", f"/bookings/{booking}/cancel/", status=409, code="already_cancelled")
    throttle("booking", "1/min")
    call(as_alice, "POST", book, {"seat_number": 1}, 201)
    call(as_alice, "POST", book, {"seat_number": 1}, 429, "throttled")


@pytest.mark.parametrize("path", ["/movies/", "/livez", "/shows/1/seats/"])
@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Host": "evil.example"}, 400, "bad_request"),
        ({"Transfer_Encoding": "chunked"}, 411, "length_required"),
        ({"Content_Length": "999999999"}, 413, "body_too_large"),
    ],
)
def test_what_any_call_may_answer_is_in_the_schema(call, anyone, path, headers, status, code):
    call(anyone, "GET", path, status=status, code=code, **headers)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [(RuntimeError("a fault"), 500, "server_error"), (OperationalError("gone"), 503, "unavailable")],
)
def test_a_failure_is_in_the_schema(call, anyone, show, monkeypatch, fault, status, code):
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False

    def fail(show):
        raise fault

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", fail)
    call(anyone, "GET", f"/shows/{show.pk}/seats/", status=status, code=code)
