from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("seats", "0006_one_spelling_of_a_screen")]

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
