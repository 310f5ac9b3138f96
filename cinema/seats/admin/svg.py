"""Coordinates of the SVG that draws a hall in the admin. It needs no inline styles, which the CSP forbids."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from cinema.api.bidi import isolate
from cinema.seats.halls.plan_layout import Area, HallLayout
from cinema.seats.halls.spacing import sort_row, usual_distance

# The distance between neighboring seats, and the width of a seat, in units of the SVG.
SEAT_PITCH = 40
SEAT_SIZE = 30


def drawing(seats: Iterable[Any], layout: HallLayout | None = None) -> dict[str, Any]:
    """Returns the context of `hall_drawing.html`: each seat as a square, and the `view_box` around all.

    `seats` are `Seat` rows or `Place`s of a plan, ordered by number. They may have a `status`, and a `note` for
    staff. A plan has any unit of length, so the drawing is scaled by the usual distance between neighbors.
    `layout` has the areas, and the side of the screen.
    """
    drawn = list(seats)
    labels = {seat.number: seat.label for seat in drawn}
    areas = layout["areas"] if layout else []
    pitch = layout["pitch"] if layout else _usual_distance(drawn)
    scale = SEAT_PITCH / pitch
    # The edges of the drawing, in units of the SVG, with half a seat around the middles of the outermost seats.
    half = pitch / 2
    edges = [(seat.x - half, seat.y - half, seat.x + half, seat.y + half) for seat in drawn]
    edges += [(a["x"], a["y"], a["x"] + a["width"], a["y"] + a["height"]) for a in areas]
    lefts, tops, rights, bottoms = zip(*edges, strict=True) if edges else [(0,)] * 4
    left, top = min(lefts), min(tops)
    width, height = round(scale * (max(rights) - left)), round(scale * (max(bottoms) - top))

    def position(x: float, y: float) -> tuple[float, float]:
        return round(scale * (x - left), 1), round(scale * (y - top), 1)

    return {
        "size": SEAT_SIZE,
        "screen": _screen(layout["front"] if layout else "top", width, height),
        "width": width + 2 * SEAT_PITCH,
        "view_box": f"{-SEAT_PITCH} {-SEAT_PITCH} {width + 2 * SEAT_PITCH} {height + 2 * SEAT_PITCH}",
        "areas": [_drawn_area(area, *position(area["x"], area["y"]), scale) for area in areas],
        "seats": [
            _drawn_seat(seat, *position(seat.x, seat.y)) | {"other_half": isolate(labels.get(seat.pair, ""))}
            for seat in drawn
        ],
    }


def _usual_distance(seats: list[Any]) -> float:
    rows = groupby(seats, key=lambda seat: seat.row)
    return usual_distance(sort_row(list(row)) for _, row in rows) or 1


def _screen(front: str, width: int, height: int) -> dict[str, int]:
    """The bar that stands for the screen, on the side `front` of a hall of this size."""
    gap, depth = 22, 8
    if front in ("left", "right"):
        return {"x": -gap - depth if front == "left" else width + gap, "y": 0, "width": depth, "height": height}
    return {"x": 0, "y": -gap - depth if front == "top" else height + gap, "width": width, "height": depth}


def _drawn_area(area: Area, x: float, y: float, scale: float) -> dict[str, Any]:
    width, height = round(scale * area["width"], 1), round(scale * area["height"], 1)
    middle = {"middle_x": round(x + width / 2, 1), "middle_y": round(y + height / 2, 1)}
    return {"text": area["text"], "x": x, "y": y, "width": width, "height": height} | middle


def _drawn_seat(seat: Any, x: float, y: float) -> dict[str, Any]:
    return {
        "number": seat.number,
        "left": round(x - SEAT_SIZE / 2, 1),
        "top": round(y - SEAT_SIZE / 2, 1),
        "x": x,
        "y": y,
        "text": f"{seat.row}{seat.column}",
        "label": isolate(seat.label),
        "color": seat.color,
        "category": seat.category,
        "accessible": seat.accessible,
        "companion": seat.companion,
        "status": getattr(seat, "status", "blocked" if seat.blocked else "available"),
        "note": getattr(seat, "note", ""),
    }
