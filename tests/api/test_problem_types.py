"""The table of problem types, the rendered problems and the OpenAPI schema agree, and no code is missing."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.test import RequestFactory
from django.urls import get_resolver
from rest_framework import exceptions
from rest_framework_simplejwt.exceptions import InvalidToken

from cinema.api import problems
from cinema.api.openapi import ProblemSerializer
from cinema.api.problem_types import PROBLEM_TYPES
from cinema.api.problems import TITLES, Problem, Unavailable, exception_handler, problem_response
from cinema.auth.account import IsSuperuser
from cinema.auth.views import NoActiveAccount
from cinema.seats.exceptions import (
    AlreadyAdmitted,
    AlreadyCancelled,
    AlreadyYours,
    BookingNotFound,
    IdempotencyKeyReused,
    InvalidTicket,
    LeavesSingleSeat,
    NoAdjacentSeats,
    NoHold,
    NoSuchPrice,
    NotOnSale,
    OtherPrice,
    SeatBlocked,
    SeatHeld,
    SeatNotFound,
    SeatTaken,
    SeatUnavailable,
    ShowStarted,
    SoldTogether,
    TooManySeats,
    WrongShow,
)
from cinema.shows.exceptions import (
    Archived,
    HasBookings,
    PriceListInUse,
    ScreenBusy,
    SeatsInUse,
    ShowArchived,
    ShowCancelled,
    ShowNotFound,
)
from tests.assertions import PROBLEM_FIELDS

ROOT = Path(__file__).resolve().parents[2]
NEAR = {"version": 412, "alternatives": [11, 13, 24]}
# One exception of every class that views raise, with the example values of the table.
RAISED = [
    *(SeatNotFound(120), SeatTaken(**NEAR), SeatHeld(**NEAR, retry_after=540), SeatBlocked(**NEAR)),
    *(NoAdjacentSeats(2), LeavesSingleSeat([7]), NoHold(), AlreadyYours(31), ShowStarted()),
    SoldTogether([7, 8]),
    *(NotOnSale(datetime(2030, 1, 1, 9, tzinfo=UTC), 540), TooManySeats(6)),
    NoSuchPrice(["Adult", "Child"]),
    *(AlreadyCancelled(), IdempotencyKeyReused(), HasBookings(), PriceListInUse(), SeatsInUse(), IsSuperuser()),
    *(OtherPrice(), ShowArchived(), Archived(), ShowCancelled()),
    *(InvalidTicket(), WrongShow(8), AlreadyAdmitted(datetime(2030, 1, 1, 17, 45, 12, 345678, UTC))),
    *(Unavailable(), OperationalError("server closed the connection")),
    exceptions.ValidationError({"seat_number": ["This field is required."]}),
    *(exceptions.ParseError(), exceptions.NotAuthenticated(), InvalidToken()),
    *(exceptions.PermissionDenied(), PermissionDenied(), exceptions.NotFound(), Http404()),
    *(exceptions.MethodNotAllowed("PUT"), exceptions.UnsupportedMediaType("text/csv")),
    exceptions.Throttled(12),
]
# These have a detail of their own, so only their status is compared.
SPECIFIC = [ShowNotFound(), BookingNotFound(), ScreenBusy([])]
# The messages of a form, and the seconds to wait, are the next step themselves.
NEXT_STEP_IS_A_VALUE = {"invalid", "throttled", "seat_not_found"}
# These document what middleware or simplejwt answers; no view raises them.
ONLY_DOCUMENTED = {NoActiveAccount}
# DRF has them, but this API can't answer them: `TokenAuthentication` and `LenientNegotiation` see to that.
NEVER_ANSWERED = {"authentication_failed", "not_acceptable"}
# The schema doesn't show them: the admin's forms, and methods that a path doesn't have.
NOT_IN_SCHEMA = {"csrf_failed", "method_not_allowed"}


def assert_as_in_table(response):
    body = json.loads(response.content)
    problem_type = PROBLEM_TYPES[body["code"]]
    assert body["detail"] == problem_type.example_text
    assert body["status"] == response.status_code == problem_type.status
    assert body["title"] == TITLES[problem_type.status]
    assert {name: body[name] for name in body.keys() - PROBLEM_FIELDS} == problem_type.extra
    seconds = problem_type.extra.get("retry_after", problem_type.retry_after_seconds)
    if seconds is not None:
        assert response["Retry-After"] == str(seconds)
    return body["code"]


def subclasses(exception):
    for subclass in exception.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


@pytest.mark.parametrize("code", PROBLEM_TYPES)
def test_problem_response_renders_every_row_of_the_table(code):
    problem_type = PROBLEM_TYPES[code]
    response = problem_response(code, **problem_type.values)
    body = json.loads(response.content)
    assert body["code"] == response.problem_code == code
    assert body["status"] == response.status_code == problem_type.status
    assert body["detail"] == problem_type.example_text


@pytest.mark.parametrize("code", sorted(PROBLEM_TYPES.keys() - NEXT_STEP_IS_A_VALUE))
def test_text_of_a_problem_tells_the_next_step_in_a_second_sentence_or_is_one(code):
    first, *more = PROBLEM_TYPES[code].text.rstrip(".").split(". ")
    assert more or first.startswith("Send ")


@pytest.mark.parametrize("exception", RAISED, ids=lambda exception: type(exception).__name__)
def test_raised_exception_is_rendered_as_its_row_of_the_table(exception):
    assert_as_in_table(exception_handler(exception, {}))


@pytest.mark.parametrize("exception", SPECIFIC, ids=lambda exception: type(exception).__name__)
def test_exception_with_its_own_detail_keeps_code_and_status_of_the_table(exception):
    response = exception_handler(exception, {})
    body = json.loads(response.content)
    assert body["detail"] == exception.detail
    assert response.status_code == PROBLEM_TYPES[body["code"]].status


def test_every_problem_class_is_tested_here():
    tested = {type(exception) for exception in RAISED + SPECIFIC} | ONLY_DOCUMENTED
    assert {subclass for subclass in subclasses(Problem) if "code" in vars(subclass)} <= tested


def test_every_exception_of_ours_and_of_the_libraries_has_a_row():
    _ = get_resolver().url_patterns  # Imports all views.
    for exception in set(subclasses(exceptions.APIException)) - {Problem, SeatUnavailable}:
        code = exception.default_code
        if exception.__module__.startswith(("cinema.", "rest_framework")) and code not in NEVER_ANSWERED:
            assert PROBLEM_TYPES[code].status == exception.status_code, exception


@pytest.mark.parametrize(
    ("handler", "arguments", "code"),
    [
        (problems.bad_request, [Exception()], "bad_request"),
        (problems.permission_denied, [Exception()], "permission_denied"),
        (problems.csrf_failure, ["CSRF cookie not set."], "csrf_failed"),
        (problems.not_found, [Exception()], "not_found"),
        (problems.server_error, [], "server_error"),
    ],
)
def test_error_handler_renders_its_row_of_the_table(handler, arguments, code):
    assert assert_as_in_table(handler(RequestFactory().get("/"), *arguments)) == code


def test_server_error_handler_answers_503_if_the_database_is_unavailable():
    try:
        raise OperationalError("server closed the connection")
    except OperationalError:
        response = problems.server_error(RequestFactory().get("/"))
    assert assert_as_in_table(response) == "unavailable"


@pytest.mark.django_db
def test_wrong_password_is_rendered_as_its_row_of_the_table(anyone):
    response = anyone.post("/login", {"username": "nobody", "password": "plum-tart-42"})
    assert assert_as_in_table(response) == "no_active_account"


@pytest.mark.django_db
def test_middleware_renders_its_rows_of_the_table(anyone):
    length = {"Content-Length": "999999999"}
    assert assert_as_in_table(anyone.get("/movies/", headers=length)) == "body_too_large"
    chunked = {"Transfer-Encoding": "chunked"}
    assert assert_as_in_table(anyone.get("/movies/", headers=chunked)) == "length_required"
    assert assert_as_in_table(anyone.put("/")) == "method_not_allowed"


def test_every_code_in_the_source_has_a_row():
    """Finds a misspelled code on a path that no test takes."""
    used = set()
    for file in (ROOT / "cinema").rglob("*.py"):
        source = file.read_text()
        used |= set(re.findall(r"""problem_response\(\s*"(\w+)\"""", source))
        used |= set(re.findall(r"""^    code = "(\w+)"$""", source, re.MULTILINE))
    assert {"body_too_large", "seat_taken", "has_bookings", "not_authenticated"} <= used <= set(PROBLEM_TYPES)


