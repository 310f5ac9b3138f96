"""Lays out a show's seats when the show is saved; connected in `apps.py`.

Shows know nothing of seats: this signal is how a new show gets its seats, through whatever door
it came (ORM, factory, admin, API). `Show.save` makes both one transaction.
"""

from typing import Any

from cinema.shows.models import Show

from .seating import fit_seats


def lay_out_seats(
    sender: Any, instance: Show, raw: bool, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    if raw:
        # A fixture may bring seats of its own further down; our `loaddata` settles it at the end.
        return
    if update_fields is None or "total_seats" in update_fields:
        fit_seats(instance)
