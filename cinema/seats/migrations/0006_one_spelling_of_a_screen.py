"""Gives the shows of a screen one spelling of its name: its plan's, or else that of its first show."""

from django.db import migrations

from cinema.shows.screens import screen_key


def use_one_spelling(apps, schema_editor):
    shows = apps.get_model("shows", "Show").objects
    planned = list(apps.get_model("seats", "SeatingPlan").objects.values_list("screen_name", flat=True))
    used = list(dict.fromkeys(shows.order_by("id").values_list("screen_name", flat=True)))
    spellings = {}
    for name in [*planned, *used]:
        spellings.setdefault(screen_key(name), name)
    for name in used:
        # Two plans may have the names of one screen. Then each keeps its shows, until staff delete one.
        if name not in planned and spellings[screen_key(name)] != name:
            shows.filter(screen_name=name).update(screen_name=spellings[screen_key(name)])


class Migration(migrations.Migration):
    dependencies = [("seats", "0005_sold_labels"), ("shows", "0002_show_by_screen_and_time")]

    operations = [migrations.RunPython(use_one_spelling, migrations.RunPython.noop)]
