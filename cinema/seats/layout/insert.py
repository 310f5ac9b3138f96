"""Lays seats out: the one statement that inserts them."""

import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db import connection

from cinema.api.renderers import to_json
from cinema.seats.halls.geometry import Run, hall
from cinema.seats.sql.dialect import JSON_ITEM, JSON_ROWS

STEPS = {
    "sqlite": """(
WITH RECURSIVE steps(step) AS (
SELECT 0 UNION ALL SELECT step + 1 FROM steps WHERE step + 1 < (SELECT MAX(size) FROM run))
SELECT step FROM steps)""",
    "postgresql": "generate_series(0, size - 1) step",
}[connection.vendor]
NUMBER, ROW, COLUMN, LABEL, X, Y, CATEGORY, ACCESSIBLE, GUID, COLOR, LINE, SIZE = (
    JSON_ITEM.format(index) for index in range(12)
)
# One statement for any number of seats, in order, so that a show's seats lie together on disk and its map reads
# few pages. It is given runs of seats, and counts them out itself: most of a hall is rows of like seats.
LAY_OUT_RUNS = f"""
INSERT INTO seats_seat
  (show_id, number, "row", "column", label, x, y, category, accessible, guid, color, line, changes)
WITH run (number, "row", "column", label, x, y, category, accessible, guid, color, line, size) AS MATERIALIZED (
{{runs}})
SELECT %s, number + step, "row", "column" + step,
       CASE WHEN step = 0 THEN label ELSE "row" || CAST("column" + step AS varchar) END,
       x + step, y, category, accessible, guid, color, line, CASE WHEN number + step = 1 THEN %s ELSE 1 END
FROM run CROSS JOIN {STEPS}
WHERE step < size"""  # noqa: S608 - put in are constants of the code's own
LAY_OUT = LAY_OUT_RUNS.format(
    runs=f"""
SELECT CAST({NUMBER} AS integer), {ROW}, CAST({COLUMN} AS integer), {LABEL}, CAST({X} AS double precision),
       CAST({Y} AS double precision), {CATEGORY}, CAST({ACCESSIBLE} AS boolean), {GUID}, {COLOR},
       CAST({LINE} AS integer), CAST({SIZE} AS integer)
FROM {JSON_ROWS.format("%s")}"""  # noqa: S608
)
# Costs PostgreSQL half as much again.
LAY_OUT_MISSING = f"{LAY_OUT} ON CONFLICT DO NOTHING"
# Most screens have no plan of their own. For them this is all that there is to do, and to look up.
UNLESS_PLANNED = "AND NOT EXISTS (SELECT 1 FROM seats_seatingplan WHERE screen_name = %s)"


def insert_seats(show_id: int, runs: Iterable[Run], *, show_is_new: bool = False) -> None:
    """Adds these seats to the show's; a seat number that is there already stays as it is.

    A show that this transaction has made (`show_is_new`) has none yet: there is nothing to look out for.
    """
    _run(LAY_OUT if show_is_new else LAY_OUT_MISSING, _in_json(runs), show_id, _clock())


def insert_new_hall(show_id: int, screen_name: str, total: int) -> bool:
    """Gives a show that this transaction has made a new hall, if its screen has no plan; answers whether."""
    statement, values = _new_hall(total)
    return _run(statement, *values, show_id, _clock(), screen_name) > 0


# As many as `hall` keeps.
@lru_cache(maxsize=16)
def _new_hall(total: int) -> tuple[str, list[str]]:
    """The statement that lays a new hall out, and its first values.

    In SQLite the hall is written out in it, for a connection keeps the statements that it has read; JSON it
    would read anew for each show.
    """
    runs = hall(total)
    if connection.vendor == "sqlite":
        # A tuple of numbers and plain words is written in SQL as in Python.
        written = ", ".join(str((*first, size)) for first, size in runs)
        statement, values = LAY_OUT_RUNS.format(runs=f"VALUES {written}"), []
    else:
        statement, values = LAY_OUT, [_in_json(runs)]
    return f"{statement} {UNLESS_PLANNED}", values


def _in_json(runs: Iterable[Run]) -> str:
    return to_json([(*first, size) for first, size in runs]).decode()


def _clock() -> int:
    """Seat 1 starts to count its changes at the clock (microseconds), so that a show that is deleted
    and laid out anew, under the same id, never shows a version of the map that it has shown before."""
    return time.time_ns() // 1000


def _run(statement: str, *values: Any) -> int:
    """Answers how many seats were added."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount
