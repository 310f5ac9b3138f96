"""Django's `loaddata`, which also adds missing seats and makes seats agree with the loaded bookings.

The receivers that do this ignore `raw` saves, because the fixture may have the seats or bookings further down.
So this command loads the whole fixture first. Then shows without seats get them, and seats with live bookings
become taken. All of it is one transaction: a fixture that is invalid or inconsistent changes nothing.
"""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.db.models import BigIntegerField, F, Sum, Value
from django.db.models.signals import pre_save

from cinema.seats.integrity import find_inconsistencies, repair
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

        def record(sender: Any, instance: Any, **kwargs: Any) -> None:
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
                if instance.show_id not in with_seats:
                    old_labels.update(_release_labels(instance.show_id))
                concerned.add(instance.show_id)
                with_seats.add(instance.show_id)
            elif isinstance(instance, Booking):
                concerned.add(instance.show_id)
                # The row may replace a booking of another show, whose seat then becomes available.
                concerned.update(Booking.objects.filter(pk=instance.pk).values_list("show", flat=True))

        lock_programme()
        max_versions = _max_versions()
        pre_save.connect(record)
        try:
            super().loaddata(fixture_labels)
        finally:
            pre_save.disconnect(record)
        _restore_labels(old_labels)
        for show_id in moved - with_seats:
            materialize_seats_locked(show_id, moved=True)
        self._repair(sorted(concerned))
        _raise_versions(with_seats, max_versions)
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


def _max_versions() -> dict[int, int]:
    """Returns the largest version that each show can have had, by its id.

    A version is the sum of `changes`, plus one for each expired hold. The maximum assumes one for each seat.
    """
    return dict(Seat.objects.order_by().values_list("show").annotate(version=Sum(F("changes") + 1)))


def _raise_versions(show_ids: set[int], max_versions: dict[int, int]) -> None:
    """Raises the versions of shows whose seats were loaded above `max_versions`.

    The loaded seats have the `changes` of the fixture, which may be older. A client that cached the seat map of
    a version must never get that version for other seats.
    """
    loaded = Seat.objects.filter(show__in=show_ids & max_versions.keys()).order_by()
    for show_id, version in loaded.values_list("show").annotate(version=Sum("changes")):
        behind = max_versions[show_id] - version
        if behind >= 0:
            # As a big integer. Django sends other integers as 32 bits, and psycopg drops the bits above.
            missing = Value(behind + 1, output_field=BigIntegerField())
            Seat.objects.filter(show=show_id, number=1).update(changes=F("changes") + missing)
