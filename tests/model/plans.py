"""The seating plans of the halls, and how staff import them."""

import io
import tempfile

from django.core.management import call_command

from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text

PLANS = {
    "two rows": "A | ...\nB | ...",
    "an aisle": "A | .. ..\nC | ...",
    "other rows": "seat v: VIP #c9a227\nC | vv.\nB | #...",
    "sofas": "seat s: Sofa pair\nseat c: Standard companion\nA | ssss\nB | .#c",
}


def import_plan(name: str, screen: str, *, relayout: bool = False) -> dict[str, str | None]:
    """Imports the plan of this name. Returns the labels of its seats in their order, each with the label of the
    other half if it is half of a sofa."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(PLANS[name])
        file.flush()
        call_command(
            "import_plan", file.name, screen=screen, relayout=relayout, verbosity=0, stdout=io.StringIO()
        )
    by_number = {place.number: place for place in places(read_text(PLANS[name]))}
    return {place.label: place.pair and by_number[place.pair].label for place in by_number.values()}
