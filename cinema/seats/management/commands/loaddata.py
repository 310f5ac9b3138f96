"""Django's `loaddata`, which also adds missing seats and makes seats agree with the loaded bookings.

The receivers that do this ignore `raw` saves, because the fixture may have the seats or bookings further down.
So this command loads the whole fixture first. Then shows without seats get them, and seats with live bookings
become taken. All of it is one transaction: a fixture that is invalid or inconsistent changes nothing.
"""

from collections import defaultdict
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import (
    M2MDeserializationError,
    deserialize_fk_value,
    deserialize_m2m_values,
)
from django.db import DatabaseError, OperationalError, ProgrammingError
from django.db.models.signals import post_save, pre_save
from rest_framework.exceptions import APIException

from cinema.seats.integrity import find_inconsistencies, renew_versions, repair
from cinema.seats.layout.materialize import materialize_seats_locked
from cinema.seats.management.fixture_checks import FixtureError, check_instance, no_row
from cinema.seats.models import TEMPORARY_LABEL, Booking, Seat, SeatingPlan
from cinema.shows.messages import problem_message
from cinema.shows.models import Movie, Show
from cinema.shows.programme import upcoming_clashes
from cinema.shows.screens import existing_spelling, lock_programme, planned_seat_count

# Shows repaired by one set of statements.
BATCH = 200


class Command(loaddata.Command):
    def handle(self, *fixture_labels: Any, **options: Any) -> None:
        # The keys of related rows, and the file that has them, by field and id. A later file may replace both.
        self.references: dict[tuple[Any, Any], tuple[Any, str]] = {}
        # Objects with natural keys of rows that come later, and their files.
        self.deferred: list[tuple[Any, str]] = []
        self.labels_left = len(fixture_labels)
        try:
            super().handle(*fixture_labels, **options)
        except (CommandError, OperationalError, ProgrammingError):
            raise  # The last two: the database is not migrated, or does not answer.
        except Exception as error:
            raise CommandError(f"Nothing was loaded. {_one_line(error)}") from error

    def load_label(self, fixture_label: str) -> None:
        for file, *_ in self.find_fixtures(fixture_label):
            self.file = file
            try:
                super().load_label(file)
            except (CommandError, OperationalError, ProgrammingError):
                raise
            except Exception as error:
                raise CommandError(_problem(file, _one_line(error))) from error
        self.labels_left -= 1
        # Objects may refer to later ones, so this waits for the last file.
        if not self.labels_left:
            self._save_deferred()
            self._check_references()

    def save_obj(self, obj: Any) -> bool:
        instance = obj.object
        if isinstance(instance, Show) and instance.total_seats is None:
            instance.total_seats = planned_seat_count(existing_spelling(instance.screen_name))
        check_instance(instance, obj.deferred_fields or {})
        related = dict(obj.m2m_data or {})  # `save_obj` empties it.
        try:
            saved = super().save_obj(obj)
        except (DatabaseError, ValueError) as error:
            if "folded" in str(error):
                raise FixtureError(
                    "auth.user", instance.pk, "username", "Another user has this name."
                ) from error
            raise
        except Exception as error:
            raise FixtureError(instance._meta.label_lower, instance.pk, "", _one_line(error)) from error
        if saved:
            for field in instance._meta.concrete_fields:
                if field.remote_field:
                    self.references[field, instance.pk] = [field.value_from_object(instance)], self.file
            for name, ids in related.items():
                self.references[instance._meta.get_field(name), instance.pk] = ids, self.file
            if obj.deferred_fields:
                self.deferred.append((obj, self.file))
        return saved

    def _save_deferred(self) -> None:
        """Django does the same later, but its errors don't name the file and the field."""
        for obj, file in self.deferred:
            instance = obj.object
            for field, value in obj.deferred_fields.items():
                find = deserialize_m2m_values if field.many_to_many else deserialize_fk_value
                try:
                    find(field, value, self.using, handle_forward_references=False)
                except (ObjectDoesNotExist, M2MDeserializationError) as error:
                    raise CommandError(_problem(file, str(no_row(field, instance.pk, value)))) from error
            obj.save_deferred_fields(using=self.using)
        self.objs_with_deferred_fields.clear()

    def _check_references(self) -> None:
        """Raises `CommandError` for the first reference without a row; the database would name no object."""
        wanted: dict[Any, dict[Any, tuple[Any, Any, str]]] = defaultdict(dict)
        for (field, pk), (values, file) in self.references.items():
            for value in values:
                if value is not None:
                    wanted[field.target_field].setdefault(value, (field, pk, file))
        for target, references in wanted.items():
            values = list(references)
            for start in range(0, len(values), BATCH):
                batch = values[start : start + BATCH]
                rows = target.model._base_manager.filter(**{f"{target.attname}__in": batch})
                existing = set(rows.values_list(target.attname, flat=True))
                for value in batch:
                    if value not in existing:
                        field, pk, file = references[value]
                        raise CommandError(_problem(file, str(no_row(field, pk, value))))

    def loaddata(self, fixture_labels: Any) -> None:
        """Runs inside the transaction that `handle` opened."""
        # All shows that the fixture concerns, and the last file of each.
        concerned: dict[int, str] = {}
        # Ids of shows: those with seats in the fixture, and those whose screen changes.
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
            if isinstance(instance, SeatingPlan):
                instance.screen_name = existing_spelling(instance.screen_name)
            if isinstance(instance, Show):
                instance.screen_name = existing_spelling(instance.screen_name, show_id=instance.pk)
                old_screen = Show.objects.filter(pk=instance.pk).values_list("screen_name", flat=True).first()
                if old_screen not in (None, instance.screen_name):
                    moved.add(instance.pk)
            elif isinstance(instance, Seat):
                # Older dumps have this number, which counts only in the database that it comes from.
                instance.changes = 1
                if instance.show_id not in with_seats:
                    old_labels.update(_release_labels(instance.show_id))
                concerned[instance.show_id] = self.file
                with_seats.add(instance.show_id)
            elif isinstance(instance, Booking):
                concerned[instance.show_id] = self.file
                # The row may replace a booking of another show, whose seat then becomes available.
                old_shows = Booking.objects.filter(pk=instance.pk).values_list("show", flat=True)
                concerned.update(dict.fromkeys(old_shows, self.file))

        lock_programme()

        def record_new(sender: Any, instance: Any, **kwargs: Any) -> None:
            # A row without a primary key in the file has one only now.
            if isinstance(instance, Show):
                concerned[instance.pk] = self.file

        pre_save.connect(record)
        post_save.connect(record_new)
        try:
            super().loaddata(fixture_labels)
        finally:
            pre_save.disconnect(record)
            post_save.disconnect(record_new)
        _restore_labels(old_labels, concerned)
        for show_id in moved - with_seats:
            materialize_seats_locked(show_id, moved=True)
        self._repair(concerned)
        for show_id in concerned:
            renew_versions([show_id], above=versions.get(show_id, 0))
        for clash in upcoming_clashes():
            if any(show.pk in concerned or show.movie_id in movies for show in clash):
                self.stderr.write(f"Warning: {clash.first.screen_name}: {clash}")

    def _repair(self, files: dict[int, str]) -> None:
        show_ids = sorted(files)
        for start in range(0, len(show_ids), BATCH):
            batch = show_ids[start : start + BATCH]
            repair(batch)
            if inconsistencies := list(find_inconsistencies(batch)):
                text = f"{inconsistencies[0]}."
                if more := len(inconsistencies) - 1:
                    text += f" {more} more {'inconsistency' if more == 1 else 'inconsistencies'} like this."
                raise CommandError(_problem(files[inconsistencies[0].show_id], text))