def examples(part):
    """Every example of a problem in a part of the schema."""
    if isinstance(part, list):
        for item in part:
            yield from examples(item)
    elif isinstance(part, dict):
        if part.get("type") == "about:blank":
            yield part
        for item in part.values():
            yield from examples(item)


def test_schema_shows_every_row_of_the_table_and_nothing_else(schema):
    shown = set()
    for example in examples(schema):
        problem_type = PROBLEM_TYPES[example["code"]]
        assert example == {
            "type": "about:blank",
            "title": TITLES[problem_type.status],
            "status": problem_type.status,
            "detail": problem_type.example_text,
            "code": example["code"],
            "request_id": example["request_id"],
            **problem_type.extra,
        }
        shown.add(example["code"])
    assert shown | NOT_IN_SCHEMA == set(PROBLEM_TYPES)
    assert not shown & NOT_IN_SCHEMA


def test_schema_describes_every_member_that_a_problem_adds():
    added = {name for problem_type in PROBLEM_TYPES.values() for name in problem_type.extra}
    assert set(ProblemSerializer().fields) == PROBLEM_FIELDS | added


def test_haproxy_answers_with_statuses_of_the_table():
    files = sorted((ROOT / "deploy" / "nodes").glob("*.json"))
    assert files
    for file in files:
        body = json.loads(file.read_text())
        assert body["status"] == PROBLEM_TYPES[body["code"]].status, file.name
        assert body["title"] == TITLES[body["status"]], file.name
