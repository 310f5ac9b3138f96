"""Makes usernames unique in any letter case, by an index on Django's user table.

SQLite's UPPER changes the letters A to Z only, so there the index ignores the case of only these.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import migrations

TABLE = get_user_model()._meta.db_table


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        # Django's `iexact` uses UPPER on PostgreSQL, so it uses this index too.
        migrations.RunSQL(
            f"CREATE UNIQUE INDEX cinema_username_in_any_case ON {TABLE} (UPPER(username))",
            "DROP INDEX cinema_username_in_any_case",
        ),
    ]
