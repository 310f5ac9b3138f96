"""Lays out a show's seats when the show is saved; connected in `apps.py`.

Shows know nothing of seats: this signal is how a new show gets its seats, through whatever door
it came (ORM, factory, admin, API). `Show.save` makes both one transaction.
"""

from typing import Any

from cinema.shows.models import Show

from .seating import fit_seats


def note_screen_left(sender: Any, instance: Any, raw: bool, **kwargs: Any) -> None:
    """Before a show is saved: a screen that it moves to may have a plan of its own."""
    instance.moves = False
    if instance.pk is not None and not raw:
        left = Show.objects.filter(pk=instance.pk).values_list("screen_name", flat=True).first()
        instance.moves = left not in (None, instance.screen_name)


def lay_out_seats(
    sender: Any,
    instance: Any,
    raw: bool,
    created: bool,
    update_fields: frozenset[str] | None,
    **kwargs: Any,
) -> None:
    if raw:
        # A fixture may bring seats of its own further down; our `loaddata` settles it at the end.
        return
    if update_fields is None or "total_seats" in update_fields:
        fit_seats(instance, is_new=created, moved=instance.moves)
    elif "screen_name" in update_fields and instance.moves:
        # Its other fields were not saved, and may be stale.
        fit_seats(Show.objects.get(pk=instance.pk), moved=True)
