"""One row of a statement that is asked time and again: PostgreSQL prepares it once, and no cursor is between.

libpq is PostgreSQL's own client, beneath psycopg. It does such a statement in a quarter of the time that
Django's cursor around psycopg's takes, and a booking or an unchanged map is little else. Who is to know of
statements still does: where there is a transaction, or a log, or anything else around them, a cursor does it.

See https://www.psycopg.org/psycopg3/docs/api/pq.html
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import abc, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result


class _Prepared(NamedTuple):
    """What a connection keeps from one statement to the next: their names, and how values are sent and read."""

    names: dict[str, bytes]
    adapter: abc.Transformer


_prepared: WeakKeyDictionary[psycopg.Connection[Any], _Prepared] = WeakKeyDictionary()
_numbers = count()


def one(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The row that it finds, of at most one; None where there is none.

    It names its values as Django does, `%(show)s`; of what type each is, PostgreSQL sees from where it stands.
    Raises Django's database errors, as a cursor does.
    """
    # This thread's own, instead of `connection`, which looks for it anew at each mention.
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    if database.vendor == "postgresql" and not _needs_a_cursor(database):
        with database.wrap_database_errors:
            return _by_libpq(database.connection, statement, values)
    with database.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def _needs_a_cursor(database: BaseDatabaseWrapper) -> bool:
    """Whether Django or psycopg has to do something before or after a statement, or a pooler is between."""
    driver: Any = database.connection
    in_transaction, with_pooler = not driver.autocommit, driver.prepare_threshold is None
    return in_transaction or with_pooler or database.queries_logged or bool(database.execute_wrappers)


def _by_libpq(driver: Any, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    prepared = _prepared.get(driver)
    if prepared is None:
        # Given the connection itself, the adapter would keep it from being let go when it is closed.
        prepared = _prepared[driver] = _Prepared({}, Transformer(driver.adapters))
    names, adapter = prepared
    sent = adapter.dump_sequence(tuple(values.values()), [PyFormat.TEXT] * len(values))
    try:
        result = _ask(driver.pgconn, names, statement, values, sent)
    except InvalidSqlStatementName:
        # After a rollback psycopg has PostgreSQL forget all that was prepared, by whomever.
        names.clear()
        result = _ask(driver.pgconn, names, statement, values, sent)
    adapter.set_pgresult(result)
    return adapter.load_row(0, tuple) if result.ntuples else None


def _ask(
    libpq: pq.abc.PGconn,
    names: dict[str, bytes],
    statement: str,
    value_names: Iterable[str],
    sent: Sequence[Any],
) -> pq.abc.PGresult:
    if statement not in names:
        numbered = statement % {name: f"${number}" for number, name in enumerate(value_names, 1)}
        fresh = f"cinema_{next(_numbers)}".encode()
        _checked(libpq, libpq.prepare(fresh, numbered.encode()))
        names[statement] = fresh
    return _checked(libpq, libpq.exec_prepared(names[statement], sent, None, pq.Format.BINARY))


def _checked(libpq: pq.abc.PGconn, result: pq.abc.PGresult) -> pq.abc.PGresult:
    if result.status in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
        return result
    if libpq.status == pq.ConnStatus.BAD:
        raise psycopg.OperationalError(result.get_error_message())
    raise error_from_result(result)
