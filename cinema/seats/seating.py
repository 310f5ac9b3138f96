"""Gives a show the seats that its `total_seats` says: all of them, more of them, or fewer."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Max

from cinema.shows.exceptions import SeatsInUse
from cinema.shows.models import Show

from .layout import Place, hall, rows
from .models import A_CHANGE, Seat

# One statement for any number of seats, ordered, so that a show's seats lie together on disk and
# its map reads few pages. Only how an array of JSON arrays is opened differs between databases.
ROWS = {"sqlite": "json_each(%s)", "postgresql": "json_array_elements(%s::json)"}[connection.vendor]
ITEM = {"sqlite": "json_extract(value, '$[{}]')", "postgresql": "value ->> {}"}[connection.vendor]
NUMBER, ROW, COLUMN, LABEL, X, Y, CATEGORY, ACCESSIBLE = (ITEM.format(index) for index in range(8))
LAY_OUT = f"""
INSERT INTO seats_seat (show_id, number, "row", "column", label, x, y, category, accessible, changes)
SELECT %s, CAST({NUMBER} AS integer), {ROW}, CAST({COLUMN} AS integer), {LABEL},
       CAST({X} AS integer), CAST({Y} AS integer), {CATEGORY}, CAST({ACCESSIBLE} AS boolean),
       CASE WHEN CAST({NUMBER} AS integer) = 1 THEN %s ELSE 1 END
FROM {ROWS}
WHERE TRUE
ON CONFLICT DO NOTHING"""  # noqa: S608 - put in are constants of the code's own


def fit_seats(show: Show) -> None:
    """Makes the show's seats exactly 1 to `total_seats`.

    A show without seats is laid out; a greater total opens new rows at the back, so that no seat
    that exists changes its label; a smaller one removes the seats beyond it.

    Raises `SeatsInUse` if one of those is taken; then nothing is changed.
    """
    seats = Seat.objects.filter(show=show)
    fitting = {"count": show.total_seats, "last": show.total_seats}
    if seats.aggregate(count=Count("number"), last=Max("number")) == fitting:
        return
    with transaction.atomic():
        there = {seat.number: seat for seat in seats}
        if not there:
            lay_out(show.pk, hall(show.total_seats))
            return
        last = max(there)
        if last > show.total_seats:
            remove_beyond(show)
        missing = [number for number in range(1, show.total_seats + 1) if number not in there]
        if missing:
            lay_out(show.pk, _places_for(missing, there, show.total_seats))


def fit_seats_now(show_id: int) -> None:
    """`fit_seats` by the total that the show has now, and that nobody changes meanwhile."""
    with transaction.atomic():
        fit_seats(Show.objects.select_for_update(no_key=True).get(pk=show_id))


def _places_for(missing: list[int], there: dict[int, Seat], total: int) -> Iterator[Place]:
    """Lost seats come back where they stood, if those left tell where that was; all others, new ones
    among them, stand in new rows at the back."""
    stood = _hall_of(there, total) or _hall_of(there, max(there)) or {}
    yield from (stood[number] for number in missing if number in stood)
    others = [number for number in missing if number not in stood]
    if others:
        yield from rows(
            others,
            widest=max(seat.column for seat in there.values()),
            behind=max(seat.y for seat in there.values()),
            names_in_use={seat.row for seat in there.values()},
        )


def _hall_of(there: dict[int, Seat], total: int) -> dict[int, Place] | None:
    """The hall of so many seats, if the seats that are there stand where it has them."""
    places = {place.number: place for place in hall(total)}
    agree = set(there) <= set(places) and all(
        (seat.label, seat.x, seat.y) == (places[number].label, places[number].x, places[number].y)
        for number, seat in there.items()
    )
    return places if agree else None


def lay_out(show_id: int, places: Iterable[Place]) -> None:
    """Adds these places to the show's seats; a seat number that is there already stays as it is.

    Seat 1 starts to count its changes at the clock (milliseconds), so that a show that is deleted
    and laid out anew, under the same id, never shows a version of the map that it has shown before.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAY_OUT, [show_id, time.time_ns() // 1_000_000, json.dumps(list(places))])


def remove_beyond(show: Show) -> None:
    """Removes the seats above `total_seats`, if none is taken or held."""
    surplus = Seat.objects.filter(show=show).beyond(show.total_seats)
    # Locked, they can't be sold while we look; a sale under way is waited for and then seen.
    locked = surplus.with_held().select_for_update().order_by("number")
    seats: Any = list(locked.values_list("taken", "held", "changes"))
    if any(taken or held for taken, held, _ in seats):
        raise SeatsInUse()
    surplus.delete()
    # The map's version is the sum of `changes`: it must grow, although terms of it are gone.
    first = Seat.objects.filter(show=show, number=1)
    first.update(changes=F("changes") + sum(changes + A_CHANGE for _, _, changes in seats))
