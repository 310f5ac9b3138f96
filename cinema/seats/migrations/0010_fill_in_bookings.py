"""Fills in what bookings remember of their sale, and makes the labels of each show unique.

It runs outside a transaction and for a few shows at a time, because users book while it runs. After an
interruption, a second run continues.
"""

from django.db import migrations, models
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Cast, Coalesce

SHOWS_AT_ONCE = 100


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
    bookings = apps.get_model("seats", "Booking").objects.order_by().filter(sold_label="")
    show_ids = list(bookings.values_list("show_id", flat=True).distinct())
    for start in range(0, len(show_ids), SHOWS_AT_ONCE):
        of_shows = bookings.filter(show_id__in=show_ids[start : start + SHOWS_AT_ONCE])
        of_shows.update(sold_label=Coalesce(Subquery(label), number))


def remember_requests(apps, schema_editor):
    bookings = apps.get_model("seats", "Booking").objects.filter(key_call=None)
    bookings.exclude(idempotency_key=None).update(key_call="book", key_number=F("seat_number"))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("seats", "0009_changes_are_not_dumped")]

    operations = [
        migrations.RunPython(make_labels_unique, migrations.RunPython.noop),
        migrations.RunPython(store_labels, migrations.RunPython.noop),
        migrations.RunPython(remember_requests, migrations.RunPython.noop),
    ]
