"""Reads seating plans in a short text form, which is quick to write by hand.

```
name: Studio
seat v: VIP #c9a227
seat w: Standard #4a6fa5 accessible

A | .... ....
B | .... ....
C | ww.. vvvv
```

A row is its name, a bar, and one character for each seat. `.` is a standard seat, `#` an accessible one. A
`seat` line defines any other character: its category, its color, and `accessible`. A space is a gap as wide as
a seat, such as an aisle. An empty line between rows is a gap as deep as a row. Seats are numbered from the
left. A line `zone: Balcony` begins another zone. Row names need to be unique only within their zone.
"""

import re
from typing import Any

from cinema.seats.halls.geometry import STANDARD_COLOR
from cinema.seats.halls.plan_json import MAX_FAULTS, PlanError, places
from cinema.shows.limits import MAX_SEATS

SEAT_TYPE = re.compile(
    r"seat (?P<character>[^\s|]): (?P<category>.+?)"
    r"(?: (?P<color>#[0-9a-fA-F]{3,8}))?(?P<accessible> accessible)?"
)
ROW = re.compile(r"(?P<name>[^|]*)\|(?P<seats>.*)")

# Category, color and whether accessible, by the character that draws such a seat.
SeatTypes = dict[str, tuple[str, str, bool]]


def read_text(text: str) -> dict[str, Any]:
    """Parses a plan into the form of `plan_json`. Raises `PlanError` with the line number of each fault."""
    if not text.strip():
        raise PlanError(["the plan is empty"])
    plan: dict[str, Any] = {"name": "Hall", "zones": []}
    seat_types: SeatTypes = {".": ("Standard", STANDARD_COLOR, False), "#": ("Standard", STANDARD_COLOR, True)}
    faults = []
    zone = ""
    row_names: set[str] = set()  # Of the current zone.
    seat_count = 0
    y = 0
    for number, line in enumerate(map(str.rstrip, text.splitlines()), start=1):
        if line.startswith("name:"):
            plan["name"] = line.removeprefix("name:").strip()
        elif line.startswith("zone:"):
            zone = line.removeprefix("zone:").strip()
        elif match := SEAT_TYPE.fullmatch(line):
            color = match["color"] or STANDARD_COLOR
            seat_types[match["character"]] = (match["category"], color, bool(match["accessible"]))
        elif match := ROW.fullmatch(line):
            y += 1
            drawing = match["seats"].expandtabs(4).removeprefix(" ")
            seat_count += len(drawing) - drawing.count(" ")
            if seat_count > MAX_SEATS:
                raise PlanError([f"line {number}: a hall has at most {MAX_SEATS} seats"])
            unknown = sorted(set(drawing) - set(seat_types) - {" "})
            faults += [
                f"line {number}: unknown seat character {character!r}, define it with a `seat` line"
                for character in unknown
            ]
            if not plan["zones"] or plan["zones"][-1]["name"] != zone:
                plan["zones"].append({"name": zone, "position": {"x": 0, "y": 0}, "rows": []})
                row_names = set()
            name = match["name"].strip()
            if name and name in row_names:
                faults.append(f"line {number}: row {name} is used twice in its zone")
            elif not unknown:
                row_names.add(name)
                plan["zones"][-1]["rows"].append(_row(zone, name, y, drawing, seat_types))
        elif line:
            faults.append(f"line {number}: expected `name:`, `zone:`, `seat x:`, or a row such as `A | ....`")
        elif y:
            y += 1
    if faults:
        raise PlanError(faults[:MAX_FAULTS])
    colors = {category: color for category, color, _ in seat_types.values()}
    plan["categories"] = [{"name": category, "color": color} for category, color in colors.items()]
    places(plan)
    return plan


def _row(zone: str, name: str, y: int, drawing: str, seat_types: SeatTypes) -> dict[str, Any]:
    seats = [(x, seat_types[character]) for x, character in enumerate(drawing, start=1) if character != " "]
    return {
        "row_number": name,
        "position": {"x": 0, "y": y},
        "seats": [
            {
                "seat_guid": f"{zone}-{name or y}-{number}".removeprefix("-"),
                "seat_number": str(number),
                "position": {"x": x, "y": 0},
                "category": category,
                "accessible": accessible,
            }
            for number, (x, (category, _, accessible)) in enumerate(seats, start=1)
        ],
    }
