"""Runs the plain SQL of the sale and the seat map: prepared once per connection on PostgreSQL, in binary.

The driver's own cursor costs a fraction of Django's cursor wrapper, which would be a large part of a booking or
of an unchanged seat map. Django's cursor runs where it is needed: when query logging or an execute wrapper is
active, and behind a pooler, where prepared statements do not survive.

See https://www.psycopg.org/psycopg3/docs/advanced/prepare.html
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from functools import lru_cache
from threading import Lock
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import RawCursor
from psycopg.errors import FeatureNotSupported
from psycopg.types.numeric import Int8

Row = tuple[Any, ...]
# A statement that names its values like `%(show)s`, and the values.
Statement = tuple[str, Mapping[str, Any]]
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
    # An open cursor of SQLite would keep its transaction open.
    with database.wrap_database_errors, closing(_run(database, statement, values)) as cursor:
        return cursor.fetchone()


def fetch_all(statement: str, values: Mapping[str, Any]) -> list[Row]:
    """All rows. `statement` names its values like `%(show)s`. Raises Django's database errors."""
    database = connections[DEFAULT_DB_ALIAS]
    if _needs_django_cursor(database):
        with database.cursor() as cursor:
            cursor.execute(statement, values)
            with _one_reader:
                return cursor.fetchall()
    with database.wrap_database_errors, closing(_run(database, statement, values)) as cursor, _one_reader:
        return cursor.fetchall()


def fetch_all_of_each(statements: Sequence[Statement]) -> list[list[Row]]:
    """Runs statements, each with its values, in one transaction of its own: all or none.

    On PostgreSQL, all go to the server together. Raises Django's database errors.
    """
    if len(statements) == 1:
        return [fetch_all(*statements[0])]
    database = connections[DEFAULT_DB_ALIAS]
    if not ON_POSTGRESQL or _needs_django_cursor(database):
        with transaction.atomic():
            return [fetch_all(*statement) for statement in statements]
    with database.wrap_database_errors:
        try:
            return _run_pipeline(database, statements)
        except FeatureNotSupported:  # See `_run`.
            database.connection.execute("DEALLOCATE ALL")
            return _run_pipeline(database, statements)


def _run_pipeline(database: BaseDatabaseWrapper, statements: Sequence[Statement]) -> list[list[Row]]:
    # Without BEGIN, the server commits at the end of the pipeline, and rolls all back after an error.
    with database.connection.pipeline():
        cursors = [_execute(database, *statement) for statement in statements]
    return [cursor.fetchall() for cursor in cursors]


def _needs_django_cursor(database: BaseDatabaseWrapper) -> bool:
    if database.execute_wrappers or database.queries_logged:
        return True
    if database.connection is None:
        database.ensure_connection()
    return ON_POSTGRESQL and database.connection.prepare_threshold is None  # Behind a pooler.


def _run(database: BaseDatabaseWrapper, statement: str, values: Mapping[str, Any]) -> Any:
    """The driver's cursor with the rows."""
    if database.in_atomic_block:
        database.validate_no_broken_transaction()
    try:
        return _execute(database, statement, values)
    except FeatureNotSupported:
        # "cached plan must not change result type": a migration has altered a column. A transaction is lost by
        # now; the exception handler then closes the connection.
        if database.in_atomic_block:
            raise
        database.connection.execute("DEALLOCATE ALL")
        return _execute(database, statement, values)


def _execute(database: BaseDatabaseWrapper, statement: str, values: Mapping[str, Any]) -> Any:
    if not ON_POSTGRESQL:
        return database.connection.execute(_named(statement), values)
    numbered, names = _numbered(statement)
    # psycopg chooses the smallest integer type for each value. One type keeps one prepared statement.
    arguments = [Int8(value) if type(value) is int else value for value in map(values.__getitem__, names)]
    return RawCursor(database.connection).execute(numbered, arguments, prepare=True, binary=True)


@lru_cache(maxsize=256)
def _numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with `$1` for `%(first)s`, and the names in that order."""
    names = tuple(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    return (statement % {name: f"${number}" for number, name in enumerate(names, 1)}).encode(), names


@lru_cache(maxsize=256)
def _named(statement: str) -> str:
    """The statement with `:show` for `%(show)s`."""
    return statement % {name: f":{name}" for name in re.findall(r"%\((\w+)\)s", statement)}
