"""Which usernames are allowed, and which are the same. Both databases follow one rule."""

import json
from unicodedata import category

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from cinema.auth.models import FoldedUser
from tests.assertions import assert_invalid, assert_problem
from tests.auth.accounts import PASSWORD, login, sign_up
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

User = get_user_model()


# Pairs of a stored name and another spelling of it.
SPELLINGS = [
    ("alice", "ALICE"),
    ("alice", " alice"),
    ("alice", "alice\u00a0"),
    ("alice", "\uff41lice"),
    ("alice", "alice\ufe0f"),
    ("zo\u00eb", "ZO\u00cb"),
    ("zo\u00eb", "zoe\u0308"),
    ("stra\u00dfe", "STRASSE"),
    ("\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3", "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2"),
]
# Names that some databases or programs take for the same, and that are not.
DIFFERENT = [("vi", "v\u0131"), ("vi", "v\u0130"), ("zoe", "zo\u00eb"), ("a", "\u0430")]


def add_in_admin(client, name):
    form = {"username": name, "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    return client.post(reverse("admin:auth_user_add"), form)


def rename(client, user, name):
    form = {"username": name, "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "is_active": "on"}
    return client.post(reverse("admin:auth_user_change", args=[user.pk]), form)


def create_superuser(name, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", username=name, email="a@b.example", verbosity=0)


def load_user(name, tmp_path, pk=900):
    path = tmp_path / "users.json"
    user = {"username": name, "password": "!", "date_joined": "2026-01-01T00:00:00Z"}
    path.write_text(json.dumps([{"model": "auth.user", "pk": pk, "fields": user}]))
    # The savepoint stands for the transaction of the command, which the test's transaction hides.
    with transaction.atomic():
        call_command("loaddata", str(path), verbosity=0)


# --- The same name ---------------------------------------------------------------------


@pytest.mark.parametrize(("name", "spelling"), SPELLINGS)
def test_user_logs_in_with_any_spelling_of_the_name(anyone, client, name, spelling):
    assert sign_up(anyone, name).status_code == 201
    assert login(anyone, spelling).status_code == 200
    User.objects.update(is_staff=True)
    assert client.post("/admin/login/", {"username": spelling, "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(("name", "spelling"), SPELLINGS)
def test_taken_username_is_rejected_in_any_spelling(
    anyone, admin_client, bob, tmp_path, monkeypatch, name, spelling
):
    UserFactory(username=name)
    assert_invalid(sign_up(anyone, spelling), "username")
    for response in (add_in_admin(admin_client, spelling), rename(admin_client, bob, spelling)):
        assert b"A user with that username already exists." in response.content
    stored_spelling = User.normalize_username(spelling.strip())
    with pytest.raises(CommandError, match="already"):
        create_superuser(stored_spelling, monkeypatch)
    with pytest.raises(ValidationError, match="already exists"):
        User.objects.create_user(stored_spelling)
    with pytest.raises(CommandError, match="Nothing was loaded"):
        load_user(stored_spelling, tmp_path)
    assert User.objects.exclude(username__in=["admin", "bob"]).count() == 1


@pytest.mark.parametrize(("name", "spelling"), SPELLINGS)
def test_another_spelling_of_the_username_shares_the_limit_on_failed_logins(anyone, throttle, name, spelling):
    throttle("login", "2/min")
    sign_up(anyone, name)
    for username in (spelling, name):
        assert_problem(login(anyone, username, "wrong"), 401, "no_active_account")
    for username in (spelling, name):
        assert_problem(login(anyone, username), 429, "throttled")


@pytest.mark.parametrize(("name", "other"), DIFFERENT)
def test_different_names_are_different_users_on_both_databases(anyone, throttle, name, other):
    sign_up(anyone, name)
    assert_problem(login(anyone, other), 401, "no_active_account")
    assert sign_up(anyone, other).status_code == 201
    throttle("login", "2/min")
    for _ in range(2):
        login(anyone, other, "wrong")
    assert_problem(login(anyone, other), 429, "throttled")
    assert login(anyone, name).status_code == 200


def test_user_is_found_however_it_was_stored(anyone, admin_client, tmp_path, monkeypatch):
    add_in_admin(admin_client, "Added")
    create_superuser("Created", monkeypatch)
    load_user("Loaded", tmp_path)
    loaded = User.objects.get(username="Loaded")
    loaded.set_password(PASSWORD)
    loaded.save()
    renamed = UserFactory(username="before")
    rename(admin_client, renamed, "Renamed")
    renamed.refresh_from_db()
    renamed.set_password(PASSWORD)
    renamed.save(update_fields=["password"])
    for name in ("ADDED", "CREATED", "LOADED", "RENAMED"):
        assert login(anyone, name).status_code == 200, name
    assert login(anyone, "before").status_code == 401


def test_stored_name_with_a_space_in_front_is_the_same_name(anyone):
    User.objects.create_user(" bob", password=PASSWORD)
    assert login(anyone, "bob").status_code == 200
    assert_invalid(sign_up(anyone, "bob"), "username")


def test_database_keeps_folded_names_unique_and_visible(alice, bob):
    for name in ("alice", ""):
        with pytest.raises(IntegrityError), transaction.atomic():
            FoldedUser.objects.filter(user=bob).update(name=name)


def test_login_writes_no_folded_name(anyone, django_assert_max_num_queries):
    sign_up(anyone, "alice")
    with django_assert_max_num_queries(20) as queries:
        assert login(anyone, "alice").status_code == 200
    assert sum("cinema_auth_foldeduser" in query["sql"] for query in queries) == 1


# --- Allowed characters ----------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "\u0e2a\u0e21\u0e28\u0e23\u0e35",  # Thai
        "\u0939\u093f\u0928\u094d\u0926\u0940",  # Hindi
        "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd",  # Tamil
        "\u05d0\u05b8\u05dc\u05b6\u05e3",  # Hebrew with points
        "a.b+c@d_e-9",
    ],
)
def test_name_of_any_script_signs_up_and_logs_in(anyone, admin_client, name, monkeypatch):
    assert sign_up(anyone, name).json()["username"] == name
    assert login(anyone, name).status_code == 200
    assert add_in_admin(admin_client, f"{name}2").status_code == 302
    create_superuser(f"{name}3", monkeypatch)


def test_every_letter_and_combining_mark_is_allowed():
    characters = [chr(code) for code in (*range(0x40000), *range(0xE0000, 0xE0200))]
    name = "".join(character for character in characters if category(character)[0] in "LM")
    User.username_validator(name)


@pytest.mark.parametrize(
    "name", ["a b", "a\u200db", "a\u00adb", "a/b", "\u2603", "a\nb", "\ue000", "\u3164", "\ufe0f"]
)
def test_name_with_another_sign_or_without_a_visible_one_is_rejected(anyone, admin_client, name):
    assert_invalid(sign_up(anyone, name), "username")
    assert add_in_admin(admin_client, name).status_code == 200
    assert not User.objects.exclude(username="admin").exists()


def test_createsuperuser_rejects_a_name_that_is_too_long_once_normalized(monkeypatch):
    """SQLite would store it, and the move to PostgreSQL would fail."""
    with pytest.raises(CommandError, match="at most 150"):
        create_superuser("\ufdfa" * 20, monkeypatch)


def test_fixture_with_a_name_that_is_too_long_is_rejected(tmp_path):
    with pytest.raises(CommandError, match="at most 150"):
        load_user("\ufdfa" * 150, tmp_path)
