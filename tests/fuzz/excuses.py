"""Answers that Schemathesis takes for faults and that are none, each with its reason.

Schemathesis loads this file (`SCHEMATHESIS_HOOKS`), and asks `filter_failure` about each fault that it finds.
"""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import schemathesis

TEXTS = {"category", "email", "password", "refresh", "screen_name", "title", "username"}


def _accepted(failure: Any) -> bool:
    return type(failure).__name__ == "AcceptedNegativeData"


def _refused(failure: Any, response: Any, code: str) -> dict[str, Any] | None:
    """The problem, where a request that fits the schema was refused with this code."""
    if type(failure).__name__ != "RejectedPositiveData":
        return None
    problem = json.loads(response.content)
    return problem if problem["code"] == code else None


def _fields(case: Any) -> dict[str, Any]:
    return case.body if isinstance(case.body, dict) else {}


def a_seat_that_this_show_has_not(failure: Any, case: Any, response: Any) -> bool:
    """A show has seats up to its own `total_seats`, and the schema speaks of all shows."""
    return _refused(failure, response, "seat_not_found") is not None


def a_key_for_another_seat(failure: Any, case: Any, response: Any) -> bool:
    """Schemathesis sends the one example of an Idempotency-Key with many seats."""
    return _refused(failure, response, "idempotency_key_reused") is not None


def a_name_that_is_taken_or_a_weak_password(failure: Any, case: Any, response: Any) -> bool:
    """No schema can say which names are taken, nor that a password is a common one."""
    problem = _refused(failure, response, "invalid")
    if problem is None or case.path != "/signup":
        return False
    errors = problem["errors"]
    taken = errors.pop("username", None) in (None, ["A user with that username already exists."])
    errors.pop("password", None)
    return taken and not errors


def a_key_that_is_not_printable(failure: Any, case: Any, response: Any) -> bool:
    """What is printable, a regular expression of OpenAPI has no word for."""
    problem = _refused(failure, response, "invalid")
    return problem is not None and set(problem["errors"]) == {"Idempotency-Key"}


def both_forms_of_a_wish(failure: Any, case: Any, response: Any) -> bool:
    """Seats are wanted by number or as the best. What belongs to the other is for the schema one field more."""
    wish = _fields(case)
    mixed = "seat_numbers" in wish and wish.keys() & {"best", "category", "accessible"}
    return bool(mixed) and _refused(failure, response, "invalid") is not None


def a_form_that_says_nothing(failure: Any, case: Any, response: Any) -> bool:
    """Of a multipart body only its parts count: where there is none, a PATCH changes nothing."""
    is_form = case.media_type == "multipart/form-data" and not isinstance(case.body, dict)
    return _accepted(failure) and case.method.upper() == "PATCH" and is_form


def a_text_of_spaces(failure: Any, case: Any, response: Any) -> bool:
    """It is as good as an empty one, and NUL is no text at all; the schema's `minLength` counts both."""
    problem = _refused(failure, response, "invalid")
    said = {message for messages in problem["errors"].values() for message in messages} if problem else set()
    return problem is not None and said <= {"This field may not be blank.", "Null characters are not allowed."}


def a_page_size_that_makes_no_sense(failure: Any, case: Any, response: Any) -> bool:
    """It counts as none, and the schema says so in words."""
    return _accepted(failure) and "page_size" in (case.query or {})


def a_number_for_a_text(failure: Any, case: Any, response: Any) -> bool:
    """DRF takes the number 7 for the text "7"; so a password of digits may lack its quotes."""
    return _accepted(failure) and any(isinstance(_fields(case).get(name), int | float) for name in TEXTS)


def an_empty_field_of_a_form(failure: Any, case: Any, response: Any) -> bool:
    """A form, and a query with it, sends what was not filled in as an empty text: it counts as not given."""
    form = {} if case.media_type == "application/json" else _fields(case)
    query = parse_qsl(urlsplit(response.request.url).query, keep_blank_values=True)
    return _accepted(failure) and "" in [*dict(query).values(), *form.values()]


def an_event_is_not_a_string(failure: Any, case: Any, response: Any) -> bool:
    """OpenAPI 3.0 can say of a stream only that it is text; tests/api/test_openapi.py compares its events."""
    return "SSE event" in failure.title


EXCUSES = [
    a_seat_that_this_show_has_not,
    a_key_for_another_seat,
    a_name_that_is_taken_or_a_weak_password,
    a_key_that_is_not_printable,
    both_forms_of_a_wish,
    a_form_that_says_nothing,
    a_text_of_spaces,
    a_page_size_that_makes_no_sense,
    a_number_for_a_text,
    an_empty_field_of_a_form,
    an_event_is_not_a_string,
]


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    return not any(excuse(failure, case, response) for excuse in EXCUSES)
