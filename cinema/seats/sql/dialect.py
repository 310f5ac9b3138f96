"""What the databases say differently in the plain SQL of the sale and of the seat map, and how it is read."""

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from django.db import connection

# "Has begun" and "has lapsed" are judged by the database's clock, in UTC: one clock for all nodes. It is that
# of the statement, with its fractions of a second, as Django's `Now()` has it.
NOW = {
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')",
    "postgresql": "STATEMENT_TIMESTAMP()",
}[connection.vendor]

# How long it is until a time, in seconds.
SECONDS_UNTIL = {
    "sqlite": "(JULIANDAY({}) - JULIANDAY('NOW')) * 86400",
    "postgresql": "CAST(EXTRACT(EPOCH FROM {} - STATEMENT_TIMESTAMP()) AS double precision)",
}[connection.vendor]

# Puts the texts of several rows together, in the order in which they come.
CONCAT_ROWS = {"sqlite": "GROUP_CONCAT({}, '')", "postgresql": "STRING_AGG({}, '')"}[connection.vendor]

# Which seats are a show's. PostgreSQL is told so twice: then it takes them for few, whatever the hall. Else it
# reckons by the hall: plans anew for each that is smaller than most, and sorts what the index has in order.
SEATS_OF_SHOW = {
    "sqlite": "show_id = %(show)s",
    "postgresql": "show_id = %(show)s AND show_id BETWEEN %(show)s AND %(show)s",
}[connection.vendor]

# Around the fetching of many rows. SQLite's driver lets other threads go on at each of them: two threads that
# fetch at the same time would take turns row by row, which costs them several times the reading.
_many_rows: AbstractContextManager[object] = Lock() if connection.vendor == "sqlite" else nullcontext()


def read(statement: str, values: Any) -> list[Any]:
    """All rows that it finds, as tuples. For one row there is `prepared.one`."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # In binary: to make text of numbers, and numbers of text, costs both sides more.
            cursor.cursor.format = 1
        cursor.execute(statement, values)
        with _many_rows:
            return cursor.fetchall()


def utc(moment: datetime) -> datetime:
    """A time as raw SQL gives it: SQLite's are in UTC, and don't say so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
