"""The OpenAPI schema says what the API does."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parent.parent
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
            if status in {"204", "304"}:
                assert "content" not in response
            elif name == "GET /shows/{show_id}/events/" and status == "200":
                assert response["content"]["text/event-stream"]["examples"]
            elif status < "400":
                answer = response["content"]["application/json"]["schema"]
                assert "$ref" in answer or "$ref" in answer["items"], name
            else:
                content = response["content"]["application/problem+json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                statuses = {example["value"]["status"] for example in content["examples"].values()}
                assert statuses == {int(status)}


def test_tags_stand_in_the_order_of_the_flow(schema, operations):
    order = [tag["name"] for tag in schema["tags"]]
    seen = list(dict.fromkeys(operation["tags"][0] for operation in operations.values()))
    assert seen == order


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
        ("POST /signup", "400", {"invalid", "parse_error"}),
        ("POST /signup", "429", {"throttled"}),
        ("POST /login", "401", {"no_active_account"}),
        ("POST /login", "429", {"throttled"}),
        ("POST /login/refresh", "401", {"token_not_valid"}),
        ("POST /movies/", "403", {"permission_denied"}),
        ("DELETE /movies/{movie_id}/", "409", {"has_bookings"}),
        ("PATCH /shows/{show_id}/", "409", {"seats_in_use"}),
        ("DELETE /shows/{show_id}/", "409", {"has_bookings"}),
        ("GET /shows/{show_id}/seats/", "404", {"not_found"}),
        ("POST /shows/{show_id}/book/", "400", {"seat_not_found", "invalid", "parse_error"}),
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
        ("PUT /shows/{show_id}/hold/", "400", {"seat_not_found", "invalid", "parse_error"}),
        ("GET /shows/{show_id}/hold/", "404", {"no_hold", "not_found"}),
        ("POST /shows/{show_id}/hold/book/", "404", {"no_hold", "not_found"}),
        ("POST /shows/{show_id}/hold/book/", "409", {"show_started"}),
        ("POST /shows/{show_id}/book/", "422", {"idempotency_key_reused"}),
        ("POST /bookings/{booking_id}/cancel/", "404", {"not_found"}),
        ("POST /bookings/{booking_id}/cancel/", "409", {"already_cancelled", "show_started"}),
        ("GET /my-bookings/", "400", {"invalid"}),
        ("GET /readyz", "503", {"unavailable"}),
    ],
)
def test_every_error_code_of_an_operation_is_shown(operations, name, status, expected):
    assert codes(operations[name], status) == expected


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
        ({"category": "Box"}, False),
        ({"best": 3, "seat_numbers": [5, 6]}, False),
    ],
)
def test_seats_are_wanted_by_number_or_as_the_best(schema, operations, wanted, fits):
    body = operations["PUT /shows/{show_id}/hold/"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/SeatsWantedRequest"}
    assert (faults(schema, body, wanted) == []) is fits


@pytest.mark.django_db
def test_an_event_is_as_the_schema_says(schema, operations, anyone, show):
    part = operations["GET /shows/{show_id}/events/"]["x-event-data"]
    assert part == {"$ref": "#/components/schemas/SeatsChanged"}
    answer = anyone.get(f"/shows/{show.pk}/events/").content.decode()
    event = json.loads(re.search("^data: (.+)$", answer, re.MULTILINE)[1])
    assert faults(schema, part, event) == []
    assert set(event) == set(schema["components"]["schemas"]["SeatsChanged"]["properties"])
