"""The OpenAPI schema is complete: its operations, bodies, headers and components."""

import re
from pathlib import Path

import pytest

from tests.schema import schema_errors

ROOT = Path(__file__).resolve().parents[2]


OPERATIONS = {
    *("POST /signup", "POST /login", "POST /login/refresh", "POST /logout"),
    *("GET /me", "PATCH /me", "DELETE /me", "POST /me/password"),
    *("POST /password/forgotten", "POST /password/reset"),
    *("GET /movies/", "POST /movies/"),
    *("GET /movies/{movie_id}/", "PATCH /movies/{movie_id}/", "DELETE /movies/{movie_id}/"),
    *("GET /movies/{movie_id}/shows/", "POST /movies/{movie_id}/shows/"),
    *("GET /price-lists/", "POST /price-lists/", "GET /price-lists/{price_list_id}/"),
    *("PATCH /price-lists/{price_list_id}/", "DELETE /price-lists/{price_list_id}/"),
    *("GET /shows/", "GET /screens/", "GET /config/"),
    *("GET /shows/{show_id}/", "PATCH /shows/{show_id}/", "DELETE /shows/{show_id}/"),
    *("PATCH /shows/{show_id}/seats/", "POST /shows/{show_id}/cancel/"),
    *("GET /shows/{show_id}/seats/", "GET /shows/{show_id}/availability/"),
    *("GET /shows/{show_id}/events/", "GET /events/", "POST /shows/{show_id}/book/"),
    *("PUT /shows/{show_id}/hold/", "GET /shows/{show_id}/hold/", "DELETE /shows/{show_id}/hold/"),
    "POST /shows/{show_id}/hold/book/",
    "GET /bookings/{booking_id}/",
    *("GET /my-bookings/", "POST /bookings/{booking_id}/cancel/", "POST /bookings/{booking_id}/move/"),
    *("POST /shows/{show_id}/sell/", "POST /shows/{show_id}/admit/"),
    *("GET /shows/{show_id}/guests/", "GET /reports/sales/", "GET /changes/"),
    *("GET /bookings/{booking_id}/ticket.svg", "GET /bookings/{booking_id}/ticket.ics"),
    *("GET /livez", "GET /readyz"),
}


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
        if method in {"POST", "PUT", "PATCH"} and not name.endswith("{booking_id}/cancel/"):
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
            elif "/ticket." in name and status == "200":
                (media_type,) = response["content"]
                assert media_type in {"image/svg+xml", "text/calendar"}
            elif status < "400":
                is_report = name in {"GET /shows/{show_id}/guests/", "GET /reports/sales/"}
                assert set(response["content"]) == {"application/json"} | ({"text/csv"} if is_report else set())
                body = response["content"]["application/json"]["schema"]
                assert "$ref" in body or "$ref" in body["items"], name
            else:
                content = response["content"]["application/problem+json"]
                statuses = {example["value"]["status"] for example in content["examples"].values()}
                assert statuses == {int(status)}


def test_tags_are_in_the_order_in_which_a_visitor_uses_them(schema, operations):
    order = [tag["name"] for tag in schema["tags"]]
    assert order == [
        *(
            "Account",
            "Movies",
            "Shows",
            "Price lists",
            "Seat map",
            "Holds",
            "Bookings",
            "Tickets",
            "Till",
            "Reports",
            "Health",
        )
    ]
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
        "GET /bookings/{booking_id}/ticket.svg",
        "GET /bookings/{booking_id}/ticket.ics",
        "GET /shows/{show_id}/hold/",
        *("GET /price-lists/", "GET /price-lists/{price_list_id}/"),
        *("GET /shows/{show_id}/guests/", "GET /reports/sales/", "GET /changes/"),
    }
    public_writes = {
        *("POST /signup", "POST /login", "POST /login/refresh"),
        *("POST /password/forgotten", "POST /password/reset"),
    }
    assert protected == (writes | protected_reads) - public_writes
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert schema["components"]["securitySchemes"]["jwtAuth"] == scheme


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


def test_bodies_without_a_required_field_may_be_left_out(operations):
    calls = [name for name, operation in operations.items() if "requestBody" in operation]
    optional = {name for name in calls if not operations[name]["requestBody"].get("required")}
    of_post = {"POST /shows/{show_id}/cancel/", "POST /shows/{show_id}/hold/book/"}
    whole = {"PATCH /shows/{show_id}/seats/"}
    assert optional == of_post | {name for name in calls if name.startswith("PATCH")} - whole


def test_lists_of_bodies_have_their_least_and_greatest_length(schema):
    components = schema["components"]["schemas"]
    lengths = {
        (name, field): (part.get("minItems"), part.get("maxItems"))
        for name in components
        if name.endswith("Request")
        for field, part in components[name].get("properties", {}).items()
        if part.get("type") == "array"
    }
    assert lengths == {
        ("BlockRequest", "seat_numbers"): (1, 100_000),
        ("PatchedPriceListRequest", "prices"): (1, 500),
        ("PriceListRequest", "prices"): (1, 500),
        ("SellRequest", "seat_numbers"): (1, 100_000),
    }
    assert "minItems" not in components["PriceList"]["properties"]["prices"]


def test_query_says_the_form_of_an_order(operations):
    (order,) = [p for p in operations["GET /my-bookings/"]["parameters"] if p["name"] == "order"]
    pattern = re.compile(order["schema"]["pattern"])
    assert all(pattern.search(typed) for typed in ("7K3M-Q9XT", "7k3mq9xt"))
    assert not any(pattern.search(typed) for typed in ("", "0", "7K3M-Q9X0", "x7K3M-Q9XT"))


def test_required_parameters_have_an_example(operations):
    examples = {
        parameter["name"]: parameter["example"]
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter.get("required")
    }
    assert examples == {"movie_id": 1, "show_id": 7, "booking_id": 31, "price_list_id": 1, "shows": [7]}


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
    assert len(pages) == 6
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
        ("Idempotency-Replayed", "201"): {
            "POST /shows/{show_id}/book/",
            "POST /shows/{show_id}/hold/book/",
            "POST /shows/{show_id}/sell/",
        },
        ("Retry-After", "409"): {
            "POST /bookings/{booking_id}/move/",
            "POST /shows/{show_id}/sell/",
            "POST /shows/{show_id}/book/",
            "POST /shows/{show_id}/hold/book/",
            "PUT /shows/{show_id}/hold/",
        },
        ("Retry-After", "429"): throttled,
        ("Retry-After", "503"): OPERATIONS,
    }


def integers(node, name=""):
    """Yields the name and the format of each integer in the schema."""
    if isinstance(node, list):
        for item in node:
            yield from integers(item, name)
    elif isinstance(node, dict):
        if node.get("type") in ("integer", ["integer", "null"]):
            yield name, node.get("format")
        for key, value in node.items():
            parameter = node["name"] if "in" in node else ""
            yield from integers(
                value, parameter or (name if key in {"schema", "items", "additionalProperties"} else key)
            )


def test_every_integer_has_a_format_and_ids_and_versions_have_64_bits(schema):
    formats = set(integers(schema))
    assert {format for _, format in formats} == {"int32", "int64"}
    big = {name for name, format in formats if format == "int64"}
    ids = {"id", "show", "shows", "movie", "booking", "movie_id", "show_id", "booking_id", "price_list_id"}
    ids |= {"after", "position"}
    assert big == {"version", "since", "clashes", "amount", "price_list", "price_from", "by_category"} | ids
