"""Checks that all references of a fixture lead to rows.

An object may refer to a later one, in another file too, so the check waits for the last file. The database
checks the same, but its error names no object.
"""

from collections import defaultdict
from typing import Any

from cinema.seats.management.loading.errors import LoadError, no_row
from cinema.seats.models import Seat

# Rows looked up by one query.
BATCH = 200


class References:
    def __init__(self) -> None:
        # The keys of related rows, and the file that has them, by field and id. A later file may replace both.
        self._keys: dict[tuple[Any, Any], tuple[Any, str]] = {}
        self._shows_of_seats: set[int] = set()

    def note(self, instance: Any, many_to_many: dict[str, Any], file: str) -> None:
        """Notes the references of a saved object for `check`."""
        if isinstance(instance, Seat):
            # For seats, one reference a show is enough, and a million would need much memory.
            if instance.show_id in self._shows_of_seats:
                return
            self._shows_of_seats.add(instance.show_id)
        for field in instance._meta.concrete_fields:
            if field.remote_field:
                self._keys[field, instance.pk] = [field.value_from_object(instance)], file
        for name, keys in many_to_many.items():
            self._keys[instance._meta.get_field(name), instance.pk] = keys, file

    def check(self) -> None:
        """Raises `LoadError` for the first reference without a row."""
        wanted: dict[Any, dict[Any, tuple[Any, Any, str]]] = defaultdict(dict)
        for (field, pk), (keys, file) in self._keys.items():
            for key in keys:
                if key is not None:
                    wanted[field.target_field].setdefault(key, (field, pk, file))
        for target, references in wanted.items():
            keys = list(references)
            for start in range(0, len(keys), BATCH):
                batch = keys[start : start + BATCH]
                rows = target.model._base_manager.filter(**{f"{target.attname}__in": batch})
                existing = set(rows.values_list(target.attname, flat=True))
                for key in batch:
                    if key not in existing:
                        field, pk, file = references[key]
                        raise LoadError(file, str(no_row(field, pk, key)))
