"""Failures that Schemathesis reports although the service is right, each with the reason.

Schemathesis loads this module (`SCHEMATHESIS_HOOKS`) and calls `filter_failure` for each failure it finds.
"""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import schemathesis

TEXT_FIELDS = {
    *("age_rating", "category", "description", "email", "format", "language", "password", "poster_url"),
    *("guest_name", "kind", "name", "reason", "refresh", "screen_name", "ticket", "title", "username"),
}


def _invalid_was_accepted(failure: Any) -> bool:
    return type(failure).__name__ == "AcceptedNegativeData"


def _problem_for_valid(failure: Any, response: Any, code: str) -> dict[str, Any] | None:
    """Returns the problem if a request that fits the schema was rejected with this code."""
    if type(failure).__name__ != "RejectedPositiveData":
        return None
    problem = json.loads(response.content)
    return problem if problem["code"] == code else None


def _body_fields(case: Any) -> dict[str, Any]:
    return case.body if isinstance(case.body, dict) else {}


def seat_number_beyond_total_seats(failure: Any, case: Any, response: Any) -> bool:
    """The highest seat number depends on the show, and the schema describes all shows."""
    return _problem_for_valid(failure, response, "seat_not_found") is not None


def idempotency_key_reused(failure: Any, case: Any, response: Any) -> bool:
    """Schemathesis sends the example key of the schema with many different seats."""
    return _problem_for_valid(failure, response, "idempotency_key_reused") is not None


def no_such_price(failure: Any, case: Any, response: Any) -> bool:
    """A schema cannot say which kinds the price list of a show has."""
    return _problem_for_valid(failure, response, "no_such_price") is not None


def ticket_is_not_signed(failure: Any, case: Any, response: Any) -> bool:
    """A schema cannot say which texts the service has signed."""
    return _problem_for_valid(failure, response, "invalid_ticket") is not None


def patch_without_form_parts(failure: Any, case: Any, response: Any) -> bool:
    """A multipart body without parts is an empty body, which is valid where no field is required."""
    is_optional = case.method.upper() == "PATCH" or case.path.endswith(("/cancel/", "/hold/book/"))
    is_form = case.media_type == "multipart/form-data" and not isinstance(case.body, dict)
    return _invalid_was_accepted(failure) and is_optional and is_form


def large_page_size(failure: Any, case: Any, response: Any) -> bool:
    """Every `page_size` above the maximum counts as the maximum, also beyond 32 bits."""
    return _invalid_was_accepted(failure) and "page_size" in (case.query or {})


def number_for_text(failure: Any, case: Any, response: Any) -> bool:
    """DRF accepts the number 7 as the text "7", so a password of digits works without quotes."""
    fields = _body_fields(case)
    has_number = any(isinstance(fields.get(name), int | float) for name in TEXT_FIELDS)
    return _invalid_was_accepted(failure) and has_number


def word_or_number_for_boolean(failure: Any, case: Any, response: Any) -> bool:
    """DRF accepts 0 and 1, and words such as "yes", as booleans, so JSON may have the same values as a form."""
    values = [_body_fields(case).get(name) for name in ("accessible", "blocked", "keep_bookings")]
    return _invalid_was_accepted(failure) and any(
        isinstance(value, str | int | float) and not isinstance(value, bool) for value in values
    )


def empty_form_field(failure: Any, case: Any, response: Any) -> bool:
    """Forms and queries send an empty text for a field that was not filled in, so the service ignores it."""
    form = {} if case.media_type == "application/json" else _body_fields(case)
    query = parse_qsl(urlsplit(response.request.url).query, keep_blank_values=True)
    return _invalid_was_accepted(failure) and "" in [*dict(query).values(), *form.values()]


def event_is_not_a_string(failure: Any, case: Any, response: Any) -> bool:
    """OpenAPI 3.1 can describe a stream only as text. `test_openapi_responses.py` checks its events."""
    return "SSE event" in failure.title


def request_line_too_long(failure: Any, case: Any, response: Any) -> bool:
    """gunicorn itself refuses a request line of more than 8190 bytes. Its answer is plain text."""
    return response.status_code == 414 and response.content.startswith(b"Request line is too large")


def every_message_has_a_reason(failure: Any, case: Any, response: Any) -> bool:
    """The request fits the schema, and each message of the problem is one that a schema cannot foretell."""
    problem = _problem_for_valid(failure, response, "invalid")
    return problem is not None and all(
        any(is_known(case, field, message) for is_known in REASONS)
        for field, messages in problem["errors"].items()
        for message in messages
    )


