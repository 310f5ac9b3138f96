"""What the databases say differently in the plain SQL of the sale and of the seat map."""

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from threading import Lock

from django.db import connection
from django.db.backends.utils import CursorWrapper

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
TOGETHER = {"sqlite": "GROUP_CONCAT({}, '')", "postgresql": "STRING_AGG({}, '')"}[connection.vendor]

# Around the reading of many rows. SQLite's driver lets other threads go on at each of them: two threads that
# read at the same time would take turns row by row, which costs them several times the reading.
MANY_ROWS: AbstractContextManager[object] = Lock() if connection.vendor == "sqlite" else nullcontext()


def in_binary(cursor: CursorWrapper) -> None:
    """Has the rows come as they are, where there is another way: numbers as text cost both sides more."""
    if connection.vendor == "postgresql":
        cursor.cursor.format = 1


def utc(moment: datetime) -> datetime:
    """A time as raw SQL gives it: SQLite's are in UTC, and don't say so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
