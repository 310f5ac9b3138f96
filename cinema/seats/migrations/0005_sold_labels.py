"""A booking keeps the label that its seat had when it was sold. A label is unique within a show.

Nodes that still run the old code can sell after this migration. Their bookings have no label.
"""

from django.db import migrations, models
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Cast, Coalesce


def make_labels_unique(apps, schema_editor):
    """Adds the number to the label of a seat that another seat of the show has too. Taken seats keep theirs
    first."""
    seats = apps.get_model("seats", "Seat").objects.order_by()
    repeated = seats.values("show_id", "label").annotate(count=Count("number")).filter(count__gt=1)
    for show_id, label in list(repeated.values_list("show_id", "label")):
        of_show = seats.filter(show_id=show_id)
        same = of_show.filter(label=label).order_by("-taken", F("held_until").desc(nulls_last=True), "number")
        for number in list(same.values_list("number", flat=True))[1:]:
            new = f"{label[:180]} ({number})"
            while of_show.filter(label=new).exists():
                new += "*"
            of_show.filter(number=number).update(label=new, changes=F("changes") + 2)


def store_labels(apps, schema_editor):
    seats = apps.get_model("seats", "Seat").objects.order_by()
    label = seats.filter(show_id=OuterRef("show_id"), number=OuterRef("seat_number")).values("label")
    number = Cast("seat_number", models.CharField(max_length=40))
    bookings = apps.get_model("seats", "Booking").objects.order_by()
    bookings.update(sold_label=Coalesce(Subquery(label), number))


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
        migrations.RunPython(make_labels_unique, migrations.RunPython.noop),
        migrations.RunPython(store_labels, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.UniqueConstraint(fields=("show", "label"), name="one_seat_per_label"),
        ),
    ]
