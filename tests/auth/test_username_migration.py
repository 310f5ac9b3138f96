"""Users of an older release, and users that older code stores while nodes are upgraded."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import CharField
from django.db.models.functions import Cast
from django.urls import reverse

from cinema.auth.folded_users import BATCH
from cinema.auth.models import FoldedUser
from tests.assertions import assert_invalid
from tests.auth.accounts import PASSWORD, login, sign_up

pytestmark = pytest.mark.django_db

User = get_user_model()


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


# --- While nodes are upgraded ----------------------------------------------------------


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
