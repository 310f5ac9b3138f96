"""Django's `loaddata`, which also adds missing seats and makes seats agree with the loaded bookings.

The receivers that do this ignore `raw` saves, because the fixture may have the seats or bookings further down.
So this command loads the whole fixture first. Then shows without seats get them, and seats with live bookings
become taken. All of it is one transaction: a fixture that is invalid or inconsistent changes nothing.
"""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.db.models.signals import pre_save

from cinema.seats.integrity import find_inconsistencies, renew_versions, repair
from cinema.seats.layout.materialize import materialize_seats_locked
from cinema.seats.models import TEMPORARY_LABEL, Booking, Seat, SeatingPlan
from cinema.shows.models import Movie, Show
from cinema.shows.programme import upcoming_clashes
from cinema.shows.screens import existing_spelling, lock_programme, planned_seat_count

# Shows repaired by one set of statements.
BATCH = 200


class Command(loaddata.Command):
    def loaddata(self, fixture_labels: Any) -> None:
        """Runs inside the transaction that `handle` opened."""
        # Ids of shows: all that the fixture concerns, those with seats in it, and those whose screen changes.
        concerned: set[int] = set()
        with_seats: set[int] = set()
        moved: set[int] = set()
        # Labels of the seats that exist in these shows, by show and number.
        old_labels: dict[tuple[int, int], str] = {}
        movies: set[int] = set()
        # The largest version of each concerned show before the load.
        versions: dict[int, int] = {}

        def record(sender: Any, instance: Any, **kwargs: Any) -> None:
            show_id = instance.pk if isinstance(instance, Show) else getattr(instance, "show_id", None)
            if show_id is not None and show_id not in versions:
                versions[show_id] = _locked_version(show_id)
            if isinstance(instance, Movie):
                movies.add(instance.pk)
            if isinstance(instance, Show | SeatingPlan):
                instance.screen_name = existing_spelling(instance.screen_name)
            if isinstance(instance, Show):
                concerned.add(instance.pk)
                if instance.total_seats is None:
                    instance.total_seats = planned_seat_count(instance.screen_name)
                old_screen = Show.objects.filter(pk=instance.pk).values_list("screen_name", flat=True).first()
                if old_screen not in (None, instance.screen_name):
                    moved.add(instance.pk)
            elif isinstance(instance, SeatingPlan):
                # A raw save bypasses `SeatingPlan.save`, which would reject an invalid plan.
                instance.clean()
            elif isinstance(instance, Seat):
                # Older dumps have this number, which counts only in the database that it comes from.
                instance.changes = 1
                if instance.show_id not in with_seats:
                    old_labels.update(_release_labels(instance.show_id))
                concerned.add(instance.show_id)
                with_seats.add(instance.show_id)
            elif isinstance(instance, Booking):
                concerned.add(instance.show_id)
                # The row may replace a booking of another show, whose seat then becomes available.
                concerned.update(Booking.objects.filter(pk=instance.pk).values_list("show", flat=True))

        lock_programme()
        pre_save.connect(record)
        try:
            super().loaddata(fixture_labels)
        finally:
            pre_save.disconnect(record)
        _restore_labels(old_labels)
        for show_id in moved - with_seats:
            materialize_seats_locked(show_id, moved=True)
        self._repair(sorted(concerned))
        for show_id in concerned:
            renew_versions([show_id], above=versions.get(show_id, 0))
        for clash in upcoming_clashes():
            if any(show.pk in concerned or show.movie_id in movies for show in clash):
                self.stderr.write(f"Warning: {clash.first.screen_name}: {clash}")

    def _repair(self, show_ids: list[int]) -> None:
        for start in range(0, len(show_ids), BATCH):
            batch = show_ids[start : start + BATCH]
            repair(batch)
            if inconsistencies := "\n".join(map(str, find_inconsistencies(batch))):
                raise CommandError(f"Nothing was loaded. The fixture is inconsistent:\n{inconsistencies}")


def _release_labels(show_id: int) -> dict[tuple[int, int], str]:
    """Lets the seats of a fixture have any labels, also those that other seats of the show still have.

    Returns the labels for `_restore_labels`, by show and number.
    """
    seats = Seat.objects.filter(show=show_id)
    labels = {(show_id, number): label for number, label in seats.values_list("number", "label")}
    seats.release_labels()
    return labels


def _restore_labels(labels: dict[tuple[int, int], str]) -> None:
    """Gives the seats that the fixture did not contain their labels back."""
    show_ids = {show_id for show_id, _ in labels}
    released = Seat.objects.filter(show__in=show_ids, label__startswith=TEMPORARY_LABEL)
    for show_id, number in list(released.values_list("show", "number")):
        Seat.objects.filter(show=show_id, number=number).update(label=labels[show_id, number])


def _locked_version(show_id: int) -> int:
    """Returns the largest version that the show can have now, and locks its seats until the load is committed.

    Without the lock a sale could give clients a later version in between. It locks bookings before seats, and
    seats in the order of their numbers, like every other statement. An expired hold counts 1.
    """
    list(Show.objects.select_for_update(no_key=True).filter(pk=show_id).values_list("pk"))
    list(Booking.objects.select_for_update().filter(show=show_id).order_by("pk").values_list("pk"))
    seats = Seat.objects.select_for_update().filter(show=show_id).order_by("number")
    return sum(changes + 1 for changes in seats.values_list("changes", flat=True))
