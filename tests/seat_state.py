"""Reads the state of seats without an API request."""

from typing import Any

from cinema.seats.booking import statements
from cinema.seats.seat_map.queries import seats_snapshot, versions


def version_of(show: Any) -> int:
    """The version of the show's seat map."""
    return versions([show.pk])[show.pk]


def statuses_of(show: Any) -> str:
    """One letter for each seat of the show, in the order of numbers. Empty if the show was deleted."""
    snapshot = seats_snapshot(show.pk)
    return snapshot.statuses if snapshot else ""


def block(show: Any, *numbers: int, reason: str = "broken") -> list[int]:
    """Takes seats out of sale; returns the numbers of those that were available."""
    return statements.block(show_id=show.pk, seat_numbers=numbers, reason=reason)


def unblock(show: Any, *numbers: int) -> list[int]:
    """Puts seats back on sale; returns the numbers of those that were blocked."""
    return statements.unblock(show_id=show.pk, seat_numbers=numbers)
