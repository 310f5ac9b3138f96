"""The seat map and its small part that browsers poll. The same for everybody, so that caches may keep it.

The version is the sum of the seats' change counters: it grows with every change of any seat, and
costs no row that all buyers of a show would have to queue for.
"""

import hashlib
from collections import Counter
from typing import Any

from django.db.models import Sum, Value
from django.db.models.functions import Coalesce

from cinema.shows.models import Show
from cinema.shows.serializers import ShowSummarySerializer

from .layout import CATEGORY_COLORS
from .models import Seat

# Part of the ETag: a new form of the answer must not be taken for the old one.
FORM = 1
STATUSES = {False: "available", True: "taken"}
LETTERS = {False: "a", True: "t"}


def shows_with_version():
    """Shows with `version`, by one cheap query: enough to answer "not modified"."""
    return Show.objects.select_related("movie").annotate(version=Coalesce(Sum("seats__changes"), Value(0)))


def summary(show: Show) -> dict[str, Any]:
    return ShowSummarySerializer(show).data | {"total_seats": show.total_seats}


def etag(show: Show, version: int) -> str:
    """A strong ETag of the version and of what the map says of the show and its movie."""
    said = f"{FORM} {summary(show)}"
    return f'"{version}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"'


def seat_map(show: Show) -> dict[str, Any]:
    """The whole map; version, counts and seats are of one snapshot, for they come of one query."""
    rows = Seat.objects.filter(show=show).order_by("number")
    seats: list[dict[str, Any]] = []
    version = 0
    for number, label, row, column, x, y, category, accessible, taken, changes in rows.values_list(
        "number", "label", "row", "column", "x", "y", "category", "accessible", "taken", "changes"
    ):
        version += changes
        seats.append(
            {
                "seat_number": number,
                "label": label,
                "row": row,
                "column": column,
                "x": x,
                "y": y,
                "category": category,
                "accessible": accessible,
                "status": STATUSES[taken],
            }
        )
    return {
        "show": summary(show),
        "version": version,
        "counts": _counts(seat["status"] for seat in seats),
        "layout": {
            "width": max((seat["x"] for seat in seats), default=0),
            "height": max((seat["y"] for seat in seats), default=0),
            "categories": [
                {"name": name, "color": CATEGORY_COLORS.get(name)}
                for name in dict.fromkeys(seat["category"] for seat in seats)
            ],
        },
        "seats": seats,
    }


def availability(show: Show) -> dict[str, Any]:
    """Version, counts and one letter a seat, of one snapshot."""
    rows = list(Seat.objects.filter(show=show).order_by("number").values_list("taken", "changes"))
    return {
        "show": show.pk,
        "version": sum(changes for _, changes in rows),
        "counts": _counts(STATUSES[taken] for taken, _ in rows),
        "statuses": "".join(LETTERS[taken] for taken, _ in rows),
    }


def _counts(statuses: Any) -> dict[str, int]:
    found = Counter(statuses)
    counts = {status: found[status] for status in ("available", "held", "taken", "blocked")}
    return {"total": found.total(), **counts}
