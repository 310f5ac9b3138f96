"""The OpenAPI schema is complete, and real responses match it."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError
from jsonschema import Draft202012Validator

from cinema.auth.reset_mail import reset_token
from tests.factories import BookingFactory, ShowFactory

User = get_user_model()
ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = {
    *("POST /signup", "POST /login", "POST /login/refresh", "POST /logout"),
    *("GET /me", "PATCH /me", "DELETE /me", "POST /me/password"),
    *("POST /password/forgotten", "POST /password/reset"),
    *("GET /movies/", "POST /movies/"),
    *("GET /movies/{movie_id}/", "PATCH /movies/{movie_id}/", "DELETE /movies/{movie_id}/"),
    *("GET /movies/{movie_id}/shows/", "POST /movies/{movie_id}/shows/"),
    *("GET /shows/", "GET /screens/", "GET /config/"),
    *("GET /shows/{show_id}/", "PATCH /shows/{show_id}/", "DELETE /shows/{show_id}/"),
    "PATCH /shows/{show_id}/seats/",
    *("GET /shows/{show_id}/seats/", "GET /shows/{show_id}/availability/"),
    *("GET /shows/{show_id}/events/", "GET /events/", "POST /shows/{show_id}/book/"),
    *("PUT /shows/{show_id}/hold/", "GET /shows/{show_id}/hold/", "DELETE /shows/{show_id}/hold/"),
    "POST /shows/{show_id}/hold/book/",
    "GET /bookings/{booking_id}/",
    *("GET /my-bookings/", "POST /bookings/{booking_id}/cancel/"),
    *("GET /livez", "GET /readyz"),
}


@pytest.fixture(scope="module")
def operations(schema):
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


def codes_of(operation, status):
    """The problem codes that an operation shows for a status."""
    content = operation["responses"][status]["content"]["application/problem+json"]
    return {example["value"]["code"] for example in content["examples"].values()}


def problem_contents(schema, operations):
    """The content of every problem response by operation and status, with the shared `default` once."""
    any_call = schema["components"]["responses"]["AnyCall"]
    contents = {("any call", "default"): any_call["content"]["application/problem+json"]}
    for name, operation in operations.items():
        for status, response in operation["responses"].items():
            if status.isdecimal() and status >= "400":
                contents[name, status] = response["content"]["application/problem+json"]
    return contents


def schema_errors(schema, part, value):
    """The messages of all errors of a value against a part of the schema."""
    document = part | {"components": schema["components"]}
    validator = Draft202012Validator(document, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(value)]


def operation_of(response):
    """The name of the operation that was called, as in `OPERATIONS`."""
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


def test_committed_schema_is_up_to_date(schema_text):
    assert (ROOT / "openapi.yaml").read_text() == schema_text


def test_schema_has_exactly_the_operations_of_the_contract(operations):
    assert set(operations) == OPERATIONS


def test_every_operation_has_summary_tags_bodies_and_examples(operations, schema):
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
            elif name in {"GET /shows/{show_id}/events/", "GET /events/"} and status == "200":
                assert response["content"]["text/event-stream"]["examples"]
            elif status < "400":
                body = response["content"]["application/json"]["schema"]
                assert "$ref" in body or "$ref" in body["items"], name
            else:
                content = response["content"]["application/problem+json"]
                statuses = {example["value"]["status"] for example in content["examples"].values()}
                assert statuses == {int(status)}


def test_tags_are_in_the_order_in_which_a_visitor_uses_them(schema, operations):
    order = [tag["name"] for tag in schema["tags"]]
    assert order == ["Account", "Movies", "Shows", "Seat map", "Holds", "Bookings", "Health"]
    assert {operation["tags"][0] for operation in operations.values()} == set(order)


def test_only_protected_operations_require_a_token(operations, schema):
    protected = {
        name for name, operation in operations.items() if operation.get("security") == [{"jwtAuth": []}]
    }
    writes = {name for name in OPERATIONS if name.split()[0] != "GET"}
    protected_reads = {
        "GET /me",
        "GET /my-bookings/",
        "GET /bookings/{booking_id}/",
        "GET /shows/{show_id}/hold/",
    }
    public_writes = {
        *("POST /signup", "POST /login", "POST /login/refresh"),
        *("POST /password/forgotten", "POST /password/reset"),
    }
    assert protected == (writes | protected_reads) - public_writes
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
        ("DELETE /me", "400", {"invalid", "parse_error", "bad_request"}),
        ("DELETE /me", "409", {"is_superuser"}),
        ("DELETE /me", "429", {"throttled"}),
        ("POST /movies/", "403", {"permission_denied"}),
        ("DELETE /movies/{movie_id}/", "409", {"has_bookings"}),
        ("PATCH /shows/{show_id}/", "409", {"seats_in_use", "has_bookings", "screen_busy"}),
        ("DELETE /shows/{show_id}/", "409", {"has_bookings"}),
        ("GET /shows/{show_id}/seats/", "404", {"not_found"}),
        ("POST /shows/{show_id}/book/", "400", {"seat_not_found", "invalid", "parse_error", "bad_request"}),
        ("POST /shows/{show_id}/book/", "401", {"not_authenticated", "token_not_valid"}),
        ("POST /shows/{show_id}/book/", "404", {"not_found"}),
        (
            "POST /shows/{show_id}/book/",
            "409",
            {"seat_taken", "seat_held", "seat_blocked", "already_yours", "show_started", "leaves_single_seat"}
            | {"not_on_sale", "too_many_seats"},
        ),
        (
            "PUT /shows/{show_id}/hold/",
            "409",
            {"seat_taken", "seat_held", "seat_blocked", "show_started", "not_on_sale", "too_many_seats"}
            | {"no_adjacent_seats", "leaves_single_seat"},
        ),
        ("PUT /shows/{show_id}/hold/", "400", {"seat_not_found", "invalid", "parse_error", "bad_request"}),
        ("GET /shows/{show_id}/hold/", "404", {"no_hold", "not_found"}),
        ("POST /shows/{show_id}/hold/book/", "404", {"no_hold", "not_found"}),
        ("POST /shows/{show_id}/hold/book/", "409", {"show_started", "not_on_sale"}),
        ("POST /shows/{show_id}/hold/book/", "422", {"idempotency_key_reused"}),
        ("POST /shows/{show_id}/book/", "422", {"idempotency_key_reused"}),
        ("POST /bookings/{booking_id}/cancel/", "404", {"not_found"}),
        ("POST /bookings/{booking_id}/cancel/", "409", {"already_cancelled", "show_started"}),
        ("GET /my-bookings/", "400", {"invalid", "bad_request"}),
        ("GET /readyz", "503", {"unavailable"}),
    ],
)
def test_operation_shows_every_code_it_can_answer(operations, name, status, expected):
    assert codes_of(operations[name], status) == expected


def test_request_examples_have_only_fields_that_a_request_can_set(schema, operations):
    count = 0
    for name, operation in operations.items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            part = schema["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
            forms = part.get("oneOf", [part])
            fields = {field for form in forms for field in form["properties"]}
            for example in content.get("examples", {}).values():
                assert set(example["value"]) <= fields, name
                assert schema_errors(schema, content["schema"], example["value"]) == [], name
                count += 1
    assert count > 8


def test_required_parameters_have_an_example(operations):
    examples = {
        parameter["name"]: parameter["example"]
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter.get("required")
    }
    assert examples == {"movie_id": 1, "show_id": 7, "booking_id": 31, "shows": [7]}


def test_code_of_a_problem_response_is_an_enum_of_its_examples(schema, operations):
    for name, content in problem_contents(schema, operations).items():
        shown = [example["value"]["code"] for example in content["examples"].values()]
        problem, codes_only = content["schema"]["allOf"]
        assert problem == {"$ref": "#/components/schemas/Problem"}, name
        assert codes_only["properties"] == {"code": {"type": "string", "enum": shown}}, name
        assert codes_only["required"] == ["code"]


def test_every_problem_example_matches_its_schema(schema, operations):
    for name, content in problem_contents(schema, operations).items():
        for example in content["examples"].values():
            assert schema_errors(schema, content["schema"], example["value"]) == [], name


@pytest.mark.parametrize("path", ["book/", "hold/book/"])
def test_calls_that_sell_take_a_key_and_mark_a_repeated_answer(operations, path):
    operation = operations[f"POST /shows/{{show_id}}/{path}"]
    keys = [parameter for parameter in operation["parameters"] if parameter["name"] == "Idempotency-Key"]
    assert [(key["in"], key["schema"]["maxLength"], "required" in key) for key in keys] == [
        ("header", 200, False)
    ]
    assert operation["responses"]["201"]["headers"]["Idempotency-Replayed"]["schema"]["enum"] == ["true"]


def test_response_of_booking_a_hold_is_a_plain_array(operations):
    operation = operations["POST /shows/{show_id}/hold/book/"]
    assert {parameter["name"] for parameter in operation["parameters"]} == {"show_id", "Idempotency-Key"}
    content = operation["responses"]["201"]["content"]["application/json"]
    assert content["schema"] == {"type": "array", "items": {"$ref": "#/components/schemas/Booking"}}
    (example,) = content["examples"].values()
    assert [booking["seat_number"] for booking in example["value"]] == [12]


def test_all_members_of_a_page_are_required(schema, schema_text):
    pages = [part for name, part in schema["components"]["schemas"].items() if name.startswith("Paginated")]
    assert len(pages) == 4
    for page in pages:
        assert page["required"] == list(page["properties"]) == ["count", "next", "previous", "results"]
    assert "example.org" not in schema_text


def test_all_members_of_an_account_are_required_and_read_only(schema):
    account = schema["components"]["schemas"]["Account"]
    assert sorted(account["required"]) == sorted(account["properties"]) == ["email", "id", "username"]
    assert all(part["readOnly"] for part in account["properties"].values())
    assert {part["type"] for part in account["properties"].values()} == {"integer", "string"}


@pytest.mark.parametrize(
    ("seats_wanted", "is_valid"),
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
def test_hold_request_has_either_seat_numbers_or_best(schema, operations, seats_wanted, is_valid):
    request = operations["PUT /shows/{show_id}/hold/"]["requestBody"]
    assert request["required"]
    body = request["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/SeatsWantedRequest"}
    assert (schema_errors(schema, body, seats_wanted) == []) is is_valid


def test_components_have_no_descriptions_but_those_for_clients(schema):
    components = schema["components"]["schemas"].items()
    assert {
        name: component["description"]
        for name, component in components
        if "description" in component and "enum" not in component
    } == {
        "LoginRequest": "Letter case, composition and width of the username make no difference.",
        "LogoutRequest": "Your own refresh token.",
        "Problem": "An error, as defined by RFC 9457.",
        "RefreshRequest": "Valid once. The response contains a new one.",
        "SeatsWantedRequest": "Either `seat_numbers` or `best`.",
    }


def test_response_headers_are_declared(operations):
    declared = {}
    for name, operation in operations.items():
        for status, response in operation["responses"].items():
            for header in response.get("headers", {}):
                declared.setdefault((header, status), set()).add(name)

    protected = {name for name, operation in operations.items() if "401" in operation["responses"]}
    throttled = {name for name, operation in operations.items() if "429" in operation["responses"]}
    versioned = {"GET /shows/{show_id}/seats/", "GET /shows/{show_id}/availability/"}
    assert declared == {
        ("WWW-Authenticate", "401"): protected,
        ("ETag", "200"): versioned,
        ("ETag", "304"): versioned,
        ("Idempotency-Replayed", "201"): {"POST /shows/{show_id}/book/", "POST /shows/{show_id}/hold/book/"},
        ("Retry-After", "409"): {
            "POST /shows/{show_id}/book/",
            "POST /shows/{show_id}/hold/book/",
            "PUT /shows/{show_id}/hold/",
        },
        ("Retry-After", "429"): throttled,
        ("Retry-After", "503"): OPERATIONS,
    }


@pytest.mark.django_db
def test_event_matches_the_schema(schema, operations, anyone, show):
    part = operations["GET /shows/{show_id}/events/"]["x-event-data"]
    assert part == {"$ref": "#/components/schemas/SeatsChanged"}
    stream = anyone.get(f"/shows/{show.pk}/events/").content.decode()
    event = json.loads(re.search("^data: (.+)$", stream, re.MULTILINE)[1])
    assert schema_errors(schema, part, event) == []
    assert set(event) == set(schema["components"]["schemas"]["SeatsChanged"]["properties"])


def integers(node, name=""):
    """Yields the name and the format of each integer in the schema."""
    if isinstance(node, list):
        for item in node:
            yield from integers(item, name)
    elif isinstance(node, dict):
        if node.get("type") == "integer":
            yield name, node.get("format")
        for key, value in node.items():
            parameter = node["name"] if "in" in node else ""
            yield from integers(value, parameter or (name if key in {"schema", "items"} else key))


def test_every_integer_has_a_format_and_ids_and_versions_have_64_bits(schema):
    formats = set(integers(schema))
    assert {format for _, format in formats} == {"int32", "int64"}
    big = {name for name, format in formats if format == "int64"}
    ids = {"id", "show", "shows", "movie", "booking", "movie_id", "show_id", "booking_id"}
    assert big == {"version", "since", "clashes"} | ids


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
