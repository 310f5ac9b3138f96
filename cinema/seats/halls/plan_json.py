"""Seating plans: the shape of a hall, as JSON in the open format of pretix's seating-plan editor.

`{name, size?, categories[{name, color?}], zones[{name?, position, rows[{row_number, row_label?,
position?, seats[{seat_guid, seat_number, seat_label?, position, category, accessible?}]}]}]}`

Positions add up: zone, row, seat. An empty category means none, and a seat without a number is called by
its place in the plan. `accessible` is our own addition; other keys (`uuid`, `radius`, `areas`, …) are
tolerated, and kept where the plan is kept. The format is that of https://seats.pretix.eu.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cinema.seats.halls.geometry import STANDARD_COLOR, Place
from cinema.shows.limits import MAX_SEATS

MAX_FAULTS = 20
LONGEST = {"name": 200, "category": 100, "row": 60, "label": 200, "guid": 100}
MAX_DEPTH = 30
MAX_PATH_LENGTH = 500
# What CSS may call a colour: `#4a6fa5`, `red`, `rgb(74, 111, 165)`; no `url(…)`, which would call elsewhere.
COLOR = re.compile(
    r"#[0-9a-f]{3,8}|[a-z]{1,50}|(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\([a-z0-9,.% /+-]{1,40}\)",
    re.ASCII | re.IGNORECASE,
)


class PlanError(ValueError):
    """A plan that can't be used. A fault is like `zones[0].rows[3].seats[7].category: no such category`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def read_json(text: str) -> dict[str, Any]:
    """The plan in a JSON text. Raises `PlanError` where it is no JSON, or no usable plan."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number")

    if not text.strip():
        raise PlanError(["there is nothing in it"])
    try:
        plan = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise PlanError([f"not JSON: {error}"]) from error
    places(plan)
    return plan


def places(plan: Any) -> list[Place]:
    """The plan's seats in its order, numbered from 1. Raises `PlanError` for whatever is wrong with it."""
    reader = _Reader()
    try:
        seats = reader.read(plan)
    except RecursionError as error:
        raise PlanError(["nested too deep"]) from error
    if not reader.faults and not 1 <= len(seats) <= MAX_SEATS:
        reader.fault("zones", f"must have 1 to {MAX_SEATS} seats, not {len(seats)}")
    if reader.faults:
        raise PlanError(reader.faults)
    return _with_distinct_labels(_from_zero(seats))


def _with_distinct_labels(seats: list[tuple[str, Place]]) -> list[Place]:
    """Where `A1` is in the stalls and on the balcony, all labels begin with the zone's name; what is called
    the same even so, gets its number in the plan behind it."""
    labels = Counter(place.label for _, place in seats)
    if len(labels) < len(seats):
        seats = [
            (zone, place._replace(label=f"{zone} {place.label}".strip()[: LONGEST["label"] - 10]))
            for zone, place in seats
        ]
        labels = Counter(place.label for _, place in seats)
    return [
        place if labels[place.label] == 1 else place._replace(label=f"{place.label} ({place.number})")
        for _, place in seats
    ]


def _from_zero(seats: list[tuple[str, Place]]) -> list[tuple[str, Place]]:
    """A plan with negative coordinates, moved to where it begins at 0."""
    left = min((place.x for _, place in seats), default=0)
    top = min((place.y for _, place in seats), default=0)
    if left >= 0 and top >= 0:
        return seats
    left, top = min(left, 0), min(top, 0)
    return [
        (zone, place._replace(x=round(place.x - left, 3), y=round(place.y - top, 3))) for zone, place in seats
    ]


