"""Gives a show the seats that its `total_seats` says: all of them, more of them, or fewer."""

import json
from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import Count, F, Max

from cinema.shows.exceptions import SeatsInUse
from cinema.shows.models import Show

from .layout import Place, hall, rows
from .models import Seat

# One statement for any number of seats, ordered, so that a show's seats lie together on disk and
# its map reads few pages. Only the function that opens the JSON array differs between databases.
JSON_ROWS = {"sqlite": "json_each(%s)", "postgresql": "json_array_elements(%s::json)"}
LAY_OUT = """
INSERT INTO seats_seat (show_id, number, "row", "column", label, x, y, category, accessible)
SELECT %s,
       CAST(value ->> 0 AS integer), value ->> 1, CAST(value ->> 2 AS integer), value ->> 3,
       CAST(value ->> 4 AS integer), CAST(value ->> 5 AS integer), value ->> 6, CAST(value ->> 7 AS boolean)
FROM {json_rows}
WHERE TRUE
ON CONFLICT DO NOTHING
"""


def fit_seats(show: Show) -> None:
    """Makes the show's seats exactly 1 to `total_seats`.

    A show without seats is laid out; a greater total opens new rows at the back, so that no seat
    that exists changes its label; a smaller one removes the seats beyond it.

    Raises `SeatsInUse` if one of those is taken; then nothing is changed.
    """
    with transaction.atomic():
        there = Seat.objects.filter(show=show).aggregate(
            count=Count("number"), last=Max("number"), depth=Max("y"), width=Max("column")
        )
        if there["count"] == 0:
            lay_out(show.pk, hall(show.total_seats))
            return
        if there["last"] > show.total_seats:
            remove_beyond(show)
        elif there["last"] < show.total_seats:
            more = rows(
                show.total_seats - there["last"],
                widest=there["width"],
                first_number=there["last"] + 1,
                first_row=there["depth"],
            )
            lay_out(show.pk, more)
        if there["count"] < there["last"]:
            # Rows are missing in between; this fills the gaps and leaves what is there alone.
            lay_out(show.pk, hall(show.total_seats))


def lay_out(show_id: int, places: Iterable[Place]) -> None:
    """Adds these places to the show's seats; a seat number that is there already stays as it is."""
    statement = LAY_OUT.format(json_rows=JSON_ROWS[connection.vendor])
    with connection.cursor() as cursor:
        cursor.execute(statement, [show_id, json.dumps(list(places))])


def remove_beyond(show: Show) -> None:
    """Removes the seats above `total_seats`, if all are free."""
    surplus = Seat.objects.filter(show=show).beyond(show.total_seats)
    # Locked, they can't be sold while we look; a sale under way is waited for and then seen.
    seats = list(surplus.select_for_update().order_by("number").values_list("taken", "changes"))
    if any(taken for taken, _ in seats):
        raise SeatsInUse()
    surplus.delete()
    # The map's version is the sum of `changes`: it must grow, although terms of it are gone.
    first = Seat.objects.filter(show=show, number=1)
    first.update(changes=F("changes") + sum(changes for _, changes in seats) + 1)
