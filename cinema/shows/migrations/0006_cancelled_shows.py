"""Shows can be called off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shows", "0005_archived_shows"),
    ]

    operations = [
        migrations.AddField(
            model_name="show",
            name="status",
            field=models.CharField(
                choices=[("scheduled", "Scheduled"), ("cancelled", "Cancelled")],
                db_default="scheduled",
                default="scheduled",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="show",
            name="cancel_reason",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Why it was called off, for staff.",
                max_length=200,
            ),
        ),
        migrations.AddConstraint(
            model_name="show",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["scheduled", "cancelled"])), name="show_status_known"
            ),
        ),
    ]
