"""Assertions that many tests share."""

import json
from datetime import UTC

from django.core.management import call_command

from cinema.api.problem_types import PROBLEM_TYPES

PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "request_id"}
# The members that problems of these codes always add.
ADDED_MEMBERS = {
    "invalid": {"errors"},
    "seat_taken": {"version", "alternatives"},
    "seat_held": {"version", "alternatives", "retry_after"},
    "seat_blocked": {"version", "alternatives"},
    "not_on_sale": {"on_sale_from", "retry_after"},
    "too_many_seats": {"most"},
}


def assert_problem(response, status, code, **members):
    """Asserts that the response is a problem with this status and code. Returns its body.

    It must have the common fields and exactly these additional `members`.
    """
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["code"] == code, body
    assert PROBLEM_TYPES[code].status == status
    assert set(body) == PROBLEM_FIELDS | set(members) | ADDED_MEMBERS.get(code, set())
    assert body["status"] == status
    assert body["title"]
    assert body["request_id"] == response["X-Request-ID"]
    assert body["detail"]
    for name, value in members.items():
        assert body[name] == value
    return body


def assert_invalid(response, *fields):
    """Asserts that the response is a validation error that names exactly these fields. Returns its body."""
    body = assert_problem(response, 400, "invalid")
    assert set(body["errors"]) == set(fields)
    assert all(messages and all(messages) for messages in body["errors"].values())
    return body


def assert_consistent():
    """Asserts that seats, shows and live bookings of the whole database agree. Else `check_seats` exits."""
    call_command("check_seats")


def assert_not_moved(booking):
    """Asserts that the booking still has the seat of this object, and that the seat is taken."""
    assert type(booking).objects.get(pk=booking.pk).seat_number == booking.seat_number
    assert booking.show.seats.get(number=booking.seat_number).taken
    assert_consistent()


def wire_time(moment):
    """A time as the API shows it, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
