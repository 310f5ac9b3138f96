"""Cancelled bookings say when and why. Those of before say nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("seats", "0015_door"),
        ("shows", "0006_cancelled_shows"),
    ]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="cancelled_at",
            field=models.DateTimeField(blank=True, default=None, null=True),
        ),
        migrations.AddField(
            model_name="booking",
            name="cancelled_because",
            field=models.CharField(
                blank=True,
                choices=[("owner", "Owner"), ("staff", "Staff"), ("show_cancelled", "Show Cancelled")],
                default=None,
                max_length=14,
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cancelled_at", None), ("cancelled_because", None)),
                    models.Q(
                        ("cancelled_at__isnull", False),
                        ("cancelled_because__in", ["owner", "staff", "show_cancelled"]),
                        ("cancelled_because__isnull", False),
                        ("status", "cancelled"),
                    ),
                    _connector="OR",
                ),
                name="booking_cancel_is_explained",
            ),
        ),
    ]
