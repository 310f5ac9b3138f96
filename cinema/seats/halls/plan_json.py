"""Reads seating plans in the open JSON format of pretix's seating plan editor (https://seats.pretix.eu).

`{name, size?, categories[{name, color?}], zones[{name?, position, rows[{row_number, row_label?,
position?, seats[{seat_guid, seat_number, seat_label?, position, category, accessible?}]}]}]}`

The position of a seat is the sum of three positions: zone, row and seat. An empty category means none. A seat
without a number gets its number in the plan as label. `accessible` is an extension of this project. Other keys
(`uuid`, `radius`, `areas`, …) are ignored, and `SeatingPlan` stores them.
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
MAX_LENGTHS = {"name": 200, "category": 100, "row": 60, "label": 200, "guid": 100}
MAX_DEPTH = 30
MAX_PATH_LENGTH = 500
MAX_COORDINATE = 1e6
# CSS colors such as `#4a6fa5`, `red` and `rgb(74, 111, 165)`. `url(…)` is rejected, because a browser that
# draws the hall would request that URL.
COLOR = re.compile(
    r"#[0-9a-f]{3,8}|[a-z]{1,50}|(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\([a-z0-9,.% /+-]{1,40}\)",
    re.ASCII | re.IGNORECASE,
)


class PlanError(ValueError):
    """A plan that cannot be used.

    `faults` has at most `MAX_FAULTS` messages such as `zones[0].rows[3].seats[7].category: no such category`.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def read_json(text: str) -> dict[str, Any]:
    """Parses a plan. Raises `PlanError` if the text is not JSON or not a usable plan."""

    def reject_constant(constant: str) -> None:
        raise ValueError(f"{constant} is not a JSON number")

    if not text.strip():
        raise PlanError(["the plan is empty"])
    try:
        plan = json.loads(text, parse_constant=reject_constant)
    except (ValueError, RecursionError) as error:
        raise PlanError([f"not JSON: {error}"]) from error
    places(plan)
    return plan


def places(plan: Any) -> list[Place]:
    """Returns the seats of a parsed plan in its order, numbered from 1. Raises `PlanError`."""
    reader = _PlanReader()
    try:
        seats = reader.read(plan)
    except RecursionError as error:
        raise PlanError(["nested too deeply"]) from error
    if not reader.faults and not 1 <= len(seats) <= MAX_SEATS:
        reader.add_fault("zones", f"must have 1 to {MAX_SEATS} seats, not {len(seats)}")
    if reader.faults:
        raise PlanError(reader.faults)
    return _make_labels_unique(_shift_to_origin(seats))


# Helpers pass a seat together with the name of its zone.
ZoneSeat = tuple[str, Place]


def _make_labels_unique(seats: list[ZoneSeat]) -> list[Place]:
    """Prefixes all labels with their zone if two seats have the same label, such as `A1`.

    Labels that are still the same get the number of the seat appended.
    """
    labels = Counter(place.label for _, place in seats)
    if len(labels) < len(seats):
        # Leaves 10 characters for the number.
        max_length = MAX_LENGTHS["label"] - 10
        seats = [
            (zone, place._replace(label=f"{zone} {place.label}".strip()[:max_length])) for zone, place in seats
        ]
        labels = Counter(place.label for _, place in seats)
    return [
        place if labels[place.label] == 1 else place._replace(label=f"{place.label} ({place.number})")
        for _, place in seats
    ]


def _shift_to_origin(seats: list[ZoneSeat]) -> list[ZoneSeat]:
    """Moves a plan with negative coordinates so that its smallest coordinates are 0."""
    left = min((place.x for _, place in seats), default=0)
    top = min((place.y for _, place in seats), default=0)
    if left >= 0 and top >= 0:
        return seats
    left, top = min(left, 0), min(top, 0)
    return [
        (zone, place._replace(x=round(place.x - left, 3), y=round(place.y - top, 3))) for zone, place in seats
    ]


