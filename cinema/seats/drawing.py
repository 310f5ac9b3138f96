"""A hall as the admin draws it: what an SVG needs, and nothing that a strict CSP would refuse."""

from collections.abc import Iterable
from itertools import pairwise
from math import hypot
from statistics import median_low
from typing import Any

# Half the distance of two neighbours, less a little air between them.
RADIUS = 0.42


def drawing(seats: Iterable[Any]) -> dict[str, Any]:
    """Seats, or places of a plan, by number, with the `view_box` and the `size` of a seat around their points.

    Each has `x`, `y`, `row`, `label`, `color`, `accessible`, and may have `status` and a `note` for staff.
    """
    drawn = list(seats)
    near = [hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(drawn) if a.row == b.row]
    pitch = median_low([distance for distance in near if distance > 0] or [1.0])
    left, top = (min((value for value in values), default=0) for values in _points(drawn))
    right, bottom = (max((value for value in values), default=0) for values in _points(drawn))
    radius = RADIUS * pitch
    return {
        "seats": [
            {
                "number": seat.number,
                "x": seat.x,
                "y": seat.y,
                "left": round(seat.x - radius, 3),
                "top": round(seat.y - radius, 3),
                "label": seat.label,
                "color": seat.color,
                "accessible": seat.accessible,
                "status": getattr(seat, "status", "available"),
                "note": getattr(seat, "note", ""),
            }
            for seat in drawn
        ],
        "radius": round(radius, 3),
        "size": round(2 * radius, 3),
        "text": round(radius * 0.8, 3),
        "view_box": " ".join(
            str(round(value, 3))
            for value in (left - pitch, top - 2 * pitch, right - left + 2 * pitch, bottom - top + 3 * pitch)
        ),
        "screen": {
            "left": left,
            "top": top - 1.5 * pitch,
            "width": max(right - left, pitch),
            "height": 0.3 * pitch,
        },
    }


def _points(seats: list[Any]) -> tuple[list[float], list[float]]:
    return [seat.x for seat in seats], [seat.y for seat in seats]
