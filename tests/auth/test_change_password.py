"""`POST /me/password`."""

from collections import Counter
from functools import partial

import pytest
from django.contrib.auth import get_user_model

from tests.assertions import assert_invalid, assert_problem
from tests.concurrency import run_concurrently

OLD, NEW = "plum-tart-42", "pear-tart-43"

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(db):
    return get_user_model().objects.create_user("alice", password=OLD)


def change(client, old=OLD, new=NEW, **kwargs):
    return client.post("/me/password", {"old_password": old, "new_password": new}, **kwargs)


def log_in(client, password):
    return client.post("/login", {"username": "alice", "password": password})


def test_new_password_logs_in_and_the_old_one_does_not(real_password_hasher, as_alice, anyone):
    assert change(as_alice).status_code == 204
    assert_problem(log_in(anyone, OLD), 401, "no_active_account")
    assert log_in(anyone, NEW).status_code == 200


def test_changed_password_ends_all_tokens(as_alice, anyone, show):
    tokens = log_in(anyone, OLD).json()
    change(as_alice)
    assert_problem(as_alice.get("/me"), 401, "token_not_valid")
    assert_problem(as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}), 401, "token_not_valid")
    assert_problem(anyone.post("/login/refresh", {"refresh": tokens["refresh"]}), 401, "token_not_valid")


def test_change_requires_a_token(anyone):
    assert_problem(change(anyone), 401, "not_authenticated")


@pytest.mark.parametrize("old", ["wrong", "", None, 7, f" {OLD}", OLD.upper()])
def test_wrong_old_password_changes_nothing(as_alice, anyone, old):
    assert_invalid(change(as_alice, old=old), "old_password")
    assert log_in(anyone, OLD).status_code == 200


@pytest.mark.parametrize("new", ["short", "password", "12345678901", "alice123", "", None, " " * 8, "x" * 129])
def test_weak_new_password_is_rejected(as_alice, anyone, new):
    assert_invalid(change(as_alice, new=new), "new_password")
    assert log_in(anyone, OLD).status_code == 200


def test_new_password_is_normalized(real_password_hasher, as_alice, anyone):
    assert change(as_alice, new="o\u0308lsardinen-42").status_code == 204
    assert log_in(anyone, "\u00f6lsardinen-42").status_code == 200


def test_missing_fields_are_listed_as_errors(as_alice):
    assert_invalid(as_alice.post("/me/password", {}), "old_password", "new_password")


def test_wrong_old_passwords_are_throttled_together_with_failed_logins(as_alice, anyone, throttle):
    throttle("login", "3/min")
    for _ in range(3):
        assert_invalid(change(as_alice, old="wrong"), "old_password")
    response = change(as_alice)
    assert_problem(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60
    assert_problem(log_in(anyone, OLD), 429, "throttled")


@pytest.mark.django_db(transaction=True)
def test_only_one_of_several_concurrent_changes_with_one_old_password_succeeds(server, alice):
    bodies = [{"old_password": OLD, "new_password": f"{NEW}-{number}"} for number in range(6)]
    changes = [partial(server.call, "POST", "/me/password", body, user=alice) for body in bodies]
    answers = run_concurrently(changes)
    assert Counter(answer.status for answer in answers)[204] == 1
    assert {answer.code for answer in answers} <= {None, "invalid", "token_not_valid"}
    winner = next(body for body, answer in zip(bodies, answers, strict=True) if answer.status == 204)
    login = {"username": "alice", "password": winner["new_password"]}
    assert server.call("POST", "/login", login).status == 200
