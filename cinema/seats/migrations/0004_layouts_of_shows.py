import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("seats", "0003_plain_help_texts"),
        ("shows", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShowLayout",
            fields=[
                (
                    "show",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="layout",
                        serialize=False,
                        to="shows.show",
                    ),
                ),
                ("layout", models.JSONField()),
            ],
        ),
    ]
