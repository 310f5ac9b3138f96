from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("seats", "0010_fill_in_bookings")]

    operations = [
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.UniqueConstraint(fields=("show", "label"), name="one_seat_per_label"),
        ),
    ]
