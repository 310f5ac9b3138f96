"""Failures that Schemathesis reports although the service is right, each with the reason.

Schemathesis loads this module (`SCHEMATHESIS_HOOKS`) and calls `filter_failure` for each failure it finds.
"""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import schemathesis

TEXT_FIELDS = {
    *("age_rating", "category", "description", "email", "format", "language", "password", "poster_url"),
    *("reason", "refresh", "screen_name", "title", "username"),
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


def username_taken_or_password_weak(failure: Any, case: Any, response: Any) -> bool:
    """A schema cannot say which usernames are taken, nor which passwords are too common."""
    problem = _problem_for_valid(failure, response, "invalid")
    if problem is None or case.path != "/signup":
        return False
    errors = problem["errors"]
    username_taken = errors.pop("username", None) in (None, ["A user with that username already exists."])
    errors.pop("password", None)
    return username_taken and not errors


def password_or_token_is_wrong(failure: Any, case: Any, response: Any) -> bool:
    """A schema cannot say which password the user has, nor which token was mailed."""
    problem = _problem_for_valid(failure, response, "invalid")
    secrets = {"password", "old_password", "new_password", "token"}
    is_account = case.path in {"/me", "/me/password", "/password/reset"}
    return problem is not None and is_account and set(problem["errors"]) <= secrets


def idempotency_key_not_printable(failure: Any, case: Any, response: Any) -> bool:
    """OpenAPI's regular expressions have no class for printable characters."""
    problem = _problem_for_valid(failure, response, "invalid")
    return problem is not None and set(problem["errors"]) == {"Idempotency-Key"}


def hold_by_number_and_best_at_once(failure: Any, case: Any, response: Any) -> bool:
    """A hold asks for seat numbers or for best seats, not both. The schema allows additional fields."""
    body = _body_fields(case)
    mixed = "seat_numbers" in body and body.keys() & {"best", "category", "accessible"}
    return bool(mixed) and _problem_for_valid(failure, response, "invalid") is not None


def patch_without_form_parts(failure: Any, case: Any, response: Any) -> bool:
    """A multipart body without parts is an empty PATCH, which is valid and changes nothing."""
    is_form = case.media_type == "multipart/form-data" and not isinstance(case.body, dict)
    return _invalid_was_accepted(failure) and case.method.upper() == "PATCH" and is_form


def blank_text_or_nul(failure: Any, case: Any, response: Any) -> bool:
    """The service rejects texts of spaces, and NUL characters. The schema's `minLength` counts both."""
    problem = _problem_for_valid(failure, response, "invalid")
    if problem is None:
        return False
    messages = {message for field_messages in problem["errors"].values() for message in field_messages}
    return messages <= {"This field may not be blank.", "Null characters are not allowed."}


def large_page_size(failure: Any, case: Any, response: Any) -> bool:
    """Every `page_size` above the maximum counts as the maximum, also beyond 32 bits."""
    return _invalid_was_accepted(failure) and "page_size" in (case.query or {})


def number_for_text(failure: Any, case: Any, response: Any) -> bool:
    """DRF accepts the number 7 as the text "7", so a password of digits works without quotes."""
    fields = _body_fields(case)
    has_number = any(isinstance(fields.get(name), int | float) for name in TEXT_FIELDS)
    return _invalid_was_accepted(failure) and has_number


def null_in_a_form(failure: Any, case: Any, response: Any) -> bool:
    """A form has only texts, and Schemathesis writes null as the text "null"."""
    problem = _problem_for_valid(failure, response, "invalid")
    fields = {} if case.media_type == "application/json" else _body_fields(case)
    return problem is not None and any(fields.get(name, "") is None for name in problem["errors"])


def empty_form_field(failure: Any, case: Any, response: Any) -> bool:
    """Forms and queries send an empty text for a field that was not filled in, so the service ignores it."""
    form = {} if case.media_type == "application/json" else _body_fields(case)
    query = parse_qsl(urlsplit(response.request.url).query, keep_blank_values=True)
    return _invalid_was_accepted(failure) and "" in [*dict(query).values(), *form.values()]


def show_in_the_past(failure: Any, case: Any, response: Any) -> bool:
    """A schema cannot say that a show may only move to a later time than now."""
    problem = _problem_for_valid(failure, response, "invalid")
    return problem is not None and "can't be moved into the past" in problem["detail"]


def movie_does_not_exist(failure: Any, case: Any, response: Any) -> bool:
    """A schema cannot say which movies exist."""
    problem = _problem_for_valid(failure, response, "invalid")
    return problem is not None and set(problem["errors"]) == {"movie"} and "does not exist" in problem["detail"]


def screen_without_plan(failure: Any, case: Any, response: Any) -> bool:
    """`total_seats` is needed on a screen without a plan. A schema cannot say which screens have one."""
    problem = _problem_for_valid(failure, response, "invalid")
    return problem is not None and "has no seating plan" in problem["detail"]


def as_many_versions_as_shows(failure: Any, case: Any, response: Any) -> bool:
    """A schema cannot say that two lists have the same length."""
    problem = _problem_for_valid(failure, response, "invalid")
    return case.path == "/events/" and problem is not None and set(problem["errors"]) == {"since"}


def event_is_not_a_string(failure: Any, case: Any, response: Any) -> bool:
    """OpenAPI 3.1 can describe a stream only as text. tests/api/test_openapi.py checks its events instead."""
    return "SSE event" in failure.title


def whole_number_with_a_point(failure: Any, case: Any, response: Any) -> bool:
    """For JSON Schema, `4.0` is an integer. The service takes one spelling of a number only."""
    problem = _problem_for_valid(failure, response, "invalid")
    body = _body_fields(case)
    return problem is not None and all(
        any(isinstance(number, float) for number in (value if isinstance(value, list) else [value]))
        for value in (body.get(field) for field in problem["errors"])
    )


def request_line_too_long(failure: Any, case: Any, response: Any) -> bool:
    """gunicorn itself refuses a request line of more than 8190 bytes. Its answer is plain text."""
    return response.status_code == 414 and response.content.startswith(b"Request line is too large")


EXPECTED_FAILURES = [
    seat_number_beyond_total_seats,
    idempotency_key_reused,
    username_taken_or_password_weak,
    password_or_token_is_wrong,
    idempotency_key_not_printable,
    hold_by_number_and_best_at_once,
    patch_without_form_parts,
    blank_text_or_nul,
    large_page_size,
    show_in_the_past,
    movie_does_not_exist,
    screen_without_plan,
    number_for_text,
    null_in_a_form,
    empty_form_field,
    as_many_versions_as_shows,
    event_is_not_a_string,
    whole_number_with_a_point,
    request_line_too_long,
]


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Returns whether Schemathesis should report the failure."""
    return not any(is_expected(failure, case, response) for is_expected in EXPECTED_FAILURES)
