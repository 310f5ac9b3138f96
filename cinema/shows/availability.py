"""Counts the available seats of shows."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.models import Count

from cinema.shows.models import Show


def count_available_seats(shows: Iterable[Show]) -> None:
    """Sets `available_seats` on each of these saved shows, with one query for all of them.

    The count is a query of its own. On a distributed database every node has all shows but only some of the
    seats, so a column of the shows' query cannot count seats. The query names the shows by id, so that only the
    nodes with their seats answer.
    """
    shows = list(shows)
    if not shows:
        return
    # Looked up by name, because `cinema.shows` must not import `cinema.seats`.
    seats: Any = apps.get_model("seats", "Seat")
    available = seats.objects.available().filter(show__in=[show.pk for show in shows])
    counts = dict(available.order_by().values_list("show").annotate(Count("number")))
    for show in shows:
        show.available_seats = counts.get(show.pk, 0)
