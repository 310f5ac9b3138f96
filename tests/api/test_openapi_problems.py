"""The schema lists each code that an operation can answer, with an example of each problem."""

import pytest

from tests.schema import schema_errors


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
        (
            "PATCH /shows/{show_id}/",
            "409",
            {"seats_in_use", "has_bookings", "screen_busy", "show_archived", "show_cancelled"},
        ),
        ("DELETE /shows/{show_id}/", "409", {"has_bookings"}),
        ("GET /shows/{show_id}/seats/", "404", {"not_found"}),
        ("GET /shows/{show_id}/seats/", "410", {"archived"}),
        ("GET /shows/{show_id}/availability/", "410", {"archived"}),
        ("GET /events/", "410", {"archived"}),
        (
            "POST /shows/{show_id}/book/",
            "400",
            {"seat_not_found", "no_such_price", "invalid", "parse_error", "bad_request"},
        ),
        ("POST /shows/{show_id}/hold/book/", "400", {"no_such_price", "invalid", "parse_error", "bad_request"}),
        ("DELETE /price-lists/{price_list_id}/", "409", {"price_list_in_use"}),
        ("POST /shows/{show_id}/book/", "401", {"not_authenticated", "token_not_valid"}),
        ("POST /shows/{show_id}/book/", "404", {"not_found"}),
        (
            "POST /shows/{show_id}/book/",
            "409",
            {"seat_taken", "seat_held", "seat_blocked", "already_yours", "show_started", "leaves_single_seat"}
            | {"not_on_sale", "show_cancelled", "too_many_seats", "sold_together"},
        ),
        (
            "PUT /shows/{show_id}/hold/",
            "409",
            {"seat_taken", "seat_held", "seat_blocked", "show_started", "not_on_sale", "too_many_seats"}
            | {"no_adjacent_seats", "leaves_single_seat", "sold_together", "show_cancelled"},
        ),
        ("PUT /shows/{show_id}/hold/", "400", {"seat_not_found", "invalid", "parse_error", "bad_request"}),
        ("GET /shows/{show_id}/hold/", "404", {"no_hold", "not_found"}),
        ("POST /shows/{show_id}/hold/book/", "404", {"no_hold", "not_found"}),
        ("POST /shows/{show_id}/hold/book/", "409", {"show_started", "show_cancelled", "not_on_sale"}),
        ("PATCH /shows/{show_id}/seats/", "409", {"show_archived", "show_cancelled"}),
        ("POST /shows/{show_id}/cancel/", "409", {"already_cancelled", "show_started"}),
        ("POST /shows/{show_id}/hold/book/", "422", {"idempotency_key_reused"}),
        ("POST /shows/{show_id}/book/", "422", {"idempotency_key_reused"}),
        ("POST /bookings/{booking_id}/cancel/", "404", {"not_found"}),
        (
            "POST /bookings/{booking_id}/cancel/",
            "409",
            {"already_cancelled", "already_admitted", "show_started"},
        ),
        ("POST /bookings/{booking_id}/move/", "404", {"not_found"}),
        (
            "POST /bookings/{booking_id}/move/",
            "409",
            {"seat_taken", "seat_held", "seat_blocked", "already_yours", "show_started", "show_cancelled"}
            | {"not_on_sale", "leaves_single_seat", "already_cancelled", "already_admitted", "sold_together"}
            | {"other_price"},
        ),
        (
            "POST /shows/{show_id}/sell/",
            "409",
            {"seat_taken", "seat_held", "seat_blocked", "show_started", "show_cancelled"},
        ),
        ("POST /shows/{show_id}/sell/", "422", {"idempotency_key_reused"}),
        (
            "POST /shows/{show_id}/admit/",
            "409",
            {"wrong_show", "already_admitted", "already_cancelled"},
        ),
        ("POST /shows/{show_id}/admit/", "400", {"invalid_ticket", "invalid", "parse_error", "bad_request"}),
        ("GET /my-bookings/", "400", {"invalid", "bad_request"}),
        ("GET /shows/{show_id}/guests/", "400", {"invalid", "bad_request"}),
        ("GET /shows/{show_id}/guests/", "403", {"permission_denied"}),
        ("GET /reports/sales/", "400", {"invalid", "bad_request"}),
        ("GET /changes/", "400", {"invalid", "bad_request"}),
        ("GET /readyz", "503", {"unavailable"}),
    ],
)
def test_operation_shows_every_code_it_can_answer(operations, name, status, expected):
    assert codes_of(operations[name], status) == expected


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
