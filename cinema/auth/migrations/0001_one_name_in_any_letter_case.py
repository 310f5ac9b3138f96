"""`Alice` and `alice` are one name: an index on Django's own user table says so.

On SQLite, whose UPPER knows no others, that goes for the letters A to Z.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import migrations

TABLE = get_user_model()._meta.db_table


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        # UPPER is what Django's `iexact` looks up on PostgreSQL, so that the index serves it too.
        migrations.RunSQL(
            f"CREATE UNIQUE INDEX cinema_username_in_any_case ON {TABLE} (UPPER(username))",
            "DROP INDEX cinema_username_in_any_case",
        ),
    ]
