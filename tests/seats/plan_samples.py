"""Seating plans for tests, as JSON and in the text form."""

import copy

from cinema.seats.models import Seat


def seat(guid, number, x, **more):
    return {
        "seat_guid": guid,
        "seat_number": number,
        "position": {"x": x, "y": 0},
        "category": "Stalls",
        "uuid": "5f7c",
        "radius": 10,
    } | more


# As pretix's editor writes it, with keys that `plan_json` ignores, and positions in zones, rows and seats.
PLAN = {
    "name": "Small hall",
    "size": {"width": 600, "height": 400},
    "categories": [{"name": "Stalls", "color": "#cc3333"}, {"name": "Balcony", "color": "#33cc33"}],
    "zones": [
        {
            "name": "Ground floor",
            "zone_id": "ground",
            "position": {"x": 100, "y": 50},
            "rows": [
                {
                    "row_number": "A",
                    "row_number_position": "both",
                    "position": {"x": 0, "y": 0},
                    "seats": [seat("a1", "1", 0), seat("a2", "2", 25), seat("a3", "3", 75)],
                },
                {
                    "row_number": "B",
                    "position": {"x": 12.5, "y": 30},
                    "seats": [seat("b1", "1", 0, category=""), seat("b2", "2", 25, accessible=True)],
                },
            ],
            "areas": [{"shape": "rectangle", "position": {"x": 0, "y": 0}}],
        },
        {
            "name": "Balcony",
            "position": {"x": 100, "y": 200},
            "rows": [{"row_number": "A", "seats": [seat("c1", "1", 0, category="Balcony")]}],
        },
    ],
}

TEXT = """name: Studio
seat v: VIP #c9a227
seat w: Standard #4a6fa5 accessible

A | .. ..
B | ww vv

zone: Balcony
A | #
"""


def rows(*described, **more):
    """A plan with one zone of rows such as `("A", [("guid", number, x), …], y)`; `more` is of the zone."""
    zone = {
        "name": "Main",
        "position": {"x": 0, "y": 0},
        "rows": [
            {
                "row_number": name,
                "position": {"x": 0, "y": y},
                "seats": [seat(guid, str(number), x, category="") for guid, number, x in seats],
            }
            for name, seats, y in described
        ],
    }
    return {"name": "Hall", "categories": [], "zones": [zone | more]}


def changed(path, value):
    """A copy of `PLAN` with `value` at a path such as `zones.0.rows.0`. None removes what is there."""
    plan = copy.deepcopy(PLAN)
    *parents, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    inner = plan
    for step in parents:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return plan


def guids(show):
    """The seat numbers of the show by guid."""
    return dict(Seat.objects.filter(show=show).order_by("number").values_list("guid", "number"))


def without(*removed):
    """A copy of `PLAN` without the seats of these guids."""
    plan = copy.deepcopy(PLAN)
    for zone in plan["zones"]:
        for row in zone["rows"]:
            row["seats"] = [s for s in row["seats"] if s["seat_guid"] not in removed]
    return plan
