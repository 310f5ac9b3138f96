"""Bookings stay when their user is deleted, without a user. Before, they were deleted with the user."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Exists, F, OuterRef


def delete_bookings_without_a_user(apps, schema_editor):
    bookings = apps.get_model("seats", "Booking").objects.filter(user=None)
    live = bookings.filter(status="booked", show=OuterRef("show"), seat_number=OuterRef("number"))
    sold = apps.get_model("seats", "Seat").objects.filter(Exists(live))
    sold.update(taken=False, changes=F("changes") + 2)
    bookings.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("seats", "0011_one_seat_per_label"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # On PostgreSQL it changes no row.
        migrations.AlterField(
            model_name="booking",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="bookings",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, delete_bookings_without_a_user),
    ]
