"""A hall as the admin draws it: what an SVG needs, and nothing that a strict CSP would refuse."""

from collections.abc import Iterable
from itertools import pairwise
from math import hypot
from statistics import median_low
from typing import Any

# From one seat to its neighbour, whatever the unit of the plan (pixels, before the SVG is scaled).
PITCH = 40
SIZE = 30


def drawing(seats: Iterable[Any]) -> dict[str, Any]:
    """Seats, or places of a plan, by number, as boxes of `SIZE`, and the `view_box` around them.

    Each has `x`, `y`, `row`, `column`, `label`, `color`, `accessible`, and may have a `status` and, for staff,
    a `note`.
    """
    drawn = list(seats)
    near = [hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(drawn) if a.row == b.row]
    scale = PITCH / median_low([distance for distance in near if distance > 0] or [1.0])
    left = min((seat.x for seat in drawn), default=0)
    top = min((seat.y for seat in drawn), default=0)
    width = scale * (max((seat.x for seat in drawn), default=0) - left) + PITCH
    height = scale * (max((seat.y for seat in drawn), default=0) - top) + PITCH
    return {
        "size": SIZE,
        "width": round(width),
        "view_box": f"0 {-PITCH} {round(width)} {round(height) + PITCH}",
        "seats": [
            {
                "number": seat.number,
                "left": round(scale * (seat.x - left) + (PITCH - SIZE) / 2, 1),
                "top": round(scale * (seat.y - top) + (PITCH - SIZE) / 2, 1),
                "x": round(scale * (seat.x - left) + PITCH / 2, 1),
                "y": round(scale * (seat.y - top) + PITCH / 2, 1),
                "sign": f"{seat.row}{seat.column}",
                "label": seat.label,
                "color": seat.color,
                "accessible": seat.accessible,
                "status": getattr(seat, "status", "available"),
                "note": getattr(seat, "note", ""),
            }
            for seat in drawn
        ],
    }
