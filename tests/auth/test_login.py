"""`POST /login`, and the limit on failed logins."""

import time

import pytest
from django.contrib.auth import get_user_model

from tests.assertions import assert_invalid, assert_problem

CREDENTIALS = {"username": "alice", "password": "plum-tart-42"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _account(db):
    get_user_model().objects.create_user(**CREDENTIALS)


@pytest.fixture
def three_a_minute(throttle):
    """Allows three failed logins per minute."""
    throttle("login", "3/min")


def test_login_returns_tokens_that_authenticate(real_password_hasher, anyone):
    response = anyone.post("/login", CREDENTIALS)

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    bookings = anyone.get("/my-bookings/", HTTP_AUTHORIZATION=f"Bearer {response.json()['access']}")
    assert bookings.status_code == 200


def test_spaces_around_a_password_count(real_password_hasher, anyone):
    anyone.post("/signup", {"username": "bob", "password": " plum tart 42 "})
    assert anyone.post("/login", {"username": "bob", "password": " plum tart 42 "}).status_code == 200
    assert anyone.post("/login", {"username": "bob", "password": "plum tart 42"}).status_code == 401


def test_wrong_password_and_unknown_username_get_the_same_response(real_password_hasher, anyone):
    wrong = anyone.post("/login", CREDENTIALS | {"password": "wrong"})
    unknown = anyone.post("/login", {"username": "nobody", "password": "wrong"})

    assert_problem(wrong, 401, "no_active_account")
    assert wrong["WWW-Authenticate"].startswith("Bearer")
    bodies = [response.json() for response in (wrong, unknown)]
    for body in bodies:
        del body["request_id"]  # It differs with each request.
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("body", [{}, {"username": "alice"}, {"username": "a\x00", "password": "x"}])
def test_incomplete_or_malformed_body_is_invalid(anyone, body):
    assert_problem(anyone.post("/login", body), 400, "invalid")


@pytest.mark.parametrize("body", [[], "alice", 7, None, [CREDENTIALS]])
def test_body_that_is_not_an_object_is_invalid(anyone, body):
    assert_problem(anyone.post("/login", body), 400, "invalid")


def test_login_after_repeated_failures_is_throttled_even_with_the_right_password(anyone, three_a_minute):
    for _ in range(3):
        assert_problem(anyone.post("/login", CREDENTIALS | {"password": "wrong"}), 401, "no_active_account")
    response = anyone.post("/login", CREDENTIALS)
    assert_problem(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60


def test_login_is_possible_again_when_the_failures_have_expired(anyone, three_a_minute, monkeypatch):
    for _ in range(3):
        anyone.post("/login", CREDENTIALS | {"password": "wrong"})
    in_61_seconds = time.time() + 61
    monkeypatch.setattr("cinema.auth.throttles.FailedLoginThrottle.timer", lambda self: in_61_seconds)
    assert anyone.post("/login", CREDENTIALS).status_code == 200


def test_successful_logins_are_not_counted(anyone, three_a_minute):
    for _ in range(6):
        assert anyone.post("/login", CREDENTIALS).status_code == 200


def test_failures_count_per_username_and_per_address(anyone, three_a_minute):
    anyone.post("/signup", {"username": "bob", "password": "plum-tart-43"})
    for _ in range(4):
        anyone.post("/login", CREDENTIALS | {"password": "wrong"})
    assert anyone.post("/login", {"username": "bob", "password": "plum-tart-43"}).status_code == 200
    assert anyone.post("/login", CREDENTIALS, REMOTE_ADDR="192.0.2.7").status_code == 200


@pytest.mark.parametrize("username", [["alice"], {"a": 1}, 7, True, None])
def test_username_that_is_not_a_string_is_rejected(anyone, three_a_minute, username):
    assert anyone.post("/login", CREDENTIALS | {"username": username}).status_code in {400, 401}


def test_admin_login_and_api_login_share_the_failure_count(anyone, client, three_a_minute):
    get_user_model().objects.update(is_staff=True)
    for _ in range(3):
        response = client.post("/admin/login/", CREDENTIALS | {"password": "wrong"})
        assert b"Please enter the correct" in response.content
    response = client.post("/admin/login/", CREDENTIALS)
    assert b"Too many failed logins" in response.content
    assert_problem(anyone.post("/login", CREDENTIALS), 429, "throttled")


def test_missing_fields_are_listed_as_errors(anyone):
    assert_invalid(anyone.post("/login", {}), "username", "password")
