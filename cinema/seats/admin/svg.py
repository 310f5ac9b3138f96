"""Coordinates of the SVG that draws a hall in the admin. It needs no inline styles, which the CSP forbids."""

from collections.abc import Iterable
from itertools import pairwise
from math import hypot
from statistics import median_low
from typing import Any

# The distance between neighboring seats, and the width of a seat, in units of the SVG.
SEAT_PITCH = 40
SEAT_SIZE = 30


def drawing(seats: Iterable[Any]) -> dict[str, Any]:
    """Returns the context of `hall_drawing.html`: each seat as a square, and the `view_box` around all.

    `seats` are `Seat` rows or `Place`s of a plan, ordered by number. They may have a `status`, and a `note` for
    staff. A plan has any unit of length, so the drawing is scaled by the usual distance between neighbors.
    """
    drawn = list(seats)
    distances = [hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(drawn) if a.row == b.row]
    scale = SEAT_PITCH / median_low([distance for distance in distances if distance > 0] or [1.0])
    left = min((seat.x for seat in drawn), default=0)
    top = min((seat.y for seat in drawn), default=0)
    width = scale * (max((seat.x for seat in drawn), default=0) - left) + SEAT_PITCH
    height = scale * (max((seat.y for seat in drawn), default=0) - top) + SEAT_PITCH
    return {
        "size": SEAT_SIZE,
        "width": round(width),
        "view_box": f"0 {-SEAT_PITCH} {round(width)} {round(height) + SEAT_PITCH}",
        "seats": [
            {
                "number": seat.number,
                "left": round(scale * (seat.x - left) + (SEAT_PITCH - SEAT_SIZE) / 2, 1),
                "top": round(scale * (seat.y - top) + (SEAT_PITCH - SEAT_SIZE) / 2, 1),
                "x": round(scale * (seat.x - left) + SEAT_PITCH / 2, 1),
                "y": round(scale * (seat.y - top) + SEAT_PITCH / 2, 1),
                "text": f"{seat.row}{seat.column}",
                "label": seat.label,
                "color": seat.color,
                "accessible": seat.accessible,
                "status": getattr(seat, "status", "available"),
                "note": getattr(seat, "note", ""),
            }
            for seat in drawn
        ],
    }
