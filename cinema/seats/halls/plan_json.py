"""Reads seating plans in the open JSON format of pretix's seating plan editor (https://seats.pretix.eu).

`{name, size?, categories[{name, color?}], zones[{name?, position, areas[{text, position, rectangle…}],
rows[{row_number, row_label?, seat_label?, position?,
seats[{seat_guid, seat_number, position, category, status?, accessible?, companion?, pair?}]}]}]}`

The position of a seat is the sum of three positions: zone, row and seat. An empty category means none. A seat
without a number gets its number in the plan as label. `row_label` and `seat_label` are texts with `%s` for the
number of the row and of the seat. Seats are not for sale if they have a `status` other than `available`, or a
category with a name such as `not available`. `accessible`, `companion` and `pair` are extensions of this
project. `pair` is the `seat_guid` of the other half of a sofa. One half may leave it out. Other keys (`uuid`,
`radius`, …) are ignored, and `SeatingPlan` stores them.
"""

import itertools
import json
import re
from typing import Any, NamedTuple

from cinema.seats.halls.geometry import STANDARD_COLOR, Place
from cinema.seats.halls.plan_faults import PlanError
from cinema.seats.halls.plan_guids import renew_repeated_guids
from cinema.seats.halls.plan_labels import MAX_LABEL_LENGTH, make_labels_unique, seat_column, seat_label
from cinema.seats.halls.plan_layout import Area, HallLayout, hall_layout, read_area
from cinema.seats.halls.plan_lines import line_numbers
from cinema.seats.halls.plan_values import PlanValues
from cinema.seats.halls.spacing import shorten
from cinema.shows.limits import MAX_SEATS

MAX_LENGTHS = {"name": 200, "category": 100, "row": 60, "template": 100, "guid": 100}
# CSS colors such as `#4a6fa5`, `red` and `rgb(74, 111, 165)`. `url(…)` is rejected, because a browser that
# draws the hall would request that URL.
COLOR = re.compile(
    r"#[0-9a-f]{3,8}|[a-z]{1,50}|(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\([a-z0-9,.% /+-]{1,40}\)",
    re.ASCII | re.IGNORECASE,
)
# Names of categories whose seats are not for sale. Seats with a `Blocked view` are for sale.
NOT_FOR_SALE = re.compile(
    r"blocked|(?:.*\W)?(?:unavailable|not[ _-]*(?:available|bookable|for[ _-]*sale|on[ _-]*sale))(?:\W.*)?",
    re.IGNORECASE | re.DOTALL,
)


class HallPlan(NamedTuple):
    """The seats of a plan in its order, numbered from 1, and what is drawn beside them."""

    places: list[Place]
    layout: HallLayout


def read_json(text: str, *, renew_guids: bool = False) -> dict[str, Any]:
    """Parses a plan. Raises `PlanError` if the text is not JSON or not a usable plan.

    With `renew_guids`, seats with the guid of an earlier seat get new ones.
    """

    def reject_constant(constant: str) -> None:
        raise ValueError(f"{constant} is not a JSON number")

    if not text.strip():
        raise PlanError(["the plan is empty"])
    try:
        plan = json.loads(text, parse_constant=reject_constant)
    except (ValueError, RecursionError) as error:
        raise PlanError([f"not JSON: {error}"]) from error
    if renew_guids:
        renew_repeated_guids(plan)
    read_plan(plan)
    return plan


def places(plan: Any) -> list[Place]:
    """Returns the seats of a parsed plan in its order, numbered from 1. Raises `PlanError`."""
    return read_plan(plan).places


def read_plan(plan: Any) -> HallPlan:
    """Reads a parsed plan. Raises `PlanError`."""
    reader = _PlanReader()
    try:
        reader.read(plan)
    except RecursionError as error:
        raise PlanError(["nested too deeply"]) from error
    reader.faults.raise_if_any()
    return reader.hall_plan()


