"""Inserts a show's seats with one statement, in order, so that its seat map reads few pages."""

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
NUMBER, ROW, COLUMN, LABEL, X, Y, CATEGORY, ACCESSIBLE, GUID, COLOR, LINE, COMPANION, PAIR, SIZE = (
    JSON_ITEM.format(index) for index in range(14)
)
# The statement gets runs of adjacent seats and generates the seats of each run, because most of a hall is rows
# of equal seats.
INSERT_RUNS = f"""
INSERT INTO seats_seat
  (show_id, number, "row", "column", label, x, y, category, accessible, guid, color, line, companion,
   pair, changes)
WITH run (number, "row", "column", label, x, y, category, accessible, guid, color, line,
          companion, pair, size) AS MATERIALIZED (
{{runs}})
SELECT %s, number + step, "row", "column" + step,
       CASE WHEN step = 0 THEN label ELSE "row" || CAST("column" + step AS varchar) END,
       x + step, y, category, accessible, guid, color, line, companion,
       NULLIF(pair, 0), CASE WHEN number + step = 1 THEN %s ELSE 1 END
FROM run CROSS JOIN {STEPS}
WHERE step < size"""  # noqa: S608 - put in are constants of the code's own
INSERT_SEATS = INSERT_RUNS.format(
    runs=f"""
SELECT CAST({NUMBER} AS integer), {ROW}, CAST({COLUMN} AS integer), {LABEL}, CAST({X} AS double precision),
       CAST({Y} AS double precision), {CATEGORY}, CAST({ACCESSIBLE} AS boolean), {GUID}, {COLOR},
       CAST({LINE} AS integer), CAST({COMPANION} AS boolean), CAST({PAIR} AS integer),
       CAST({SIZE} AS integer)
FROM {JSON_ROWS.format("%s")}"""  # noqa: S608
)
# ON CONFLICT costs PostgreSQL half as much again, so new shows do without it. It names the numbers, because a
# seat must not be left out when its label is in use.
INSERT_MISSING_SEATS = f"{INSERT_SEATS} ON CONFLICT (show_id, number) DO NOTHING"
# Most screens have no plan. For them, this condition saves a query.
UNLESS_SCREEN_HAS_PLAN = "AND NOT EXISTS (SELECT 1 FROM seats_seatingplan WHERE screen_name = %s)"


def insert_seats(show_id: int, runs: Iterable[Run], *, show_is_new: bool = False) -> None:
    """Inserts these seats; rows that exist stay unchanged.

    `show_is_new` means that this transaction created the show, so that no row can exist.
    """
    _run(INSERT_SEATS if show_is_new else INSERT_MISSING_SEATS, _in_json(runs), show_id, clock())


def insert_new_hall(show_id: int, screen_name: str, total: int) -> bool:
    """Inserts the default hall of a new show, unless its screen has a plan. Returns whether it did."""
    statement, values = _new_hall(total)
    return _run(statement, *values, show_id, clock(), screen_name) > 0


# The same size as the cache of `hall`.
@lru_cache(maxsize=16)
def _new_hall(total: int) -> tuple[str, list[str]]:
    """The statement that inserts a default hall, and its first values.

    For SQLite the hall is part of the statement, because a connection caches parsed statements. It would parse
    JSON again for each show.
    """
    runs = hall(total)
    if connection.vendor == "sqlite":
        # Tuples of numbers and plain strings look the same in SQL and in Python.
        rows = ", ".join(str(_values(run)) for run in runs)
        statement, values = INSERT_RUNS.format(runs=f"VALUES {rows}"), []
    else:
        statement, values = INSERT_SEATS, [_in_json(runs)]
    return f"{statement} {UNLESS_SCREEN_HAS_PLAN}", values


def _in_json(runs: Iterable[Run]) -> str:
    return to_json([_values(run) for run in runs]).decode()


def _values(run: Run) -> tuple[Any, ...]:
    """The columns of the first seat, without its state, and the size of the run."""
    *columns, pair, _blocked = run.first
    # Not None, because that is no SQL.
    return (*columns, pair or 0, run.size)


def clock() -> int:
    """The clock in microseconds: the first `changes` of seat 1, and the least version after a load or restore.

    A version grows by 2 with each write, so no version is ahead of the clock. If a show is deleted and created
    again under the same id, its version therefore continues above the old one.
    """
    return time.time_ns() // 1000


def _run(statement: str, *values: Any) -> int:
    """Returns the number of inserted seats."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount
