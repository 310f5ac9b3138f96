"""A short text form of a seating plan, for halls that are quickly drawn by hand.

```
name: Studio
seat v: VIP #c9a227
seat w: Standard #4a6fa5 accessible

A | .... ....
B | .... ....
C | ww.. vvvv
```

A row has its name, a bar, and one character a seat: `.` is a standard seat, `#` an accessible one, and a letter
a kind that a `seat` line describes (category, colour, `accessible`). A space is a gap as wide as a seat:
an aisle. An empty line between rows is a gap as deep as a row. Seats are numbered from the left. A line
`zone: Balcony` begins another part of the hall, whose rows may have the names of the first one's.
"""

import re
from typing import Any

from cinema.seats.halls.geometry import STANDARD_COLOR
from cinema.seats.halls.plan_json import MAX_FAULTS, PlanError, places
from cinema.shows.limits import MAX_SEATS

KIND = re.compile(
    r"seat (?P<sign>[^\s|]): (?P<name>.+?)(?: (?P<color>#[0-9a-fA-F]{3,8}))?(?P<accessible> accessible)?"
)
ROW = re.compile(r"(?P<name>[^|]*)\|(?P<seats>.*)")


def read_text(text: str) -> dict[str, Any]:
    """The plan that a text draws. Raises `PlanError` with the line of each fault."""
    if not text.strip():
        raise PlanError(["there is nothing in it"])
    plan: dict[str, Any] = {"name": "Hall", "zones": []}
    kinds = {".": ("Standard", STANDARD_COLOR, False), "#": ("Standard", STANDARD_COLOR, True)}
    faults = []
    zone = ""
    names: set[str] = set()  # Of the rows of this part of the hall.
    drawn = 0
    y = 0
    for number, line in enumerate(map(str.rstrip, text.splitlines()), start=1):
        if line.startswith("name:"):
            plan["name"] = line.removeprefix("name:").strip()
        elif line.startswith("zone:"):
            zone = line.removeprefix("zone:").strip()
        elif kind := KIND.fullmatch(line):
            kinds[kind["sign"]] = (kind["name"], kind["color"] or STANDARD_COLOR, bool(kind["accessible"]))
        elif row := ROW.fullmatch(line):
            y += 1
            seats = row["seats"].expandtabs(4).removeprefix(" ")
            drawn += len(seats) - seats.count(" ")
            if drawn > MAX_SEATS:
                raise PlanError([f"line {number}: a hall has at most {MAX_SEATS} seats"])
            unknown = sorted(set(seats) - set(kinds) - {" "})
            faults += [f"line {number}: there is no kind of seat {sign!r}" for sign in unknown]
            if not plan["zones"] or plan["zones"][-1]["name"] != zone:
                plan["zones"].append({"name": zone, "position": {"x": 0, "y": 0}, "rows": []})
                names = set()
            name = row["name"].strip()
            if name and name in names:
                faults.append(f"line {number}: there is a row {name} already")
            elif not unknown:
                names.add(name)
                plan["zones"][-1]["rows"].append(_row(zone, name, y, seats, kinds))
        elif line:
            faults.append(f"line {number}: not one of `name:`, `zone:`, `seat x:`, or a row such as `A | ....`")
        elif y:
            y += 1
    if faults:
        raise PlanError(faults[:MAX_FAULTS])
    colors = {name: color for name, color, _ in kinds.values()}
    plan["categories"] = [{"name": name, "color": color} for name, color in colors.items()]
    places(plan)
    return plan


def _row(zone: str, name: str, y: int, seats: str, kinds: dict[str, tuple[str, str, bool]]) -> dict[str, Any]:
    signs = [(x, sign) for x, sign in enumerate(seats, start=1) if sign != " "]
    return {
        "row_number": name,
        "position": {"x": 0, "y": y},
        "seats": [
            {
                "seat_guid": f"{zone}-{name or y}-{number}".removeprefix("-"),
                "seat_number": str(number),
                "position": {"x": x, "y": 0},
                "category": kinds[sign][0],
                "accessible": kinds[sign][2],
            }
            for number, (x, sign) in enumerate(signs, start=1)
        ],
    }