def _release_labels(show_id: int) -> dict[tuple[int, int], str]:
    """Lets the seats of a fixture have any labels, also those that other seats of the show still have.

    Returns the labels for `_restore_labels`, by show and number.
    """
    seats = Seat.objects.filter(show=show_id)
    labels = {(show_id, number): label for number, label in seats.values_list("number", "label")}
    seats.release_labels()
    return labels


def _restore_labels(labels: dict[tuple[int, int], str], files: dict[int, str]) -> None:
    """Gives the seats that the fixture did not contain their labels back.

    Raises `CommandError` if a seat of the fixture has such a label. `files` are by show.
    """
    show_ids = {show_id for show_id, _ in labels}
    released = Seat.objects.filter(show__in=show_ids, label__startswith=TEMPORARY_LABEL)
    for show_id, number in list(released.values_list("show", "number")):
        label = labels[show_id, number]
        if Seat.objects.filter(show=show_id, label=label).exists():
            text = f"show {show_id}, seat {number}: Another seat has its label {label}."
            raise CommandError(_problem(files[show_id], text))
        Seat.objects.filter(show=show_id, number=number).update(label=label)


def _problem(file: str, text: str) -> str:
    prefix = f"Problem installing fixture '{file}': "  # Django adds it to some errors.
    return f"Nothing was loaded. {prefix}{text.removeprefix(prefix)}"


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
