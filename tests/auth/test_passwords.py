"""Passwords are normalized before they are hashed and before they are checked."""

from unicodedata import normalize

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management import call_command
from django.urls import reverse

from tests.assertions import assert_invalid, assert_problem
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

User = get_user_model()
COMPOSED = "Gr\u00f6\u00dfe-l\u00e4uft-42"
DECOMPOSED = normalize("NFD", COMPOSED)
FULL_WIDTH = "Gr\u00f6\u00dfe-l\u00e4uft-\uff14\uff12"
SPELLINGS = [COMPOSED, DECOMPOSED, FULL_WIDTH]


def login(client, password):
    return client.post("/login", {"username": "alice", "password": password})


@pytest.mark.parametrize("set_as", SPELLINGS)
@pytest.mark.parametrize("typed_as", SPELLINGS)
def test_password_is_accepted_in_every_form_of_its_characters(anyone, client, set_as, typed_as):
    assert anyone.post("/signup", {"username": "alice", "password": set_as}).status_code == 201
    assert login(anyone, typed_as).status_code == 200
    User.objects.update(is_staff=True)
    form = {"username": "alice", "password": typed_as}
    assert client.post("/admin/login/", form).status_code == 302


def test_letter_case_and_spaces_of_a_password_count(anyone):
    anyone.post("/signup", {"username": "alice", "password": COMPOSED})
    for wrong in (COMPOSED.upper(), f" {COMPOSED}", COMPOSED.replace("\u00f6", "o")):
        assert_problem(login(anyone, wrong), 401, "no_active_account")


def test_password_set_in_the_admin_or_by_a_command_is_accepted_in_every_form(
    anyone, admin_client, alice, monkeypatch
):
    path = reverse("admin:auth_user_password_change", args=[alice.pk])
    form = {"password1": DECOMPOSED, "password2": DECOMPOSED, "usable_password": "true"}
    assert admin_client.post(path, form).status_code == 302
    assert login(anyone, COMPOSED).status_code == 200
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", DECOMPOSED)
    call_command("createsuperuser", "--noinput", username="boss", email="a@b.example", verbosity=0)
    assert anyone.post("/login", {"username": "boss", "password": COMPOSED}).status_code == 200


@pytest.mark.parametrize("password", SPELLINGS)
def test_hash_of_a_password_that_was_not_normalized_is_still_accepted(anyone, password):
    hasher = Argon2PasswordHasher()
    UserFactory(username="alice", password=hasher.encode(password, hasher.salt()))
    assert login(anyone, password).status_code == 200
    assert login(anyone, password).status_code == 200


def test_password_of_megabytes_is_not_normalized(anyone, alice):
    """Normalizing this one makes 18 times as many characters, which took seconds."""
    hasher = Argon2PasswordHasher()
    User.objects.update(password=hasher.encode("\ufdfa" * 1001, hasher.salt()))
    assert login(anyone, "\ufdfa" * 1001).status_code == 200
    assert login(anyone, normalize("NFKC", "\ufdfa" * 1001)).status_code == 401


@pytest.mark.parametrize(
    "password",
    [" " * 12, "\u00a0" * 12, "\u200b" * 12, " \u2003\u3000\u2060" * 3, "\u3164\u115f\u2800\ufe0f" * 3],
)
def test_password_without_a_visible_character_is_rejected(anyone, admin_client, alice, password):
    response = anyone.post("/signup", {"username": "bob", "password": password})
    assert_invalid(response, "password")
    assert "This password has no visible character." in response.json()["errors"]["password"]
    path = reverse("admin:auth_user_password_change", args=[alice.pk])
    form = {"password1": password, "password2": password, "usable_password": "true"}
    assert b"This password has no visible character." in admin_client.post(path, form).content


def test_length_of_a_password_is_that_of_its_normalized_form(anyone):
    four_letters = normalize("NFD", "\u00e9\u00e8\u00ea\u00eb")
    assert len(four_letters) == 8
    assert_invalid(anyone.post("/signup", {"username": "bob", "password": four_letters}), "password")


def test_help_texts_of_all_validators_are_shown_in_the_admin(admin_client, alice):
    page = admin_client.get(reverse("admin:auth_user_password_change", args=[alice.pk])).content
    assert b"Your password must contain a visible character." in page
