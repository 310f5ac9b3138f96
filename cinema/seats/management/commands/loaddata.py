"""Django's `loaddata`, which also adds missing seats and makes seats agree with the loaded bookings.

The receivers that do this ignore `raw` saves, because the fixture may have the seats or bookings further down.
So this command loads the whole fixture first. Then shows without seats get them, and seats with live bookings
become taken. All of it is one transaction: a fixture that is invalid or inconsistent changes nothing.
"""

from collections import defaultdict
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.db import OperationalError, ProgrammingError
from django.db.models.signals import post_save, pre_save
from rest_framework.exceptions import APIException

from cinema.seats.integrity import find_inconsistencies, renew_versions, repair
from cinema.seats.layout.materialize import materialize_seats_locked
from cinema.seats.management.fixture_checks import check_instance
from cinema.seats.models import TEMPORARY_LABEL, Booking, Seat, SeatingPlan
from cinema.shows.messages import problem_message
from cinema.shows.models import Movie, Show
from cinema.shows.programme import upcoming_clashes
from cinema.shows.screens import existing_spelling, lock_programme, planned_seat_count

# Shows repaired by one set of statements.
BATCH = 200


class Command(loaddata.Command):
    def handle(self, *fixture_labels: Any, **options: Any) -> None:
        # The fixture file that each referenced row was first named in, by model and id.
        self.references: dict[Any, dict[Any, str]] = defaultdict(dict)
        self.last_label = fixture_labels[-1]
        try:
            super().handle(*fixture_labels, **options)
        except (CommandError, OperationalError, ProgrammingError):
            raise  # The last two: the database is not migrated, or does not answer.
        except Exception as error:
            raise CommandError(f"Nothing was loaded. {_one_line(error)}") from error

    def load_label(self, fixture_label: str) -> None:
        super().load_label(fixture_label)
        # Objects may refer to later ones, so the last file decides.
        if fixture_label == self.last_label:
            self._check_references()

    def save_obj(self, obj: Any) -> bool:
        instance = obj.object
        if isinstance(instance, Show) and instance.total_seats is None:
            instance.total_seats = planned_seat_count(existing_spelling(instance.screen_name))
        check_instance(instance, obj.deferred_fields)
        saved = super().save_obj(obj)
        if saved:
            for field in instance._meta.concrete_fields:
                value = field.value_from_object(instance)
                if field.remote_field and value is not None:
                    where = f"{instance._meta.label_lower} {instance.pk}, field {field.name}"
                    self.references[field.remote_field].setdefault(value, where)
        return saved

    def _check_references(self) -> None:
        """Raises `CommandError` for the first foreign key without a row; the database would name no object."""
        for relation, wanted in self.references.items():
            target, values = relation.get_related_field(), list(wanted)
            for start in range(0, len(values), BATCH):
                batch = values[start : start + BATCH]
                rows = relation.model._base_manager.filter(**{f"{target.attname}__in": batch})
                existing = set(rows.values_list(target.attname, flat=True))
                for value in batch:
                    if value not in existing:
                        label = relation.model._meta.label_lower
                        raise CommandError(f"Nothing was loaded. {wanted[value]}: There is no {label} {value}.")

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
                old_screen = Show.objects.filter(pk=instance.pk).values_list("screen_name", flat=True).first()
                if old_screen not in (None, instance.screen_name):
                    moved.add(instance.pk)
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

        def record_new(sender: Any, instance: Any, **kwargs: Any) -> None:
            # A row without a primary key in the file has one only now.
            if isinstance(instance, Show):
                concerned.add(instance.pk)

        pre_save.connect(record)
        post_save.connect(record_new)
        try:
            super().loaddata(fixture_labels)
        finally:
            pre_save.disconnect(record)
            post_save.disconnect(record_new)
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


def _one_line(error: Exception) -> str:
    """The message in one line. Django's error for malformed JSON has none; its cause says what is wrong."""
    # Django has put the file into `args`, which some exceptions don't show.
    told = next((text for text in error.args if isinstance(text, str)), str(error))
    text = problem_message(error) if isinstance(error, APIException) else told
    if error.__cause__ and text.rstrip().endswith(":"):
        text += str(error.__cause__)
    return " ".join(text.split()) or type(error).__name__


def _locked_version(show_id: int) -> int:
    """Returns the largest version that the show can have now, and locks its seats until the load is committed.

    Without the lock a sale could give clients a later version in between. It locks bookings before seats, and
    seats in the order of their numbers, like every other statement. An expired hold counts 1.
    """
    list(Show.objects.select_for_update(no_key=True).filter(pk=show_id).values_list("pk"))
    list(Booking.objects.select_for_update().filter(show=show_id).order_by("pk").values_list("pk"))
    seats = Seat.objects.select_for_update().filter(show=show_id).order_by("number")
    return sum(changes + 1 for changes in seats.values_list("changes", flat=True))
