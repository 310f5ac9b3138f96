"""The labels of the seats of a seating plan: what is printed on the seat and on the ticket. Pure Python."""

import re
from collections import Counter
from collections.abc import Sequence

from cinema.seats.halls.geometry import Place

MAX_LABEL_LENGTH = 200
# A prefix leaves room for the number of the seat, which may be appended more than once.
MAX_PREFIXED_LENGTH = 176


def seat_label(row_names: Sequence[str], number: str, template: str) -> str:
    """Makes the label of a seat from the names of its row and its number, such as `C7`.

    The first of `row_names` is put in front, unless the number already begins with one of them. Row 1, seat 12
    is labeled `1-12`, because `112` could be row 11, seat 2. `template` is a text with `%s` for the number.
    """
    name = template.replace("%s", number) if template else number
    if not row_names or any(_begins_with(name, row_name) for row_name in row_names):
        return name
    if template and name != number:
        return f"{row_names[0]}, {name}"
    separator = "-" if row_names[0][-1:].isdigit() and name[:1].isdigit() else ""
    return f"{row_names[0]}{separator}{name}"


def seat_column(row_names: Sequence[str], number: str) -> int | None:
    """Returns the number of a seat within its row, or None if it has no such number.

    In row A, both `7` and `A7` are 7.
    """
    for row_name in row_names:
        if _begins_with(number, row_name):
            number = number.removeprefix(row_name).lstrip(" -./")
            break
    return int(number) if re.fullmatch(r"[0-9]{1,6}", number, re.ASCII) else None


def _begins_with(number: str, row_name: str) -> bool:
    """Tells whether a seat number begins with the name of its row.

    `A1` begins with the row `A`. `12` does not begin with the row `1`, because 12 is one number.
    """
    rest = number.removeprefix(row_name)
    if not row_name or not rest or rest == number:
        return False
    last, first = row_name[-1], rest[0]
    return not (last.isdigit() and first.isdigit()) and not (last.isalpha() and first.isalpha())


def make_labels_unique(seats: list[tuple[str, Place]]) -> list[Place]:
    """Makes the labels of a hall unique. Each seat is given with the name of its zone.

    Seats whose label repeats get the name of their zone in front. Labels that still repeat get the number of
    the seat appended. All other labels stay.
    """
    counts = Counter(place.label for _, place in seats)
    places = [
        place if counts[place.label] == 1 else place._replace(label=_with_zone(zone, place.label))
        for zone, place in seats
    ]
    counts = Counter(place.label for place in places)
    used = {label for label, count in counts.items() if count == 1}
    for index, place in enumerate(places):
        if counts[place.label] > 1:
            label = f"{place.label} ({place.number})"
            while label in used:
                label += f" ({place.number})"
            places[index] = place._replace(label=label)
    return places


def _with_zone(zone: str, label: str) -> str:
    return f"{zone} {label}".strip()[:MAX_PREFIXED_LENGTH]
