"""Django's `loaddata`, which also adds missing seats and makes seats agree with the loaded bookings.

The whole fixture is loaded first. Then shows without seats get them, and seats with live bookings become taken.
All of it is one transaction: a fixture that is invalid or inconsistent changes nothing.
"""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import (
    M2MDeserializationError,
    deserialize_fk_value,
    deserialize_m2m_values,
)
from django.db import DatabaseError, OperationalError, ProgrammingError, transaction
from django.db.models import Q

from cinema.notices.models import Subscription, no_notices
from cinema.seats.management.loading.changes import Changes
from cinema.seats.management.loading.checks import check_instance
from cinema.seats.management.loading.errors import FixtureError, LoadError, no_row, one_line
from cinema.seats.management.loading.kept_fields import keep_fields_not_in_file
from cinema.seats.management.loading.references import References
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from cinema.shows.screens import existing_spelling, lock_programme, planned_seat_count

# Rows inserted by one statement. Django saves each object by itself, which takes hours for a million seats.
ROWS = 1000


class Command(loaddata.Command):
    def handle(self, *fixture_labels: Any, **options: Any) -> None:
        self.changes, self.references = Changes(), References()
        # Objects with natural keys of rows that come later, and their files.
        self.deferred: list[tuple[Any, str]] = []
        # Seats and bookings that are not saved yet, by model and primary key.
        self.waiting: dict[tuple[Any, Any], Any] = {}
        self.labels_left = len(fixture_labels)
        try:
            super().handle(*fixture_labels, **options)
        except (CommandError, OperationalError, ProgrammingError):
            raise  # The last two: the database is not migrated, or does not answer.
        except Exception as error:
            raise CommandError(f"Nothing was loaded. {one_line(error)}") from error
        if Subscription in self.models:
            Subscription.update_triggers()

    def loaddata(self, fixture_labels: Any) -> None:
        """Runs inside the transaction that `handle` opened."""
        lock_programme()
        # Users must get no mails about the bookings of a backup.
        with self.changes.noted(), no_notices():
            super().loaddata(fixture_labels)
        self.changes.finish()
        for clash in self.changes.clashes():
            self.stderr.write(f"Warning: {clash.first.screen_name}: {clash}")

    def load_label(self, fixture_label: str) -> None:
        for file, *_ in self.find_fixtures(fixture_label):
            self.file = self.changes.file = file
            try:
                super().load_label(file)
                self._save_waiting()
            except (CommandError, OperationalError, ProgrammingError):
                raise
            except Exception as error:
                raise LoadError(file, one_line(error)) from error
        self.labels_left -= 1
        # Objects may refer to later ones, so this waits for the last file.
        if not self.labels_left:
            self._save_deferred()
            self.references.check()

    def save_obj(self, obj: Any) -> bool:
        instance = obj.object
        many_to_many = dict(obj.m2m_data or {})  # Saving empties it.
        saved = self._save_later(obj) if self._can_wait(obj) else self._save_now(obj)
        if saved:
            self.references.note(instance, many_to_many, self.file)
            if obj.deferred_fields:
                self.deferred.append((obj, self.file))
        return saved

    def _can_wait(self, obj: Any) -> bool:
        model = type(obj.object)
        is_excluded = model in self.excluded_models or model._meta.app_config in self.excluded_apps
        return (
            model in {Seat, Booking} and obj.object.pk is not None and not (is_excluded or obj.deferred_fields)
        )

    def _save_now(self, obj: Any) -> bool:
        instance = obj.object
        keep_fields_not_in_file(obj)
        if isinstance(instance, Show) and (
            instance.total_seats is None or "total_seats" not in obj.names_in_file
        ):
            planned = planned_seat_count(existing_spelling(instance.screen_name))
            instance.total_seats = planned or instance.total_seats
        check_instance(instance, obj.deferred_fields or {})
        return self._save_one(obj)

    def _save_later(self, obj: Any) -> bool:
        self.models.add(type(obj.object))
        key = type(obj.object), obj.object.pk
        if key in self.waiting:
            self._save_waiting()  # The later row keeps the fields that only the earlier one has.
        self.waiting[key] = obj
        if len(self.waiting) >= ROWS:
            self._save_waiting()
        return True

    def _save_waiting(self) -> None:
        """Saves the rows that exist one by one, and then inserts all others with few statements."""
        waiting, self.waiting = self.waiting, {}
        for model in (Seat, Booking):
            objects = {pk: obj for (of_model, pk), obj in waiting.items() if of_model is model}
            if not objects:
                continue
            # Not the primary keys of seats, because a pair of numbers makes a condition for each of them.
            of_shows = Q(show__in={obj.object.show_id for obj in objects.values()})
            rows = model.objects.filter(of_shows if model is Seat else Q(pk__in=list(objects)))
            existing = set(rows.values_list("pk", flat=True))
            for pk, obj in objects.items():
                if pk in existing:
                    self._save_now(obj)
                else:
                    check_instance(obj.object, {})
            new = [obj for pk, obj in objects.items() if pk not in existing]
            for obj in new:
                self.changes.before_save(model, obj.object, is_new=True)
            try:
                with transaction.atomic():
                    model.objects.bulk_create([obj.object for obj in new])
            except (DatabaseError, ValueError):
                # Again one by one, because the error then names the object.
                for obj in new:
                    self._save_one(obj)

    def _save_one(self, obj: Any) -> bool:
        instance = obj.object
        try:
            return super().save_obj(obj)
        except (DatabaseError, ValueError) as error:
            if "folded" in str(error):
                raise FixtureError(
                    "auth.user", instance.pk, "username", "Another user has this name."
                ) from error
            raise
        except Exception as error:
            raise FixtureError(instance._meta.label_lower, instance.pk, "", one_line(error)) from error

    def _save_deferred(self) -> None:
        """Django does the same later, but its errors don't name the file and the field."""
        for obj, file in self.deferred:
            instance = obj.object
            for field, value in obj.deferred_fields.items():
                find = deserialize_m2m_values if field.many_to_many else deserialize_fk_value
                try:
                    find(field, value, self.using, handle_forward_references=False)
                except (ObjectDoesNotExist, M2MDeserializationError) as error:
                    raise LoadError(file, str(no_row(field, instance.pk, value))) from error
            obj.save_deferred_fields(using=self.using)
        self.objs_with_deferred_fields.clear()
