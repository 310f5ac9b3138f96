"""Keeps a `FoldedUser` for each user: by signals of Django's model, and after each `migrate`."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps as global_apps
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction

from cinema.api.folding import fold
from cinema.auth.models import FoldedUser
from cinema.auth.usernames import check_length, check_username, fold_username

SOURCES = {"username", "first_name", "last_name", "email"}
BATCH = 1000
HOW_TO_RENAME = (
    "Then run migrate again. To rename the user with the id 7: "
    'manage.py shell -c "from django.contrib.auth.models import User; '
    "User.objects.filter(pk=7).update(username='another-name')\""
)


def check_user(sender: Any, instance: Any, raw: bool, update_fields: Any, **kwargs: Any) -> None:
    """Runs before a user is saved, also by a command or a fixture. Raises `ValidationError`.

    A fixture may replace users one by one, so only the unique constraint checks whether its names are taken.
    """
    if raw:
        check_length(instance.username)
    elif "username" in (update_fields or SOURCES):
        check_username(instance.username, instance.pk)


def store_folded_user(sender: Any, instance: Any, update_fields: Any, using: str, **kwargs: Any) -> None:
    """Runs after a user was saved. Raises `IntegrityError` if the name was taken at the same time."""
    if not SOURCES.isdisjoint(update_fields or SOURCES):
        FoldedUser(user=instance).save(using=using)


def update_all(sender: Any, using: str, apps: Any = global_apps, **kwargs: Any) -> None:
    """Runs after `migrate`, because nodes with older code sign up and rename users while nodes are upgraded."""
    try:
        folded_model = apps.get_model("cinema_auth", "FoldedUser")
    except LookupError:
        return  # Its migration was reverted.
    update_folded_users(apps.get_model("auth", "User"), folded_model, using)


def update_folded_users(user_model: Any, folded_model: Any, using: str) -> None:
    """Stores the right folded copies of all users that have none or another one.

    Afterwards raises `CommandError` if a name is unusable, or is also the name of another user. All other users
    can log in then. The models may be their states in a migration, which undoes all of it.
    """
    folded_users = folded_model.objects.using(using)
    outdated = list(outdated_users(user_model.objects.using(using)))
    ids = [user_id for user_id, _, _, _ in outdated]
    unusable = []
    rows: dict[str, list[Any]] = {}
    users: dict[str, list[str]] = {}
    for user_id, username, name, search in outdated:
        try:
            check_length(username)
        except ValidationError as error:
            unusable.append(f"{username!a} (id {user_id}): {error.messages[0]}")
            continue
        rows.setdefault(name, []).append(folded_model(user_id=user_id, name=name, search=search))
        users.setdefault(name, []).append(f"{username!r} (id {user_id})")
    with transaction.atomic(using):
        # Outdated copies go first, because another user may have got the name since.
        for batch in batched(ids):
            folded_users.filter(pk__in=batch).delete()
        for batch in batched(list(users)):
            keepers = folded_users.filter(name__in=batch).values_list("name", "user__username", "user")
            for name, username, user_id in keepers:
                users[name].insert(0, f"{username!r} (id {user_id}, keeps the name)")
        single = [rows[name][0] for name, same in users.items() if len(same) == 1]
        folded_users.bulk_create(single, BATCH)
    problems = []
    if unusable:
        problems.append(f"These users have a name that nobody can have: {' '.join(unusable)} Rename them.")
    if shared := [" and ".join(same) for same in users.values() if len(same) > 1]:
        problems.append(
            f"These users have the same name: {'; '.join(shared)}. Letter case, composition and width make no "
            "difference. One user keeps each name, the marked one if there is one. Rename the others."
        )
    if problems:
        raise CommandError(" ".join([*problems, HOW_TO_RENAME]))


def outdated_users(users: Any) -> Iterator[tuple[int, str, str, str]]:
    """Yields id, username, folded name and folded search text of users whose stored copies differ from these.

    Reads users in batches, because all of them may not fit into memory.
    """
    texts = users.order_by("pk").values_list(
        "pk", "username", "first_name", "last_name", "email", "folded__name", "folded__search"
    )
    for user_id, username, first_name, last_name, email, *stored in texts.iterator(BATCH):
        folded = [fold_username(username), fold(f"{username} {first_name} {last_name} {email}")]
        if stored != folded:
            yield user_id, username, *folded


def batched(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
