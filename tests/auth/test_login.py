import time

import pytest
from django.contrib.auth import get_user_model

from tests.assertions import assert_invalid, assert_problem

GOOD = {"username": "alice", "password": "plum-tart-42"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _account(db):
    get_user_model().objects.create_user(**GOOD)


@pytest.fixture
def three_a_minute(throttle):
    throttle("login", "3/min")


def test_it_gives_tokens_that_open_what_is_closed(anyone):
    response = anyone.post("/login", GOOD)

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    mine = anyone.get("/my-bookings/", HTTP_AUTHORIZATION=f"Bearer {response.json()['access']}")
    assert mine.status_code == 200


def test_a_password_keeps_its_spaces(anyone):
    anyone.post("/signup", {"username": "bob", "password": " plum tart 42 "})
    assert anyone.post("/login", {"username": "bob", "password": " plum tart 42 "}).status_code == 200
    assert anyone.post("/login", {"username": "bob", "password": "plum tart 42"}).status_code == 401


def test_a_wrong_password_and_an_unknown_name_look_the_same(anyone):
    wrong = anyone.post("/login", GOOD | {"password": "wrong"})
    unknown = anyone.post("/login", {"username": "nobody", "password": "wrong"})

    assert_problem(wrong, 401, "no_active_account")
    assert wrong["WWW-Authenticate"].startswith("Bearer")
    bodies = [response.json() for response in (wrong, unknown)]
    for body in bodies:
        del body["request_id"]  # Each request has its own.
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("body", [{}, {"username": "alice"}, {"username": "a\x00", "password": "x"}])
def test_an_incomplete_or_impossible_body_is_invalid(anyone, body):
    assert_problem(anyone.post("/login", body), 400, "invalid")


@pytest.mark.parametrize("body", [[], "alice", 7, None, [GOOD]])
def test_a_body_that_is_no_object_is_invalid(anyone, body):
    assert_problem(anyone.post("/login", body), 400, "invalid")


def test_repeated_failures_for_a_name_are_throttled_even_with_the_right_password(anyone, three_a_minute):
    for _ in range(3):
        assert_problem(anyone.post("/login", GOOD | {"password": "wrong"}), 401, "no_active_account")
    response = anyone.post("/login", GOOD)
    assert_problem(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60


def test_the_throttle_lets_go_when_the_failures_have_aged(anyone, three_a_minute, monkeypatch):
    for _ in range(3):
        anyone.post("/login", GOOD | {"password": "wrong"})
    in_a_minute = time.time() + 61
    monkeypatch.setattr("cinema.auth.throttles.FailedLoginThrottle.timer", lambda self: in_a_minute)
    assert anyone.post("/login", GOOD).status_code == 200


def test_successes_are_not_counted(anyone, three_a_minute):
    for _ in range(6):
        assert anyone.post("/login", GOOD).status_code == 200


def test_a_failure_is_of_one_name_and_one_address(anyone, three_a_minute):
    anyone.post("/signup", {"username": "bob", "password": "plum-tart-43"})
    for _ in range(4):
        anyone.post("/login", GOOD | {"password": "wrong"})
    assert anyone.post("/login", {"username": "bob", "password": "plum-tart-43"}).status_code == 200
    assert anyone.post("/login", GOOD, REMOTE_ADDR="192.0.2.7").status_code == 200


@pytest.mark.parametrize("spelling", [" alice", "alice ", "\talice", "alice\u00a0", "\uff41lice", "ALICE"])
def test_another_spelling_of_the_name_is_no_way_around(anyone, three_a_minute, spelling):
    for _ in range(3):
        wrong = GOOD | {"username": spelling, "password": "wrong"}
        assert_problem(anyone.post("/login", wrong), 401, "no_active_account")
    assert_problem(anyone.post("/login", GOOD | {"username": spelling}), 429, "throttled")
    assert_problem(anyone.post("/login", GOOD), 429, "throttled")


@pytest.mark.parametrize("name", [["alice"], {"a": 1}, 7, True, None])
def test_a_name_that_is_no_string_does_no_harm(anyone, three_a_minute, name):
    assert anyone.post("/login", GOOD | {"username": name}).status_code in {400, 401}


@pytest.mark.parametrize("spelling", ["Alice", "ALICE", " alice "])
def test_one_logs_in_in_any_letter_case(anyone, spelling):
    assert anyone.post("/login", GOOD | {"username": spelling}).status_code == 200


def test_the_admin_shares_the_count(anyone, client, three_a_minute):
    get_user_model().objects.update(is_staff=True)
    for _ in range(3):
        assert b"Please enter the correct" in client.post("/admin/login/", GOOD | {"password": "wrong"}).content
    response = client.post("/admin/login/", GOOD)
    assert b"Too many failed logins" in response.content
    assert_problem(anyone.post("/login", GOOD), 429, "throttled")


def test_missing_fields_are_named(anyone):
    assert_invalid(anyone.post("/login", {}), "username", "password")
