"""Bookings of one call share an order code. Bookings sold before have none."""

from django.db import migrations, models

import cinema.seats.orders


class Migration(migrations.Migration):
    dependencies = [("seats", "0012_bookings_outlive_their_users")]

    operations = [
        migrations.SeparateDatabaseAndState(
            # Without the default, because Django would store one and the same code in every booking.
            database_operations=[
                migrations.AddField("booking", "order", models.CharField(max_length=9, null=True)),
            ],
            state_operations=[
                migrations.AddField(
                    "booking",
                    "order",
                    models.CharField(
                        blank=True,
                        default=cinema.seats.orders.new_order,
                        help_text="Shared by all bookings of one call, such as 7K3M-Q9XT.",
                        max_length=9,
                        null=True,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=cinema.seats.orders.HasOrderForm("order"), name="booking_order_has_form"
            ),
        ),
    ]