class _PlanReader:
    """Reads a plan and collects its faults, each with its path."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.colors: dict[str, str] = {}
        self.guids: set[str] = set()

    def add_fault(self, path: str, message: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(f"{path}: {message}" if path else message)

    def read(self, plan: Any) -> list[ZoneSeat]:
        if not isinstance(plan, dict):
            self.add_fault("", "the plan must be an object")
            return []
        self._check_values(plan)
        self.text(plan, "", "name", MAX_LENGTHS["name"], required=False)
        for path, category in self.objects(plan, "", "categories"):
            self._read_category(path, category)
        line = 0
        seats: list[ZoneSeat] = []
        for zone_path, zone in self.objects(plan, "", "zones"):
            zone_name = zone.get("name") if isinstance(zone.get("name"), str) else ""
            for row_index, (row_path, row) in enumerate(self.objects(zone, zone_path, "rows"), start=1):
                line += 1
                for column, (seat_path, seat) in enumerate(self.objects(row, row_path, "seats"), start=1):
                    if len(self.faults) >= MAX_FAULTS or len(seats) > MAX_SEATS:
                        return seats  # `places` rejects the plan, so the rest need not be read.
                    objects = [(zone_path, zone), (row_path, row), (seat_path, seat)]
                    place = self._read_seat(len(seats) + 1, column, row_index, line, objects)
                    seats.append((zone_name or "", place))
        return seats

    def _read_category(self, path: str, category: dict[str, Any]) -> None:
        name = self.text(category, path, "name", MAX_LENGTHS["category"])
        color = category.get("color") or STANDARD_COLOR
        if not isinstance(color, str) or not COLOR.fullmatch(color):
            self.add_fault(f"{path}.color", "must be a CSS color, such as #4a6fa5 or red")
        elif name in self.colors:
            self.add_fault(f"{path}.name", f"{name} is used twice")
        self.colors[name] = str(color)

    def _read_seat(
        self, number: int, column: int, row_index: int, line: int, objects: list[tuple[str, dict[str, Any]]]
    ) -> Place:
        """Reads a seat. `objects` are its zone, its row and the seat itself, with their paths.

        `column` and `row_index` count from 1 in the row and in the zone. They stand in for missing names.
        """
        (_, zone), (row_path, row), (path, seat) = objects
        guid = self.text(seat, path, "seat_guid", MAX_LENGTHS["guid"])
        if guid in self.guids:
            self.add_fault(f"{path}.seat_guid", f"{guid} is used twice")
        self.guids.add(guid)
        seat_number = self.text(seat, path, "seat_number", MAX_LENGTHS["row"], required=False)
        row_name = self.text(row, row_path, "row_number", MAX_LENGTHS["row"], required=False)
        row_name = row_name or self.text(row, row_path, "row_label", MAX_LENGTHS["row"], required=False)
        if not row_name and len(zone["rows"]) > 1:
            # The rows of a zone without row names are tables, for example.
            row_name = str(row_index)
        # Row 1, seat 12 is labeled 1-12, because 112 could be row 11, seat 2.
        separator = "-" if row_name[-1:].isdigit() and seat_number[:1].isdigit() else ""
        category = seat.get("category") or ""
        if not isinstance(category, str) or (category and category not in self.colors):
            self.add_fault(f"{path}.category", "no such category")
            category = ""
        accessible = seat.get("accessible", False)
        if not isinstance(accessible, bool):
            self.add_fault(f"{path}.accessible", "must be true or false")
        positions = [self.position(parent, parent_path) for parent_path, parent in objects]
        x, y = (sum(values) for values in zip(*positions, strict=True))
        return Place(
            number=number,
            row=row_name,
            column=int(seat_number) if re.fullmatch(r"[0-9]{1,6}", seat_number, re.ASCII) else column,
            label=f"{row_name}{separator}{seat_number}" if seat_number else str(number),
            x=round(x, 3),
            y=round(y, 3),
            category=category,
            accessible=bool(accessible),
            guid=guid,
            color=self.colors.get(category, STANDARD_COLOR),
            line=line,
        )

    def objects(self, parent: dict[str, Any], path: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yields the objects of the list `parent[name]` with their paths."""
        items = parent.get(name)
        path = f"{path}.{name}" if path else name
        if items is None and name in {"categories", "rows"}:
            return  # Optional: a hall without categories, a zone that has only areas.
        if not isinstance(items, list):
            self.add_fault(path, "must be a list")
            return
        for index, item in enumerate(items):
            if isinstance(item, dict):
                yield f"{path}[{index}]", item
            else:
                self.add_fault(f"{path}[{index}]", "must be an object")

    def text(
        self, parent: dict[str, Any], path: str, name: str, max_length: int, *, required: bool = True
    ) -> str:
        """Returns the text `parent[name]`, empty if it is missing or invalid. Integers are read as text."""
        value = parent.get(name)
        path = f"{path}.{name}" if path else name
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value in (None, "") and not required:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.add_fault(path, "must be text")
            return ""
        if len(value) > max_length:
            self.add_fault(path, f"must have at most {max_length} characters")
        return value

    def position(self, parent: dict[str, Any], path: str) -> tuple[float, float]:
        """Returns `x` and `y` of `parent["position"]`, both 0 if it is missing or invalid."""
        position = parent.get("position")
        if position is None:
            return 0.0, 0.0
        if isinstance(position, dict):
            x, y = position.get("x", 0), position.get("y", 0)
            if all(
                isinstance(n, int | float) and not isinstance(n, bool) and abs(n) < MAX_COORDINATE
                for n in (x, y)
            ):
                return float(x), float(y)
        self.add_fault(f"{path}.position", "must have numbers x and y")
        return 0.0, 0.0

    def _check_values(self, value: Any, path: str = "", depth: int = 0) -> None:
        """Checks all values of the plan, unknown keys included, because the database stores them all.

        PostgreSQL rejects NUL characters, lone surrogates, infinity and NaN in JSON.
        """
        # A key has any length, and a path repeats it for everything inside.
        path = path[:MAX_PATH_LENGTH]
        if depth > MAX_DEPTH:
            self.add_fault(path[:80], "nested too deeply")
        elif isinstance(value, dict):
            for key, item in value.items():
                self._check_values(key, path, depth)
                item_path = f"{path}.{key[:MAX_PATH_LENGTH]}" if path else key
                self._check_values(item, item_path, depth + 1)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._check_values(item, f"{path}[{index}]", depth + 1)
        elif isinstance(value, str) and re.search("[\x00\ud800-\udfff]", value):
            self.add_fault(ascii(path)[1:-1], "has a character that cannot be stored")
        elif isinstance(value, float) and not math.isfinite(value):
            self.add_fault(path, "must be a finite number")
