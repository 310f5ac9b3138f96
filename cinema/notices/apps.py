from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate, pre_migrate


class NoticesConfig(AppConfig):
    name = "cinema.notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        pre_migrate.connect(_remove_triggers, sender=self, dispatch_uid="notices.remove_triggers")
        post_migrate.connect(_update_triggers, sender=self, dispatch_uid="notices.update_triggers")


def _remove_triggers(plan: Any, **kwargs: Any) -> None:
    """Removes the triggers before SQLite alters a table, and before the tables of notices are removed.

    SQLite rebuilds a table to alter it, which fails while a trigger of another table reads it.
    """
    from cinema.notices import triggers

    if any(connection.vendor == "sqlite" or migration.app_label == "notices" for migration, _ in plan):
        triggers.turn_off()


def _update_triggers(**kwargs: Any) -> None:
    """Installs the triggers again, because an update may have changed them."""
    from cinema.notices import triggers
    from cinema.notices.models import Subscription

    has_table = Subscription._meta.db_table in connection.introspection.table_names()
    if has_table and Subscription.objects.filter(is_active=True).exists():
        triggers.install()
