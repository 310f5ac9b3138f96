"""Reads what a seating plan draws beside its seats: areas, zones, and where the stage or the screen is."""

import math
import re
from collections.abc import Sequence
from typing import Any, TypedDict

from cinema.seats.halls.geometry import Place
from cinema.seats.halls.plan_values import is_coordinate
from cinema.seats.halls.spacing import shorten, sort_row, usual_distance

MAX_TEXT_LENGTH = 200
STAGE = re.compile(r"stage|screen|b(?:ü|ue)hne|leinwand", re.IGNORECASE)

Box = tuple[float, float, float, float]


class Area(TypedDict):
    """A labeled part of the hall that has no seats, such as a stage. `x` and `y` are its top left corner."""

    text: str
    x: float
    y: float
    width: float
    height: float


class Zone(TypedDict):
    """The name of a part of the hall, and the top left corner of its seats."""

    name: str
    x: float
    y: float


class HallLayout(TypedDict):
    """The drawing beside the seats, in the unit of length of the hall.

    `front` is the side where the stage or the screen is: `top`, `bottom`, `left` or `right`. `pitch` is the
    usual distance of two neighboring seats.
    """

    front: str
    areas: list[Area]
    zones: list[Zone]
    pitch: float


def layout_fault(layout: Any) -> str:
    """Says what is wrong with a stored layout, which may come from a fixture. Empty if it is a `HallLayout`."""
    if not _has_values(layout, HallLayout):
        return f"Must be an object with {', '.join(HallLayout.__annotations__)}."
    if layout["front"] not in ("top", "bottom", "left", "right"):
        return "front: Must be top, bottom, left or right."
    for name, shape in (("areas", Area), ("zones", Zone)):
        if not all(_has_values(item, shape) for item in layout[name]):
            return f"{name}: Must be objects with {', '.join(shape.__annotations__)}."
    return ""


def _has_values(item: Any, shape: Any) -> bool:
    """Tells whether the item has exactly the members of a `TypedDict`, with values of their types."""
    types: dict[Any, Any] = {float: (int, float), str: str}
    return (
        isinstance(item, dict)
        and item.keys() == shape.__annotations__.keys()
        and all(isinstance(item[name], types.get(kind, list)) for name, kind in shape.__annotations__.items())
        and all(math.isfinite(value) for value in item.values() if isinstance(value, float))
    )


def hall_layout(seats: Sequence[tuple[int, str, Place]], areas: list[Area]) -> HallLayout:
    """Returns the layout of a hall. Each seat is given with the index and the name of its zone."""
    zones: dict[int, Zone] = {}
    lines: dict[int, list[Place]] = {}
    for index, name, place in seats:
        lines.setdefault(place.line, []).append(place)
        zone = zones.setdefault(index, Zone(name=name, x=place.x, y=place.y))
        zone["x"] = shorten(min(zone["x"], place.x))
        zone["y"] = shorten(min(zone["y"], place.y))
    return HallLayout(
        front=_front(areas, [place for *_, place in seats]),
        areas=areas,
        zones=[zone for zone in zones.values() if zone["name"]],
        pitch=_rounded(usual_distance(map(sort_row, lines.values()))) or 1,
    )


def _front(areas: list[Area], places: list[Place]) -> str:
    """The side of the seats where the stage is: an area that is named so, or that has the word in its text."""
    named = [area for area in areas if STAGE.fullmatch(area["text"])]
    named += [area for area in areas if re.search(rf"\b(?:{STAGE.pattern})\b", area["text"], re.IGNORECASE)]
    if not named or not places:
        return "top"
    x, y = named[0]["x"] + named[0]["width"] / 2, named[0]["y"] + named[0]["height"] / 2
    xs, ys = [place.x for place in places], [place.y for place in places]
    outside = {"top": min(ys) - y, "bottom": y - max(ys), "left": min(xs) - x, "right": x - max(xs)}
    return max(outside, key=lambda side: outside[side])


def read_area(area: Any, x: float, y: float) -> Area | None:
    """Reads an area of a zone at `x`, `y`. Returns None if it has no text, or no position.

    Shapes are read leniently, because an area that is not understood must not make a hall unusable.
    """
    if not isinstance(area, dict):
        return None
    label = area.get("text")
    text = label.get("text") if isinstance(label, dict) else label
    if not isinstance(text, str) or not text.strip():
        return None
    position = _point(area.get("position", {}))
    box = _rotated(_shape(area), area.get("rotation"))
    if box is None and isinstance(label, dict):
        # An area that is only a text.
        offset = _point(label.get("position", {}))
        box = (*offset, 0.0, 0.0) if offset else None
    if position is None or box is None:
        return None
    left, top, width, height = box
    return Area(
        text=" ".join(text.split())[:MAX_TEXT_LENGTH],
        x=_rounded(x + position[0] + left),
        y=_rounded(y + position[1] + top),
        width=_rounded(width),
        height=_rounded(height),
    )


def _shape(area: dict[str, Any]) -> Box | None:
    """The left, top, width and height of an area's shape, from its position. None without a shape."""
    rectangle, circle, ellipse, polygon = (
        area[name] if isinstance(area.get(name), dict) else {}
        for name in ("rectangle", "circle", "ellipse", "polygon")
    )
    points: list[Any] = []
    if polygon and isinstance(polygon.get("points"), list):
        points = [_point(point) for point in polygon["points"]]
    elif circle:
        points = [_point({"x": circle.get("radius"), "y": circle.get("radius")})]
    elif ellipse:
        points = [_point(ellipse.get("radius"))]
    else:
        # The first version of the format had width and height in the area itself.
        size = rectangle or area
        points = [(0.0, 0.0), _point({"x": size.get("width"), "y": size.get("height")})]
    if not points or None in points:
        return None
    if circle or ellipse:
        points.append((-points[0][0], -points[0][1]))
    return _box(points)


def _rotated(box: Box | None, degrees: Any) -> Box | None:
    """The box around a box that is turned around the position of its area."""
    if box is None or not is_coordinate(degrees) or not degrees:
        return box
    left, top, width, height = box
    sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    corners = [(x, y) for x in (left, left + width) for y in (top, top + height)]
    return _box([(x * cos - y * sin, x * sin + y * cos) for x, y in corners])


def _box(points: Sequence[tuple[float, float]]) -> Box:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def _point(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, dict):
        return None
    x, y = value.get("x", 0), value.get("y", 0)
    return (float(x), float(y)) if is_coordinate(x) and is_coordinate(y) else None


def _rounded(value: float) -> float:
    return shorten(round(value, 3))
