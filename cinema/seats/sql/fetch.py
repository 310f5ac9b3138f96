"""Runs the plain SQL of the sale and the seat map: prepared once per connection on PostgreSQL, in binary.

psycopg's `RawCursor` costs a fraction of Django's cursor wrapper, and a booking or an unchanged seat map is
little else. Django's cursor is used where it is needed: on SQLite, when query logging or an execute wrapper is
active, and behind a pooler, where prepared statements do not survive.

See https://www.psycopg.org/psycopg3/docs/advanced/prepare.html
"""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from threading import Lock
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import RawCursor
from psycopg.errors import FeatureNotSupported
from psycopg.types.numeric import Int8

Row = tuple[Any, ...]
ON_POSTGRESQL = connection.vendor == "postgresql"

# SQLite's driver releases the GIL at every row. Two threads that fetch at once would switch row by row, which
# costs several times the reading.
_one_reader: AbstractContextManager[object] = nullcontext() if ON_POSTGRESQL else Lock()


def fetch_one(statement: str, values: Mapping[str, Any]) -> Row | None:
    """The first row, or None. `statement` names its values like `%(show)s`. Raises Django's database errors."""
    database = connections[DEFAULT_DB_ALIAS]
    if _needs_django_cursor(database):
        with database.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()
    with database.wrap_database_errors:
        return _run(database, statement, values).fetchone()


def fetch_all(statement: str, values: Mapping[str, Any]) -> list[Row]:
    """All rows. `statement` names its values like `%(show)s`. Raises Django's database errors."""
    database = connections[DEFAULT_DB_ALIAS]
    if _needs_django_cursor(database):
        with database.cursor() as cursor:
            cursor.execute(statement, values)
            with _one_reader:
                return cursor.fetchall()
    with database.wrap_database_errors:
        return _run(database, statement, values).fetchall()


def _needs_django_cursor(database: BaseDatabaseWrapper) -> bool:
    if not ON_POSTGRESQL or database.execute_wrappers or database.queries_logged:
        return True
    if database.connection is None:
        database.ensure_connection()
    return database.connection.prepare_threshold is None  # Behind a pooler.


def _run(database: BaseDatabaseWrapper, statement: str, values: Mapping[str, Any]) -> RawCursor[Row]:
    if database.in_atomic_block:
        database.validate_no_broken_transaction()
    numbered, names = _numbered(statement)
    # psycopg chooses the smallest integer type for each value. One type keeps one prepared statement.
    arguments = [Int8(value) if type(value) is int else value for value in map(values.__getitem__, names)]
    try:
        return RawCursor(database.connection).execute(numbered, arguments, prepare=True, binary=True)
    except FeatureNotSupported:
        # "cached plan must not change result type": a migration has altered a column. A transaction is lost by
        # now; the exception handler then closes the connection.
        if database.in_atomic_block:
            raise
        database.connection.execute("DEALLOCATE ALL")
        return RawCursor(database.connection).execute(numbered, arguments, prepare=True, binary=True)


@lru_cache(maxsize=256)
def _numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with `$1` for `%(first)s`, and the names in that order."""
    names = tuple(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    return (statement % {name: f"${number}" for number, name in enumerate(names, 1)}).encode(), names
