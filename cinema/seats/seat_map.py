"""The seat map and its small part that browsers poll. The same for everybody, so that caches may keep it.

The version is the sum of the seats' change counters, and of the holds that have lapsed by the clock: it
grows with every change of any seat, and costs no row that all buyers of a show would have to queue for.
"""

import hashlib
from collections import Counter
from typing import Any

from django.db.models import BigIntegerField, Case, F, Sum, When
from django.db.models.functions import Cast, Coalesce, Now

from cinema.shows.models import Show
from cinema.shows.serializers import ShowSummarySerializer

from .models import Seat

# Part of the ETag: a new form of the answer must not be taken for the old one.
FORM = 2
LETTERS = {"available": "a", "held": "h", "taken": "t", "blocked": "b"}
STATUSES = {letter: status for status, letter in LETTERS.items()}


def shows_with_version() -> Any:
    """Shows with `version`, by one cheap query: enough to answer "not modified"."""
    lapsed = Case(When(seats__held_until__lte=Now(), then=1), default=0)
    version = Cast(Sum(F("seats__changes") + lapsed), BigIntegerField())
    return Show.objects.select_related("movie").annotate(version=Coalesce(version, 0))


def status(taken: bool, blocked: bool, held: bool) -> str:
    """A seat's status in a word, the same for everybody: not even who holds it sees another."""
    return "taken" if taken else "blocked" if blocked else "held" if held else "available"


def summary(show: Show) -> dict[str, Any]:
    return ShowSummarySerializer(show).data | {"total_seats": show.total_seats}


def etag(show: Show, version: int) -> str:
    """A strong ETag of the version and of what the map says of the show and its movie."""
    said = f"{FORM} {summary(show)}"
    return f'"{version}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"'


def seat_map(show: Show) -> dict[str, Any]:
    """The whole map; version, counts and seats are of one snapshot, for they come of one query."""
    seats: list[dict[str, Any]] = []
    version = 0
    colors: dict[str, str] = {}
    for number, label, row, column, x, y, category, color, accessible, *state in _rows(
        show.pk, "number", "label", "row", "column", "x", "y", "category", "color", "accessible"
    ):
        if category:
            colors.setdefault(category, color)
        taken, blocked, held, changes, lapsed = state
        version += changes + lapsed
        seats.append(
            {
                "seat_number": number,
                "label": label,
                "row": row,
                "column": column,
                "x": _short(x),
                "y": _short(y),
                "category": category,
                "accessible": accessible,
                "status": status(taken, blocked, held),
            }
        )
    return {
        "show": summary(show),
        "version": version,
        "counts": _counts(seat["status"] for seat in seats),
        "layout": {
            "width": max((seat["x"] for seat in seats), default=0),
            "height": max((seat["y"] for seat in seats), default=0),
            "categories": [{"name": name, "color": color} for name, color in colors.items()],
        },
        "seats": seats,
    }


def _short(value: float) -> float:
    """`3`, not `3.0`: most halls are drawn in whole seats."""
    return int(value) if value.is_integer() else value


def availability(show_id: int) -> dict[str, Any]:
    """Version, counts and one letter a seat, of one snapshot."""
    rows = list(_rows(show_id))
    statuses = [status(taken, blocked, held) for taken, blocked, held, _, _ in rows]
    return {
        "show": show_id,
        "version": sum(changes + lapsed for _, _, _, changes, lapsed in rows),
        "counts": _counts(statuses),
        "statuses": "".join(LETTERS[status] for status in statuses),
    }


def _rows(show_id: int, *fields: str) -> Any:
    """The fields of each seat, then taken, blocked, held, changes, and 1 for a hold that has lapsed."""
    lapsed = Case(When(held_until__lte=Now(), then=1), default=0)
    seats = Seat.objects.filter(show=show_id).with_held().annotate(lapsed=lapsed).order_by("number")
    return seats.values_list(*fields, "taken", "blocked", "held", "changes", "lapsed")


def _counts(statuses: Any) -> dict[str, int]:
    found = Counter(statuses)
    counts = {status: found[status] for status in ("available", "held", "taken", "blocked")}
    return {"total": found.total(), **counts}
