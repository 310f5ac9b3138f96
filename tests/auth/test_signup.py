import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import IntegrityError, connection, transaction

from tests.assertions import assert_invalid, assert_problem
from tests.factories import UserFactory

User = get_user_model()
GOOD = {"username": "alice", "password": "plum-tart-42", "email": "alice@example.com"}

pytestmark = pytest.mark.django_db


def test_it_makes_an_account_and_never_shows_the_password(anyone):
    response = anyone.post("/signup", GOOD)

    assert response.status_code == 201
    user = User.objects.get()
    assert response.json() == {"id": user.id, "username": "alice", "email": "alice@example.com"}
    assert user.password.startswith("argon2$argon2id$")
    assert user.check_password("plum-tart-42")


@pytest.mark.django_db(transaction=True)
def test_a_password_is_hashed_outside_any_transaction(anyone, monkeypatch):
    """Hashing takes long, and on SQLite a transaction keeps all other writers waiting."""
    seen = []
    encode = Argon2PasswordHasher.encode
    monkeypatch.setattr(
        Argon2PasswordHasher, "encode", lambda *a: seen.append(connection.in_atomic_block) or encode(*a)
    )
    assert anyone.post("/signup", GOOD).status_code == 201
    assert seen == [False]


@pytest.mark.parametrize("format", ["json", "multipart"])
def test_the_email_is_optional_in_every_kind_of_body(anyone, format):
    response = anyone.post("/signup", {"username": "alice", "password": "plum-tart-42"}, format=format)
    assert response.status_code == 201
    assert response.json()["email"] == ""


def test_it_takes_a_form(anyone):
    body = "username=alice&password=plum-tart-42"
    response = anyone.post("/signup", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 201


@pytest.mark.parametrize("name", ["alice", "ALICE", "Alice"])
def test_a_taken_name_is_refused_in_any_letter_case(anyone, name):
    UserFactory(username="alice")
    assert_invalid(anyone.post("/signup", GOOD | {"username": name}), "username")


def test_the_database_itself_refuses_a_name_in_another_letter_case():
    UserFactory(username="alice")
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(username="ALICE")


def test_a_name_that_is_longer_once_normalised_is_refused(anyone):
    # One sign that Django's normalisation turns into eighteen.
    assert_invalid(anyone.post("/signup", GOOD | {"username": "\ufdfa" * 20}), "username")


@pytest.mark.parametrize("password", ["short1!", "password", "1234567890", "alice@example", "x" * 129])
def test_a_weak_password_is_refused(anyone, password):
    assert_invalid(anyone.post("/signup", GOOD | {"password": password}), "password")
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
def test_nonsense_is_refused_by_field(anyone, change, field):
    assert_invalid(anyone.post("/signup", GOOD | change), field)


def test_too_many_signups_from_one_address_are_throttled(anyone, throttle):
    throttle("signup", "2/hour")
    for name in ("one", "two"):
        assert anyone.post("/signup", GOOD | {"username": name}).status_code == 201
    response = anyone.post("/signup", GOOD | {"username": "three"})
    assert_problem(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 3600


def test_a_forged_forwarded_for_does_not_escape_the_throttle(anyone, throttle):
    throttle("signup", "1/hour")
    anyone.post("/signup", GOOD, HTTP_X_FORWARDED_FOR="192.0.2.1")
    response = anyone.post("/signup", GOOD | {"username": "bob"}, HTTP_X_FORWARDED_FOR="192.0.2.2")
    assert_problem(response, 429, "throttled")
