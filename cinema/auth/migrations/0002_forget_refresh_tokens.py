"""Deletes the stored refresh tokens. Their ids stay, because blacklisted tokens are rejected by them."""

from typing import Any

from django.db import migrations


def forget(apps: Any, schema_editor: Any) -> None:
    apps.get_model("token_blacklist", "OutstandingToken").objects.exclude(token="").update(token="")


class Migration(migrations.Migration):
    dependencies = [
        ("cinema_auth", "0001_one_name_in_any_letter_case"),
        ("token_blacklist", "0013_alter_blacklistedtoken_options_and_more"),
    ]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
