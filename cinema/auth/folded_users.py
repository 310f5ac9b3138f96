"""Keeps a `FoldedUser` for each user: by signals of Django's model, and after each `migrate`."""

from typing import Any

from django.apps import apps as global_apps
from django.core.management.base import CommandError

from cinema.api.folding import fold
from cinema.auth.models import FoldedUser
from cinema.auth.usernames import check_length, check_username

SOURCES = {"username", "first_name", "last_name", "email"}
BATCH = 500


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


def add_missing(sender: Any, using: str, apps: Any = global_apps, **kwargs: Any) -> None:
    """Runs after `migrate`, for users that signed up on a node with older code while nodes were upgraded."""
    try:
        folded_users = apps.get_model("cinema_auth", "FoldedUser")
    except LookupError:
        return  # Its migration was reverted.
    add_missing_folded_users(apps.get_model("auth", "User"), folded_users, using)


def add_missing_folded_users(user_model: Any, folded_model: Any, using: str) -> None:
    """Stores the folded copies of all users that have none. The models may be their states in a migration.

    Raises `CommandError`, and stores nothing, if several users have the same name.
    """
    folded_users = folded_model.objects.using(using)
    names: dict[str, list[str]] = {}
    rows = []
    for user in user_model.objects.using(using).filter(folded=None).order_by("pk"):
        texts = user.username, user.first_name, user.last_name, user.email
        row = folded_model(user=user, name=fold(user.username), search=fold(" ".join(texts)))
        names.setdefault(row.name, []).append(f"{user.username!r} (id {user.pk})")
        rows.append(row)
    listed = list(names)
    for start in range(0, len(listed), BATCH):
        taken = folded_users.filter(name__in=listed[start : start + BATCH]).values_list(
            "name", "user__username", "user"
        )
        for name, username, user_id in taken:
            names[name].append(f"{username!r} (id {user_id})")
    if same := [" and ".join(users) for users in names.values() if len(users) > 1]:
        raise CommandError(
            f"These users have the same name: {'; '.join(same)}. Usernames may not differ in letter case only, "
            "nor in the form of their characters. Rename all but one of them, then run migrate again. "
            "To rename the user with the id 7: "
            'manage.py shell -c "from django.contrib.auth.models import User; '
            "User.objects.filter(pk=7).update(username='another-name')\""
        )
    folded_users.bulk_create(rows, BATCH)
