from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("seats", "0008_keys_remember_their_request")]

    operations = [
        # The column stays as it is. SQLite would copy the whole table.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="seat",
                    name="changes",
                    field=models.PositiveBigIntegerField(db_default=1, default=1, serialize=False),
                ),
            ]
        ),
    ]