# Reasons why the service rejects a field of a request that fits the schema.


def object_is_unknown(case: Any, field: str, message: str) -> bool:
    """A schema cannot say which movies and price lists exist."""
    return field in {"movie", "price_list"} and message.endswith("object does not exist.")


def name_is_taken(case: Any, field: str, message: str) -> bool:
    """A schema cannot say which names are taken."""
    return field in {"name", "username"} and message.endswith("already exists.")


def price_repeats(case: Any, field: str, message: str) -> bool:
    """A schema can only say that whole prices differ, not that their categories and kinds do."""
    return field == "prices" and message == "Give each kind one price in each category."


def kind_is_of_another_seat(case: Any, field: str, message: str) -> bool:
    """A schema cannot say that the keys of a map stand in a list, nor which seats a user holds."""
    return field == "kinds" and message.startswith(("Seat ", "You do not hold seat "))


def password_is_weak_or_a_secret_is_wrong(case: Any, field: str, message: str) -> bool:
    """A schema cannot say which passwords are too common, which one the user has, or which token was mailed."""
    is_account = case.path in {"/signup", "/me", "/me/password", "/password/reset"}
    return is_account and field in {"password", "old_password", "new_password", "token"}


def key_is_not_printable(case: Any, field: str, message: str) -> bool:
    """OpenAPI's regular expressions have no class for printable characters."""
    return field == "Idempotency-Key"


def seats_by_number_and_best_at_once(case: Any, field: str, message: str) -> bool:
    """A hold asks for seat numbers or for best seats, not both. The schema allows additional fields."""
    body = _body_fields(case)
    return "seat_numbers" in body and bool(body.keys() & {"best", "category", "accessible"})


def text_is_blank_or_has_nul(case: Any, field: str, message: str) -> bool:
    """The service rejects texts of spaces, and NUL characters. The schema's `minLength` counts both."""
    return message in {"This field may not be blank.", "Null characters are not allowed."}


def form_has_null(case: Any, field: str, message: str) -> bool:
    """A form has only texts, and Schemathesis writes null as the text "null"."""
    return case.media_type != "application/json" and _body_fields(case).get(field, "") is None


def form_has_the_names_of_objects(case: Any, field: str, message: str) -> bool:
    """In a urlencoded form Schemathesis writes of each object only the names of its members."""
    values = _body_fields(case).get(field.split(".")[0])
    is_form = case.media_type == "application/x-www-form-urlencoded"
    return is_form and (isinstance(values, dict) or (isinstance(values, list) and isinstance(values[0], dict)))


def show_is_in_the_past(case: Any, field: str, message: str) -> bool:
    """A schema cannot say that a show may only move to a later time than now."""
    return "can't be moved into the past" in message


def screen_has_no_plan(case: Any, field: str, message: str) -> bool:
    """`total_seats` is needed on a screen without a plan. A schema cannot say which screens have one."""
    return "has no seating plan" in message


def versions_differ_in_number(case: Any, field: str, message: str) -> bool:
    """A schema cannot say that two lists have the same length."""
    return case.path == "/events/" and field == "since"


def whole_number_has_a_point(case: Any, field: str, message: str) -> bool:
    """For JSON Schema, `4.0` is an integer. The service takes one spelling of a number only."""
    value = case.body
    for name in field.split("."):
        if isinstance(value, list) and name.isdecimal():
            value = value[int(name)]
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return any(isinstance(number, float) for number in (value if isinstance(value, list) else [value]))


REASONS = [
    object_is_unknown,
    name_is_taken,
    price_repeats,
    kind_is_of_another_seat,
    password_is_weak_or_a_secret_is_wrong,
    key_is_not_printable,
    seats_by_number_and_best_at_once,
    text_is_blank_or_has_nul,
    form_has_null,
    form_has_the_names_of_objects,
    show_is_in_the_past,
    screen_has_no_plan,
    versions_differ_in_number,
    whole_number_has_a_point,
]

EXPECTED_FAILURES = [
    seat_number_beyond_total_seats,
    idempotency_key_reused,
    no_such_price,
    ticket_is_not_signed,
    patch_without_form_parts,
    large_page_size,
    number_for_text,
    word_or_number_for_boolean,
    empty_form_field,
    event_is_not_a_string,
    request_line_too_long,
    every_message_has_a_reason,
]


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Returns whether Schemathesis should report the failure."""
    return not any(is_expected(failure, case, response) for is_expected in EXPECTED_FAILURES)
