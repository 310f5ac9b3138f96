"""Rows that stay where their show is: for tables that may be distributed by show."""

from typing import Any

from django.db import models


class StaysWithItsShow(models.Model):
    """Saved again by the ORM, a row names its show, and sets it only where it changes.

    A row of a distributed table can't move to another show's node, so that a statement that sets the show is
    refused, even to what it is.
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
            return False  # It is new, with a key of its own: from a fixture, say.
        return super()._do_update(base_qs, using, pk_val, values, *args)
