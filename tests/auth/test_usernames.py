"""Which usernames are allowed, and which are the same. Both databases follow one rule."""

import json
import re
from unicodedata import category

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import CharField
from django.db.models.functions import Cast
from django.urls import reverse

from cinema.auth.folded_users import BATCH
from cinema.auth.models import FoldedUser
from tests.assertions import assert_invalid, assert_problem
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

User = get_user_model()
PASSWORD = "plum-tart-42"
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


def login(client, username, password=PASSWORD):
    return client.post("/login", {"username": username, "password": password})


def sign_up(client, username):
    return client.post("/signup", {"username": username, "password": PASSWORD})


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


# --- Users of an existing database -----------------------------------------------------


@pytest.fixture
def release_without_folded_names(transactional_db):
    """A database of a release before folded names: a function that migrates it to this release."""

    def migrate(target):
        call_command("migrate", "cinema_auth", target, verbosity=0)

    migrate("0002")
    yield lambda: migrate("0003")
    User.objects.update(username=Cast("pk", CharField()))
    # All apps, because no server is ready without all migrations.
    call_command("migrate", verbosity=0)


def insert(*names):
    User.objects.bulk_create(User(username=name, password="!") for name in names)


def test_users_of_an_older_release_log_in_after_the_migration(release_without_folded_names, anyone):
    insert("Zo\u00eb", "vi", "bob")
    release_without_folded_names()
    for user in User.objects.all():
        user.set_password(PASSWORD)
        user.save()
    for name in ("ZO\u00cb", "VI", "Bob"):
        assert login(anyone, name).status_code == 200


def test_user_of_an_older_release_with_a_space_in_front_of_the_name_logs_in(
    release_without_folded_names, anyone
):
    insert(" bob", "\u00a8carol")
    release_without_folded_names()
    User.objects.update(password=make_password(PASSWORD))
    for name in (" bob", "bob", "\u00a8carol"):
        assert login(anyone, name).status_code == 200, name
    assert_invalid(sign_up(anyone, "bob"), "username")


def test_migration_names_the_users_with_the_same_name_and_changes_nothing(release_without_folded_names):
    insert("stra\u00dfe", "bob", "strasse", " bob")
    ids = list(User.objects.order_by("pk").values_list("pk", flat=True))
    message = (
        f"'stra\u00dfe' (id {ids[0]}) and 'strasse' (id {ids[2]}); "
        f"'bob' (id {ids[1]}) and ' bob' (id {ids[3]})."
    )
    with pytest.raises(CommandError, match=re.escape(message)):
        release_without_folded_names()
    assert "cinema_auth_foldeduser" not in connection.introspection.table_names()
    User.objects.filter(username="strasse").update(username="strasse2")
    User.objects.filter(username=" bob").update(username="bob2")
    release_without_folded_names()
    assert FoldedUser.objects.count() == 4


def test_migration_names_the_users_whose_name_is_unusable(release_without_folded_names):
    insert("bob", "\u1160")
    user = User.objects.get(username="\u1160")
    message = (
        rf"'\u1160' (id {user.pk}): A username needs a visible character. Rename them. Then run migrate again."
    )
    with pytest.raises(CommandError, match=re.escape(message)):
        release_without_folded_names()
    User.objects.filter(pk=user.pk).update(username="carol")
    release_without_folded_names()
    assert FoldedUser.objects.count() == 2


# --- Users that older code stored or renamed while nodes were upgraded -----------------


def insert_with_folded_names(*names):
    """Stores users as this release does, without the signals of hundreds of `save` calls."""
    insert(*names)
    FoldedUser.objects.bulk_create(FoldedUser(user=user) for user in User.objects.filter(username__in=names))


@pytest.mark.django_db(transaction=True)
def test_migrate_stores_folded_names_of_all_users(anyone):
    names = [f"User{number}" for number in range(2 * BATCH + 1)]
    insert_with_folded_names(*names[::2])
    insert(*names[1::2])
    call_command("migrate", verbosity=0)
    assert set(FoldedUser.objects.values_list("name", flat=True)) == {name.lower() for name in names}


@pytest.mark.django_db(transaction=True)
def test_user_whose_name_is_taken_does_not_keep_others_from_logging_in(anyone, alice):
    insert("Carol", "ALICE", "Dan", "dan", "\u1160")
    User.objects.update(password=make_password(PASSWORD))
    ids = dict(User.objects.values_list("username", "pk"))
    same = (
        f"'alice' (id {alice.pk}, keeps the name) and 'ALICE' (id {ids['ALICE']}); "
        f"'Dan' (id {ids['Dan']}) and 'dan' (id {ids['dan']}). Letter case"
    )
    with pytest.raises(CommandError, match=re.escape(same)) as error:
        call_command("migrate", verbosity=0)
    assert "Rename the others." in str(error.value)
    assert r"'\u1160'" in str(error.value)
    for name in ("carol", "alice"):
        assert login(anyone, name).status_code == 200, name
    assert login(anyone, "dan").status_code == 401
    for name in ("ALICE", "dan", "\u1160"):
        User.objects.filter(username=name).update(username=f"user{ids[name]}")
    call_command("migrate", verbosity=0)
    assert FoldedUser.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_migrate_follows_users_that_older_code_renamed(anyone, admin_client, alice, bob):
    User.objects.filter(pk=alice.pk).update(password=make_password(PASSWORD))
    # Each of them takes the name that another one had.
    for user, name in ((alice, "temporary"), (bob, "Alice"), (alice, "Bob")):
        User.objects.filter(pk=user.pk).update(username=name, email=f"{name}@mail.example")
    call_command("migrate", verbosity=0)
    for user, name in ((alice, "bob"), (bob, "alice")):
        assert FoldedUser.objects.filter(user=user, name=name).exists()
    assert login(anyone, "bob").status_code == 200
    url = reverse("admin:auth_user_changelist")
    assert admin_client.get(url, {"q": "BOB@mail"}).context["cl"].result_count == 1


@pytest.mark.django_db(transaction=True)
def test_user_that_older_code_gave_a_taken_name_loses_the_old_one(alice, bob):
    User.objects.filter(pk=bob.pk).update(username="ALICE")
    for _ in range(2):
        with pytest.raises(
            CommandError, match=re.escape(f"'alice' (id {alice.pk}, keeps the name) and 'ALICE'")
        ):
            call_command("migrate", verbosity=0)
        assert list(FoldedUser.objects.values_list("name", "user")) == [("alice", alice.pk)]
