"""`POST /signup`."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection

from tests.assertions import assert_invalid, assert_problem

User = get_user_model()
ACCOUNT = {"username": "alice", "password": "plum-tart-42", "email": "alice@example.com"}

pytestmark = pytest.mark.django_db


def test_signup_creates_an_account_without_showing_the_password(real_password_hasher, anyone):
    response = anyone.post("/signup", ACCOUNT)

    assert response.status_code == 201
    user = User.objects.get()
    assert response.json() == {"id": user.id, "username": "alice", "email": "alice@example.com"}
    assert user.password.startswith("argon2$argon2id$")
    assert user.check_password("plum-tart-42")


@pytest.mark.django_db(transaction=True)
def test_password_is_hashed_outside_of_any_transaction(real_password_hasher, anyone, monkeypatch):
    """Hashing is slow, and on SQLite a transaction makes all other writers wait."""
    in_transaction = []
    encode = Argon2PasswordHasher.encode

    def recording_encode(*args):
        in_transaction.append(connection.in_atomic_block)
        return encode(*args)

    monkeypatch.setattr(Argon2PasswordHasher, "encode", recording_encode)
    assert anyone.post("/signup", ACCOUNT).status_code == 201
    assert in_transaction == [False]


@pytest.mark.parametrize("format", ["json", "multipart"])
def test_email_is_optional_in_json_and_multipart_bodies(anyone, format):
    response = anyone.post("/signup", {"username": "alice", "password": "plum-tart-42"}, format=format)
    assert response.status_code == 201
    assert response.json()["email"] == ""


def test_signup_accepts_a_form_body(anyone):
    body = "username=alice&password=plum-tart-42"
    response = anyone.post("/signup", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 201


def test_username_that_is_too_long_once_normalized_is_rejected(anyone):
    # Django's normalization turns this character into eighteen.
    assert_invalid(anyone.post("/signup", ACCOUNT | {"username": "\ufdfa" * 20}), "username")


@pytest.mark.parametrize(
    "password", ["short1!", "password", "1234567890", "alice@example", "x" * 129, " " * 12]
)
def test_weak_password_is_rejected(anyone, password):
    assert_invalid(anyone.post("/signup", ACCOUNT | {"password": password}), "password")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "a\x00b"}, "username"),
        ({"username": "a\ud800b"}, "username"),
        ({"username": "a" * 151}, "username"),
        ({"username": None}, "username"),
        ({"username": ["alice"]}, "username"),
        ({"password": "plum-tart-\x00"}, "password"),
        ({"password": {}}, "password"),
        ({"email": "nonsense"}, "email"),
        ({"email": "a" * 250 + "@example.com"}, "email"),
    ],
)
def test_malformed_field_is_rejected_by_name(anyone, change, field):
    assert_invalid(anyone.post("/signup", ACCOUNT | change), field)


def test_signups_from_one_address_are_throttled(anyone, throttle):
    throttle("signup", "2/hour")
    for name in ("one", "two"):
        assert anyone.post("/signup", ACCOUNT | {"username": name}).status_code == 201
    response = anyone.post("/signup", ACCOUNT | {"username": "three"})
    assert_problem(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 3600


def test_forged_forwarded_for_header_does_not_evade_the_throttle(anyone, throttle):
    throttle("signup", "1/hour")
    anyone.post("/signup", ACCOUNT, HTTP_X_FORWARDED_FOR="192.0.2.1")
    response = anyone.post("/signup", ACCOUNT | {"username": "bob"}, HTTP_X_FORWARDED_FOR="192.0.2.2")
    assert_problem(response, 429, "throttled")
