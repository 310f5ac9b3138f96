"""What many tests assert, in one place."""

import json

from django.core.management import call_command

PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "request_id"}
# What some codes always bring besides.
ALSO = {
    "invalid": {"errors"},
    "seat_taken": {"version", "alternatives"},
    "seat_held": {"version", "alternatives", "retry_after"},
    "seat_blocked": {"version", "alternatives"},
}


def assert_problem(response, status, code, **more):
    """The one form of an error; `more` are fields that it has besides, with their values."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["code"] == code, body
    assert set(body) == PROBLEM_FIELDS | set(more) | ALSO.get(code, set())
    assert body["status"] == status
    assert body["title"]
    assert body["request_id"] == response["X-Request-ID"]
    assert body["detail"]
    for name, value in more.items():
        assert body[name] == value
    return body


def assert_invalid(response, *fields):
    """A validation error that names exactly these fields."""
    body = assert_problem(response, 400, "invalid")
    assert set(body["errors"]) == set(fields)
    assert all(messages and all(messages) for messages in body["errors"].values())
    return body


def assert_consistent():
    """Seats, shows and live bookings agree, over the whole database; else `check_seats` exits."""
    call_command("check_seats")
