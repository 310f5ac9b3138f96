"""What tests look at without a request."""

from typing import Any

from cinema.seats.seat_map.queries import seats_snapshot, versions


def version_of(show: Any) -> int:
    """The version of the show's seat map."""
    return versions([show.pk])[show.pk]


def statuses_of(show: Any) -> str:
    """One letter a seat, by number; none where the show is gone."""
    found = seats_snapshot(show.pk)
    return found.statuses if found else ""
