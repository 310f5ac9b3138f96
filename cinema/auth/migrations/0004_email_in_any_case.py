"""An index to find the accounts of an email address, because `password/forgotten` would read all users."""

from django.contrib.auth import get_user_model
from django.db import migrations

TABLE = get_user_model()._meta.db_table


class Migration(migrations.Migration):
    dependencies = [("cinema_auth", "0003_folded_users")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX cinema_email_in_any_case ON {TABLE} (UPPER(email))",
            "DROP INDEX cinema_email_in_any_case",
        ),
    ]
