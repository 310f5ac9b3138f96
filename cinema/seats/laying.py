"""Lays seats out: the one statement that inserts them."""

import json
import time
from collections.abc import Iterable

from django.db import connection

from .layout import Place

# One statement for any number of seats, ordered, so that a show's seats lie together on disk and
# its map reads few pages. Only how an array of JSON arrays is opened differs between databases.
ROWS = {"sqlite": "json_each(%s)", "postgresql": "json_array_elements(%s::json)"}[connection.vendor]
ITEM = {"sqlite": "json_extract(value, '$[{}]')", "postgresql": "value ->> {}"}[connection.vendor]
NUMBER, ROW, COLUMN, LABEL, X, Y, CATEGORY, ACCESSIBLE, GUID, COLOR, LINE = (
    ITEM.format(index) for index in range(11)
)
LAY_OUT = f"""
INSERT INTO seats_seat
  (show_id, number, "row", "column", label, x, y, category, accessible, guid, color, line, changes)
SELECT %s, CAST({NUMBER} AS integer), {ROW}, CAST({COLUMN} AS integer), {LABEL},
       CAST({X} AS double precision), CAST({Y} AS double precision), {CATEGORY},
       CAST({ACCESSIBLE} AS boolean), {GUID}, {COLOR}, CAST({LINE} AS integer),
       CASE WHEN CAST({NUMBER} AS integer) = 1 THEN %s ELSE 1 END
FROM {ROWS}
WHERE TRUE
ON CONFLICT DO NOTHING"""  # noqa: S608 - put in are constants of the code's own


def lay_out(show_id: int, places: Iterable[Place]) -> None:
    """Adds these places to the show's seats; a seat number that is there already stays as it is.

    Seat 1 starts to count its changes at the clock (microseconds), so that a show that is deleted
    and laid out anew, under the same id, never shows a version of the map that it has shown before.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAY_OUT, [show_id, time.time_ns() // 1000, json.dumps(list(places))])
