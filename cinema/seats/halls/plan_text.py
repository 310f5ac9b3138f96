"""Reads seating plans in a short text form, which is quick to write by hand.

```
name: Studio
seat v: VIP #c9a227
seat w: Standard #4a6fa5 accessible
seat c: Standard #4a6fa5 companion

A | .... ....
B | .... ....

numbers: right, skip 13
C | wc.. vvvv
```

A row is its name, a bar, and one character for each seat. `.` is a standard seat, `#` an accessible one. A
`seat` line defines any other character: its category, its color, and words. The words are `accessible`,
`companion` for a seat beside an accessible one, and `pair` for sofas: neighbors of that kind are two by two the
halves of a sofa. A space is a gap as wide as a seat, such as an aisle. An empty line between rows is a gap as
deep as a row. A line `zone: Balcony` begins another zone. Row names need to be unique only within their zone.
Seats are numbered from the left; a line `numbers:` changes that for the rows below it (see `seat_numbers.py`).
"""

import re
from itertools import pairwise
from typing import Any, NamedTuple

from cinema.seats.halls.geometry import STANDARD_COLOR
from cinema.seats.halls.plan_faults import Faults, PlanError
from cinema.seats.halls.plan_json import MAX_LENGTHS, places
from cinema.seats.halls.plan_values import MAX_COORDINATE, NOT_STORABLE
from cinema.seats.halls.seat_numbers import InvalidWord, SeatNumbers, parse_numbers
from cinema.shows.limits import MAX_SEATS

SEAT_TYPE = re.compile(
    r"seat (?P<character>[^\s|]): (?P<category>.+?)"
    r"(?: (?P<color>#[0-9a-fA-F]{3,8}))?(?P<words>(?: (?:accessible|companion|pair))*)"
)
ROW = re.compile(r"(?P<name>[^|]*)\|(?P<seats>.*)")
# The end of a category that was probably meant as its color: the name of a color, or a misspelled `#` color. A
# color or a word such as `accessible` in the wrong order counts too.
COLOR_IN_CATEGORY = re.compile(
    r" (?:(?P<misplaced>#[0-9a-f]{3,8}|accessible|companion|pair)|#\w{3,}"
    r"|(?:light|dark|medium|deep|pale)?(?:aqua|black|blue|brown|crimson|cyan|fuchsia|gold|gr[ae]y|green|indigo|ivory"
    r"|lime|magenta|maroon|navy|olive|orange|pink|purple|red|salmon|silver|tan|teal|turquoise|violet|white|yellow))$",
    re.IGNORECASE,
)


class SeatType(NamedTuple):
    """The seats that one character draws. `color` is None if its line has none, `line` is 0 for `.` and `#`."""

    category: str
    color: str | None
    accessible: bool
    companion: bool = False
    pair: bool = False
    line: int = 0


class Row(NamedTuple):
    """A row. `seats` are the positions of its seats, from left to right, and their types."""

    line: int
    zone: str
    name: str
    y: int
    seats: list[tuple[int, SeatType]]
    numbers: SeatNumbers


def read_text(text: str, *, strict: bool = True) -> dict[str, Any]:
    """Parses a plan into the form of `plan_json`. Raises `PlanError` with the line and column of each fault.

    `strict` also rejects what can be read but is probably a mistake. Plans that were stored before a rule of
    this kind are read without it.
    """
    if not text.strip():
        raise PlanError(["the plan is empty"])
    reader = _TextReader(strict)
    for number, line in enumerate(map(str.rstrip, text.splitlines()), start=1):
        reader.read_line(number, line)
        if reader.seat_count > MAX_SEATS:
            break
    if not reader.seat_count and not reader.faults.count:
        reader.fault(number, 0, "the plan has no seats, add a row such as `A | ....`")
    reader.faults.raise_if_any()
    plan = reader.plan()
    places(plan)
    return plan