class _Row(NamedTuple):
    """A row and its zone. Rows with the same `name` may be pieces of one row."""

    zone_index: int
    zone_name: str
    name: str
    places: list[Place]


class _PlanReader(PlanValues):
    """Reads a plan and collects its faults, each with its path."""

    def __init__(self) -> None:
        super().__init__()
        self.colors: dict[str, str] = {}
        # Where each category and guid was defined first.
        self.category_paths: dict[str, str] = {}
        self.guid_paths: dict[str, str] = {}
        # The guid of the other half by the guid of each half of a pair: as the plan says it, and both ways.
        self.wanted_pairs: dict[str, str] = {}
        self.pairs: dict[str, str] = {}
        self.rows: list[_Row] = []
        self.areas: list[Area] = []
        self.seat_count = 0

    def read(self, plan: Any) -> None:
        if not isinstance(plan, dict):
            self.faults.add("", "the plan must be an object")
            return
        self.check_storable(plan)
        self.text(plan, "", "name", MAX_LENGTHS["name"], required=False)
        for path, category in self.objects(plan, "", "categories"):
            self._read_category(path, category)
        for index, (path, zone) in enumerate(self.objects(plan, "", "zones")):
            self._read_zone(index, path, zone)
        self._check_pairs()
        if self.seat_count > MAX_SEATS or (self.seat_count == 0 and not self.faults.count):
            self.faults.add("zones", f"must have 1 to {MAX_SEATS} seats, not {self.seat_count}")

    def hall_plan(self) -> HallPlan:
        """Returns the hall. Call it only if there are no faults."""
        # A row without a name is never part of another row, not even of one whose name is its index.
        keys = [(row.zone_index, row.name or index) for index, row in enumerate(self.rows)]
        lines = line_numbers([(key, row.places) for key, row in zip(keys, self.rows, strict=True)])
        seats = [
            (row, place._replace(line=line))
            for row, line in zip(self.rows, lines, strict=True)
            for place in row.places
        ]
        numbers = {place.guid: place.number for _, place in seats}
        seats = [
            (row, place._replace(pair=numbers[self.pairs[place.guid]]) if place.guid in self.pairs else place)
            for row, place in seats
        ]
        # Coordinates of seats are not negative, so the whole plan is moved.
        left = min(0, *(place.x for _, place in seats))
        top = min(0, *(place.y for _, place in seats))
        if left or top:
            seats = [
                (row, place._replace(x=round(place.x - left, 3), y=round(place.y - top, 3)))
                for row, place in seats
            ]
            for area in self.areas:
                area["x"], area["y"] = shorten(round(area["x"] - left, 3)), shorten(round(area["y"] - top, 3))
        return HallPlan(
            make_labels_unique([(row.zone_name, place) for row, place in seats]),
            hall_layout([(row.zone_index, row.zone_name, place) for row, place in seats], self.areas),
        )

    def _check_pairs(self) -> None:
        for guid, other in self.wanted_pairs.items():
            path = f"{self.guid_paths[guid]}.pair"
            if other == guid or other not in self.guid_paths:
                self.faults.add(path, "must be the seat_guid of another seat")
            elif self.pairs.setdefault(guid, other) != other or self.pairs.setdefault(other, guid) != guid:
                self.faults.add(path, f"{guid} and {other} must be halves of no other pair")

    def _read_category(self, path: str, category: dict[str, Any]) -> None:
        name = self.text(category, path, "name", MAX_LENGTHS["category"])
        color = category.get("color") or STANDARD_COLOR
        if not isinstance(color, str) or not COLOR.fullmatch(color):
            self.faults.add(f"{path}.color", "must be a CSS color, such as #4a6fa5 or red")
        elif name in self.colors:
            self.faults.add(f"{path}.name", f"{name} is used twice, first by {self.category_paths[name]}")
        self.colors[name] = str(color)
        self.category_paths.setdefault(name, path)

    def _read_zone(self, index: int, path: str, zone: dict[str, Any]) -> None:
        name = zone.get("name") if isinstance(zone.get("name"), str) else ""
        position = self.position(zone, path)
        areas = zone.get("areas")
        for item in areas if isinstance(areas, list) else []:
            if area := read_area(item, *position):
                self.areas.append(area)
        rows = list(self.objects(zone, path, "rows"))
        numbers = [
            self.text(row, row_path, "row_number", MAX_LENGTHS["row"], required=False) for row_path, row in rows
        ]
        # The rows of a zone without row names are tables, for example. They are named by their index.
        used = set(numbers)
        for row_index, ((row_path, row), number) in enumerate(zip(rows, numbers, strict=True), start=1):
            label = self.text(row, row_path, "row_label", MAX_LENGTHS["row"], required=False)
            label = label.replace("%s", number or str(row_index)).strip()
            if len(label) > MAX_LENGTHS["row"]:
                self.faults.add(f"{row_path}.row_label", f"must have at most {MAX_LENGTHS['row']} characters")
            names = [text for text in (label, number) if text]
            if not names and len(rows) > 1:
                names = [next(text for text in map(str, itertools.count(row_index)) if text not in used)]
                used.add(names[0])
            places = self._read_row(row_path, row, names, position)
            if places:
                self.rows.append(_Row(index, name or "", label or number, places))

    def _read_row(
        self, path: str, row: dict[str, Any], names: list[str], zone_position: tuple[float, float]
    ) -> list[Place]:
        template = self.text(row, path, "seat_label", MAX_LENGTHS["template"], required=False)
        x, y = map(sum, zip(zone_position, self.position(row, path), strict=True))
        places = []
        for column, (seat_path, seat) in enumerate(self.objects(row, path, "seats"), start=1):
            self.seat_count += 1
            if self.seat_count <= MAX_SEATS:
                places.append(self._read_seat(seat_path, seat, column, names, template, (x, y)))
        return places

    def _read_seat(
        self,
        path: str,
        seat: dict[str, Any],
        column: int,
        row_names: list[str],
        template: str,
        row_position: tuple[float, float],
    ) -> Place:
        """Reads a seat. `column` counts from 1 in the row, and replaces a missing number."""
        guid = self.text(seat, path, "seat_guid", MAX_LENGTHS["guid"])
        if guid in self.guid_paths:
            self.faults.repeats_guids = True
            self.faults.add(f"{path}.seat_guid", f"{guid} is used twice, first by {self.guid_paths[guid]}")
        elif guid:
            self.guid_paths[guid] = path
            if pair := self.text(seat, path, "pair", MAX_LENGTHS["guid"], required=False):
                self.wanted_pairs[guid] = pair
        number = self.text(seat, path, "seat_number", MAX_LENGTHS["row"], required=False)
        label = seat_label(row_names, number, template) if number else str(self.seat_count)
        if len(label) > MAX_LABEL_LENGTH:
            self.faults.add(path, f"its label must have at most {MAX_LABEL_LENGTH} characters")
        category = seat.get("category") or ""
        if not isinstance(category, str) or (category and category not in self.colors):
            self.faults.add(f"{path}.category", "no such category")
            category = ""
        own_number = seat_column(row_names, number)
        x, y = map(sum, zip(row_position, self.position(seat, path), strict=True))
        return Place(
            number=self.seat_count,
            row=row_names[0] if row_names else "",
            column=column if own_number is None else own_number,
            label=label,
            x=round(x, 3),
            y=round(y, 3),
            category=category,
            accessible=self.flag(seat, path, "accessible"),
            companion=self.flag(seat, path, "companion"),
            guid=guid,
            color=self.colors.get(category, STANDARD_COLOR),
            blocked=_is_blocked(seat.get("status"), category),
        )


def _is_blocked(status: Any, category: str) -> bool:
    is_available = status in (None, "") or (isinstance(status, str) and status.strip().lower() == "available")
    return not is_available or bool(NOT_FOR_SALE.fullmatch(category.strip()))
