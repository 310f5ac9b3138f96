"""An idempotency key remembers its request, and all bookings of a hold may have one key. `0010` fills it in."""

from django.db import migrations, models


def leave_one_booking_to_each_key(apps, schema_editor):
    apps.get_model("seats", "Booking").objects.filter(key_place__gt=1).update(idempotency_key=None)


class Migration(migrations.Migration):
    dependencies = [("seats", "0007_folded_search")]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="key_call",
            field=models.CharField(
                blank=True, default=None, help_text="The call that used the key.", max_length=9, null=True
            ),
        ),
        migrations.AddField(
            model_name="booking",
            name="key_number",
            field=models.IntegerField(
                blank=True, default=None, help_text="The seat number in that call.", null=True
            ),
        ),
        migrations.AddField(
            model_name="booking",
            name="key_place",
            field=models.IntegerField(
                db_default=1, default=1, help_text="The place of the booking in the answer, from 1."
            ),
        ),
        migrations.RemoveConstraint(model_name="booking", name="one_booking_per_idempotency_key"),
        migrations.RunPython(migrations.RunPython.noop, leave_one_booking_to_each_key),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.UniqueConstraint(
                fields=("show", "user", "idempotency_key", "key_place"), name="one_call_per_idempotency_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(("key_place__gte", 1)), name="booking_key_place_from_1"
            ),
        ),
    ]