class _Reader:
    """Reads a plan and notes what is wrong with it, each fault with its path."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, path: str, what: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(f"{path}: {what}" if path else what)

    def read(self, plan: Any) -> list[tuple[str, Place]]:
        if not isinstance(plan, dict):
            self.fault("", "the plan must be an object")
            return []
        self._refuse_what_cannot_be_kept(plan)
        self.text(plan, "", "name", LONGEST["name"], required=False)
        self.colors: dict[str, str] = {}
        for path, category in self.objects(plan, "", "categories"):
            name = self.text(category, path, "name", LONGEST["category"])
            color = category.get("color") or STANDARD_COLOR
            if not isinstance(color, str) or not COLOR.fullmatch(color):
                self.fault(f"{path}.color", "must be like #4a6fa5 or a colour's name")
            elif name in self.colors:
                self.fault(f"{path}.name", f"{name} is there twice")
            self.colors[name] = str(color)
        self.guids: set[str] = set()
        line = 0
        seats: list[tuple[str, Place]] = []
        for path, zone in self.objects(plan, "", "zones"):
            zone_name = zone.get("name") if isinstance(zone.get("name"), str) else ""
            for order, (row_path, row) in enumerate(self.objects(zone, path, "rows"), start=1):
                line += 1
                for column, (seat_path, seat) in enumerate(self.objects(row, row_path, "seats"), start=1):
                    if len(self.faults) >= MAX_FAULTS or len(seats) > MAX_SEATS:
                        return seats  # It is refused anyhow.
                    origins = [(path, zone), (row_path, row), (seat_path, seat)]
                    place = self.place(len(seats) + 1, column, order, line, origins)
                    seats.append((zone_name or "", place))
        return seats

    def place(
        self, number: int, column: int, order: int, line: int, origins: list[tuple[str, dict[str, Any]]]
    ) -> Place:
        (_, zone), (row_path, row), (path, seat) = origins
        guid = self.text(seat, path, "seat_guid", LONGEST["guid"])
        if guid in self.guids:
            self.fault(f"{path}.seat_guid", f"{guid} is there twice")
        self.guids.add(guid)
        seat_number = self.text(seat, path, "seat_number", LONGEST["row"], required=False)
        row_name = self.text(row, row_path, "row_number", LONGEST["row"], required=False)
        row_name = row_name or self.text(row, row_path, "row_label", LONGEST["row"], required=False)
        if not row_name and len(zone["rows"]) > 1:
            # Tables, say: called by their order.
            row_name = str(order)
        # Row 1, seat 12 is 1-12, not 112.
        between = "-" if row_name[-1:].isdigit() and seat_number[:1].isdigit() else ""
        category = seat.get("category") or ""
        if not isinstance(category, str) or (category and category not in self.colors):
            self.fault(f"{path}.category", "no such category")
            category = ""
        accessible = seat.get("accessible", False)
        if not isinstance(accessible, bool):
            self.fault(f"{path}.accessible", "must be true or false")
        points = [self.position(origin, at) for at, origin in origins]
        x, y = (sum(values) for values in zip(*points, strict=True))
        return Place(
            number=number,
            row=row_name,
            column=int(seat_number) if re.fullmatch(r"[0-9]{1,6}", seat_number, re.ASCII) else column,
            label=f"{row_name}{between}{seat_number}" if seat_number else str(number),
            x=round(x, 3),
            y=round(y, 3),
            category=category,
            accessible=bool(accessible),
            guid=guid,
            color=self.colors.get(category, STANDARD_COLOR),
            line=line,
        )

    def objects(self, parent: dict[str, Any], path: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        items = parent.get(name)
        path = f"{path}.{name}" if path else name
        if items is None and name in {"categories", "rows"}:
            return  # A hall may have no categories, and a zone only areas.
        if not isinstance(items, list):
            self.fault(path, "must be a list")
            return
        for index, item in enumerate(items):
            if isinstance(item, dict):
                yield f"{path}[{index}]", item
            else:
                self.fault(f"{path}[{index}]", "must be an object")

    def text(self, parent: dict[str, Any], path: str, name: str, longest: int, *, required: bool = True) -> str:
        value = parent.get(name)
        path = f"{path}.{name}" if path else name
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value in (None, "") and not required:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.fault(path, "must be a text")
            return ""
        if len(value) > longest:
            self.fault(path, f"must have at most {longest} characters")
        return value

    def position(self, parent: dict[str, Any], path: str) -> tuple[float, float]:
        position = parent.get("position")
        if position is None:
            return 0.0, 0.0
        if isinstance(position, dict):
            point = (position.get("x", 0), position.get("y", 0))
            if all(isinstance(n, int | float) and not isinstance(n, bool) and abs(n) < 1e6 for n in point):
                return float(point[0]), float(point[1])
        self.fault(f"{path}.position", "must be numbers x and y")
        return 0.0, 0.0

    def _refuse_what_cannot_be_kept(self, value: Any, path: str = "", depth: int = 0) -> None:
        """No database keeps a NUL, half a character, or a number that is none; and nobody draws a plan that is
        nested deeper than this."""
        # Of a long path the beginning: keys may be of any length, and whatever is in them repeats them.
        path = path[:MAX_PATH_LENGTH]
        if depth > MAX_DEPTH:
            self.fault(path[:80], "nested too deep")
        elif isinstance(value, dict):
            for key, inner in value.items():
                self._refuse_what_cannot_be_kept(key, path, depth)
                within = f"{path}.{key[:MAX_PATH_LENGTH]}" if path else key
                self._refuse_what_cannot_be_kept(inner, within, depth + 1)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._refuse_what_cannot_be_kept(inner, f"{path}[{index}]", depth + 1)
        elif isinstance(value, str) and re.search("[\x00\ud800-\udfff]", value):
            self.fault(ascii(path)[1:-1], "has a character that can't be kept")
        elif isinstance(value, float) and not math.isfinite(value):
            self.fault(path, "must be a number")
