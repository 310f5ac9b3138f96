"""Lays seats out: the one statement that inserts them."""

import time
from collections.abc import Iterable

from django.db import connection

from cinema.rendering import to_json

from .layout import Run

# Only how an array of JSON arrays is opened, and how one counts, differs between databases.
RUNS = {"sqlite": "json_each(%s)", "postgresql": "jsonb_array_elements(%s::jsonb)"}[connection.vendor]
ITEM = {"sqlite": "json_extract(value, '$[{}]')", "postgresql": "value ->> {}"}[connection.vendor]
STEPS = {
    "sqlite": """(
WITH RECURSIVE steps(step) AS (
SELECT 0 UNION ALL SELECT step + 1 FROM steps WHERE step + 1 < (SELECT MAX(size) FROM run))
SELECT step FROM steps)""",
    "postgresql": "generate_series(0, size - 1) step",
}[connection.vendor]
NUMBER, ROW, COLUMN, LABEL, X, Y, CATEGORY, ACCESSIBLE, GUID, COLOR, LINE, SIZE = (
    ITEM.format(index) for index in range(12)
)
# One statement for any number of seats, in order, so that a show's seats lie together on disk and its map reads
# few pages. It is given runs of seats, and counts them out itself: most of a hall is rows of like seats.
LAY_OUT = f"""
INSERT INTO seats_seat
  (show_id, number, "row", "column", label, x, y, category, accessible, guid, color, line, changes)
WITH run AS MATERIALIZED (
SELECT CAST({NUMBER} AS integer) AS number, {ROW} AS "row", CAST({COLUMN} AS integer) AS "column",
       {LABEL} AS label, CAST({X} AS double precision) AS x, CAST({Y} AS double precision) AS y,
       {CATEGORY} AS category, CAST({ACCESSIBLE} AS boolean) AS accessible, {GUID} AS guid, {COLOR} AS color,
       CAST({LINE} AS integer) AS line, CAST({SIZE} AS integer) AS size
FROM {RUNS})
SELECT %s, number + step, "row", "column" + step,
       CASE WHEN step = 0 THEN label ELSE "row" || CAST("column" + step AS varchar) END,
       x + step, y, category, accessible, guid, color, line, CASE WHEN number + step = 1 THEN %s ELSE 1 END
FROM run CROSS JOIN {STEPS}
WHERE step < size"""  # noqa: S608 - put in are constants of the code's own
# Costs PostgreSQL half as much again.
LAY_OUT_MISSING = f"{LAY_OUT} ON CONFLICT DO NOTHING"
# Most screens have no plan of their own. For them this is all that there is to do, and to look up.
LAY_OUT_UNPLANNED = f"""{LAY_OUT}
  AND NOT EXISTS (SELECT 1 FROM seats_seatingplan WHERE screen_name = %s)"""  # noqa: S608


def lay_out(show_id: int, runs: Iterable[Run], *, show_is_new: bool = False) -> None:
    """Adds these seats to the show's; a seat number that is there already stays as it is.

    A show that this transaction has made (`show_is_new`) has none yet: there is nothing to look out for.
    """
    _run(LAY_OUT if show_is_new else LAY_OUT_MISSING, show_id, runs)


def lay_out_unplanned(show_id: int, screen_name: str, runs: Iterable[Run]) -> bool:
    """Gives a show that this transaction has made these seats, if its screen has no plan; answers whether."""
    return _run(LAY_OUT_UNPLANNED, show_id, runs, screen_name) > 0


def _run(statement: str, show_id: int, runs: Iterable[Run], *more: str) -> int:
    """Answers how many seats were added.

    Seat 1 starts to count its changes at the clock (microseconds), so that a show that is deleted
    and laid out anew, under the same id, never shows a version of the map that it has shown before.
    """
    values = to_json([[*first, size] for first, size in runs]).decode()
    with connection.cursor() as cursor:
        cursor.execute(statement, [values, show_id, time.time_ns() // 1000, *more])
        return cursor.rowcount
