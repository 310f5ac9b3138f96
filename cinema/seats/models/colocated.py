"""Rows that a database can distribute by show (`citus.py`)."""

from typing import Any

from django.db import models


class ColocatedModel(models.Model):
    """Makes `save()` of an existing row filter by its show and set the show only if it changes.

    Citus refuses every UPDATE that sets the distribution column, even to the same value.
    """

    class Meta:
        abstract = True

    show_id: int

    def _do_update(self, base_qs: Any, using: Any, pk_val: Any, values: Any, *args: Any) -> Any:
        row = base_qs.filter(pk=pk_val)
        if row.filter(show=self.show_id).exists():
            base_qs = base_qs.filter(show=self.show_id)
            values = [value for value in values if value[0].name != "show"]
        elif not row.exists():
            return False  # A new row that brings its own primary key, for example from a fixture.
        return super()._do_update(base_qs, using, pk_val, values, *args)
