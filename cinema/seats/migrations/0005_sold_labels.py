"""A booking keeps the label that its seat had when it was sold. `0010` fills it in.

Nodes that still run the old code can sell after this migration. Their bookings have no label.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("seats", "0004_layouts_of_shows")]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="sold_label",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The seat's label when it was sold.",
                max_length=200,
            ),
        ),
    ]
