"""Counts the available seats of shows."""

from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any

from django.apps import apps
from django.db.models import Count

from cinema.shows.models import Show

# Counts of fewer seats are not cached, because they are cheap.
MIN_CACHED_SEATS = 1000
COUNT_CACHE_SECONDS = 1.0
# Limits the memory that the cache uses.
MAX_CACHED_SHOWS = 10_000

# The time when a count expires, and the count, by show. Each process has its own.
_counts: dict[int, tuple[float, int]] = {}


def count_available_seats(shows: Iterable[Show]) -> None:
    """Sets `available_seats` on each of these saved shows, with one query for all of them."""
    shows = list(shows)
    counts = available_seats([show.pk for show in shows])
    for show in shows:
        show.available_seats = counts[show.pk]


def recent_counts(total_seats: Mapping[int, int]) -> dict[int, int]:
    """Returns the available seats of shows by id, for lists. `total_seats` are those of the shows, by id.

    From `MIN_CACHED_SEATS` on, counts may be one second old, because they would cost more than the rest of the
    list.
    """
    if sum(total_seats.values()) < MIN_CACHED_SEATS:
        return available_seats(total_seats)
    began = monotonic()
    found = {show: _counts.get(show, (0.0, 0)) for show in total_seats}
    expired = [show for show, (expires_at, _) in found.items() if expires_at < began]
    counts = {show: count for show, (_, count) in found.items()} | available_seats(expired)
    if len(_counts) + len(expired) > MAX_CACHED_SHOWS:
        _counts.clear()
    for show in expired:
        _counts[show] = began + COUNT_CACHE_SECONDS, counts[show]
    return counts


def available_seats(shows: Iterable[int]) -> dict[int, int]:
    """Returns the available seats of shows, by id.

    The count is a query of its own. On a distributed database every node has all shows but only some of the
    seats, so a column of the shows' query cannot count seats. The query names the shows by id, so that only the
    nodes with their seats answer.
    """
    ids = list(shows)
    if not ids:
        return {}
    # Looked up by name, because `cinema.shows` must not import `cinema.seats`.
    seats: Any = apps.get_model("seats", "Seat")
    counts = seats.objects.count_available(ids)
    return {show: counts.get(show, 0) for show in ids}


def count_occupied_seats(shows: Iterable[Show]) -> None:
    """Sets `available_seats`, and on archived shows `live_bookings`, because they have no seats."""
    shows = list(shows)
    count_available_seats(shows)
    archived = [show for show in shows if show.archived]
    if not archived:
        return
    bookings: Any = apps.get_model("seats", "Booking")
    live = bookings.objects.live().filter(show__in=[show.pk for show in archived])
    counts = dict(live.order_by().values_list("show").annotate(Count("pk")))
    for show in archived:
        show.live_bookings = counts.get(show.pk, 0)