class _TextReader:
    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.faults = Faults()
        self.name = "Hall"
        self.zone = ""
        self.y = 0
        self.numbers = SeatNumbers()
        self.seat_types = {".": SeatType("Standard", None, False), "#": SeatType("Standard", None, True)}
        self.rows: list[Row] = []
        self.row_lines: dict[tuple[str, str], int] = {}  # Zone and name of a row → its line.
        self.seat_count = 0

    def fault(self, line: int, index: int, message: str) -> None:
        self.faults.add(f"line {line}, column {index + 1}", message)

    def read_line(self, number: int, line: str) -> None:
        if match := NOT_STORABLE.search(line):
            self.fault(number, match.start(), "has a character that cannot be stored")
        elif line.startswith("name:"):
            self.name = self._text(number, line, "name:", MAX_LENGTHS["name"])
        elif line.startswith("zone:"):
            self.zone = self._text(number, line, "zone:", MAX_LENGTHS["name"])
        elif line.startswith("numbers:"):
            try:
                self.numbers = parse_numbers(line)
            except InvalidWord as error:
                self.fault(number, error.start, str(error))
        elif match := SEAT_TYPE.fullmatch(line):
            self._read_seat_type(number, match)
        elif match := ROW.fullmatch(line):
            self._read_row(number, line, match)
        elif line:
            self.fault(
                number, 0, "expected `name:`, `zone:`, `numbers:`, `seat x:`, or a row such as `A | ....`"
            )
        elif self.y:
            self.y += 1

    def plan(self) -> dict[str, Any]:
        """Returns the plan. Call it only if there are no faults."""
        zones: list[dict[str, Any]] = []
        guids = self._guid_prefixes()
        for row in self.rows:
            if not zones or zones[-1]["name"] != row.zone:
                zones.append({"name": row.zone, "position": {"x": 0, "y": 0}, "rows": []})
            seats = self._seats(row, guids[row.line])
            zones[-1]["rows"].append({"row_number": row.name, "position": {"x": 0, "y": row.y}, "seats": seats})
        colors: dict[str, str] = {}
        for category, color, *_ in self.seat_types.values():
            colors[category] = color or colors.get(category, STANDARD_COLOR)
        categories = [{"name": category, "color": color} for category, color in colors.items()]
        return {"name": self.name, "zones": zones, "categories": categories}

    def _text(self, number: int, line: str, key: str, max_length: int) -> str:
        text = line.removeprefix(key).strip()
        if len(text) > max_length:
            self.fault(number, len(key), f"must have at most {max_length} characters")
        return text

    def _read_seat_type(self, number: int, match: re.Match[str]) -> None:
        character, category = match["character"], match["category"]
        start = match.start("category")
        earlier = self.seat_types.get(character, SeatType("", None, False))
        if len(category) > MAX_LENGTHS["category"]:
            self.fault(number, start, f"a category must have at most {MAX_LENGTHS['category']} characters")
        elif self.strict:
            color = COLOR_IN_CATEGORY.search(category)
            if color and (color["misplaced"] or not match["color"]):
                message = f"write {color[0].strip()!r} in the order `seat x: Category #4a6fa5 accessible`, "
                message += (
                    "with the color in digits. A word of the category may be a color if a color follows it"
                )
                self.fault(number, start + color.start() + 1, message)
            if len(match["color"] or "") in (6, 8):  # With the `#`.
                message = f"{match['color']} is no color: write 3, 4, 6 or 8 digits after the `#`"
                self.fault(number, match.start("color"), message)
            if earlier.line:
                message = f"seat character {character!r} is defined twice, first in line {earlier.line}"
                self.fault(number, match.start("character"), message)
        words = match["words"].split()
        self.seat_types[character] = SeatType(
            category, match["color"], "accessible" in words, "companion" in words, "pair" in words, number
        )

    def _read_row(self, number: int, line: str, match: re.Match[str]) -> None:
        self.y += 1
        name, start = match["name"].strip(), match.start("seats")
        drawing = match["seats"].expandtabs(4).removeprefix(" ")
        seats = len(drawing) - drawing.count(" ")
        self.seat_count += seats
        if self.seat_count > MAX_SEATS:
            self.fault(number, start, f"a hall has at most {MAX_SEATS} seats")
            return
        if max(self.y, len(drawing)) >= MAX_COORDINATE:
            self.fault(number, start, "the hall is too large")
            return
        for character in sorted(set(drawing) - set(self.seat_types) - {" "}):
            message = f"unknown seat character {character!r}, define it with a `seat` line"
            self.fault(number, line.index(character, start), message)
        # Leaves room for two of the `~` that `_guid_prefixes` appends.
        if (
            len(name) > MAX_LENGTHS["row"]
            or len(f"{self.zone}-{name or self.y}-{seats}~~") > MAX_LENGTHS["guid"]
        ):
            self.fault(number, 0, "the names of the zone and of the row are too long")
        first = self.row_lines.setdefault((self.zone, name), number) if name else number
        if first != number:
            self.fault(number, 0, f"row {name} is used twice in its zone, first in line {first}")
        if not self.faults.count:
            types = [(x, self.seat_types[char]) for x, char in enumerate(drawing, start=1) if char != " "]
            halves = _halves(types)
            for index, (x, seat_type) in enumerate(types):
                if self.strict and seat_type.pair and index not in halves:
                    character = drawing[x - 1]
                    message = f"draw {character!r} two by two, because each one is half of a pair"
                    self.fault(number, line.index(character, start), message)
                    break
            self.rows.append(Row(number, self.zone, name, self.y, types, self.numbers))

    def _guid_prefixes(self) -> dict[int, str]:
        """The beginning of the guids of each row, by its line: its zone and its name, or else its place.

        They are the same in a later version of the plan, so that a re-layout finds the seats. Rows with names
        get theirs first, because the place of a row without a name changes more often.
        """
        prefixes: dict[int, str] = {}
        used: set[str] = set()
        for row in sorted(self.rows, key=lambda row: not row.name):
            prefix = f"{row.zone}-{row.name or row.y}".removeprefix("-")
            while prefix in used:
                prefix += "~"
            used.add(prefix)
            prefixes[row.line] = prefix
        return prefixes

    def _seats(self, row: Row, guid_prefix: str) -> list[dict[str, Any]]:
        names = row.numbers.names(len(row.seats))
        halves = _halves(row.seats)
        return [
            {
                "seat_guid": f"{guid_prefix}-{index}",
                "seat_number": name,
                "position": {"x": x, "y": 0},
                "category": seat_type.category,
                "accessible": seat_type.accessible,
                "companion": seat_type.companion,
                "pair": f"{guid_prefix}-{halves[index - 1] + 1}" if index - 1 in halves else None,
            }
            for index, ((x, seat_type), name) in enumerate(zip(row.seats, names, strict=True), start=1)
        ]


def _halves(seats: list[tuple[int, SeatType]]) -> dict[int, int]:
    """The index of the other half, by the index of each half of a pair in a row."""
    halves: dict[int, int] = {}
    for index, ((x, one), (next_x, other)) in enumerate(pairwise(seats)):
        if one.pair and one == other and next_x == x + 1 and index not in halves:
            halves[index], halves[index + 1] = index + 1, index
    return halves
