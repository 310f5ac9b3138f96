"""Stores when a user last logged in, by the API or the admin."""

from typing import Any

from django.contrib.auth.models import update_last_login

from cinema.api.citus_tables import citus_kind


def store_last_login(sender: Any, user: Any, **kwargs: Any) -> None:
    """Replaces Django's receiver. On a Citus cluster it stores nothing.

    There, each node has a copy of the users, and a write needs all nodes. So nobody could log in while one is
    down.
    """
    if citus_kind(user._meta.db_table) != "reference":
        update_last_login(sender, user, **kwargs)
