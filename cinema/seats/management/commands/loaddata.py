"""Django's `loaddata`, with the seats of the loaded shows settled at the end.

Django saves a fixture's rows "raw", in the order of the file, so that a show's seats can't be
laid out when the show is saved: seats may stand further down. All is loaded first; then shows
without seats get them, and seats of live bookings become taken. One transaction: a fixture that
can't be loaded, or does not agree with itself, leaves nothing behind.
"""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.db.models import F, Sum
from django.db.models.signals import pre_save

from cinema.seats.integrity import find_inconsistencies, repair
from cinema.seats.layout.materialize import materialize_seats_locked
from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Show

# How many shows are settled by one set of statements.
BATCH = 200


class Command(loaddata.Command):
    def loaddata(self, fixture_labels: Any) -> None:
        """Called by `handle`, which has opened the transaction."""
        touched: set[int] = set()
        reseated: set[int] = set()
        moved: set[int] = set()

        def note(sender: Any, instance: Any, **kwargs: Any) -> None:
            if isinstance(instance, Show):
                touched.add(instance.pk)
                left = Show.objects.filter(pk=instance.pk).values_list("screen_name", flat=True).first()
                if left not in (None, instance.screen_name):
                    moved.add(instance.pk)
            elif isinstance(instance, SeatingPlan):
                # Loaded "raw", it is not checked by `save`; a bad one must not be kept.
                instance.clean()
            elif isinstance(instance, Seat):
                touched.add(instance.show_id)
                reseated.add(instance.show_id)
            elif isinstance(instance, Booking):
                touched.add(instance.show_id)
                # It may overwrite a booking of another show, whose seat then is free.
                touched.update(Booking.objects.filter(pk=instance.pk).values_list("show", flat=True))

        versions = _versions()
        pre_save.connect(note)
        try:
            super().loaddata(fixture_labels)
        finally:
            pre_save.disconnect(note)
        for show_id in moved - reseated:
            materialize_seats_locked(show_id, moved=True)
        self._settle(sorted(touched))
        _keep_versions_growing(reseated, versions)

    def _settle(self, show_ids: list[int]) -> None:
        for start in range(0, len(show_ids), BATCH):
            batch = show_ids[start : start + BATCH]
            repair(batch)
            if faults := [str(fault) for fault in find_inconsistencies(batch)]:
                raise CommandError(
                    "Nothing was loaded, for it does not agree with itself:\n" + "\n".join(faults)
                )


def _versions() -> dict[int, int]:
    """The most that each show's version can be: every counter and one more, as if all holds had lapsed."""
    return dict(Seat.objects.order_by().values_list("show").annotate(most=Sum(F("changes") + 1)))


def _keep_versions_growing(show_ids: set[int], before: dict[int, int]) -> None:
    """A fixture's seats bring counters of their own, older ones perhaps: a version must never come again."""
    loaded = Seat.objects.filter(show__in=show_ids & before.keys()).order_by()
    for show_id, version in loaded.values_list("show").annotate(least=Sum("changes")):
        behind = before[show_id] - version
        if behind >= 0:
            Seat.objects.filter(show=show_id, number=1).update(changes=F("changes") + behind + 1)
