"""Stores the folded copies of all users. Their unique names replace the index on UPPER(username).

The letters that UPPER changes differ between databases, so SQLite took names that PostgreSQL refused.
"""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import migrations, models

from cinema.auth.folded_users import update_folded_users

TABLE = get_user_model()._meta.db_table


def fill(apps: Any, schema_editor: Any) -> None:
    user_model = apps.get_model(settings.AUTH_USER_MODEL)
    folded_model = apps.get_model("cinema_auth", "FoldedUser")
    update_folded_users(user_model, folded_model, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("cinema_auth", "0002_forget_refresh_tokens"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FoldedUser",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="folded",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("name", models.TextField(blank=True, editable=False, serialize=False)),
                ("search", models.TextField(blank=True, editable=False, serialize=False)),
            ],
            options={
                "verbose_name": "folded name",
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="one_user_for_a_folded_name"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="folded_name_is_not_empty"
                    ),
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(
            "DROP INDEX cinema_username_in_any_case",
            f"CREATE UNIQUE INDEX cinema_username_in_any_case ON {TABLE} (UPPER(username))",
        ),
    ]
