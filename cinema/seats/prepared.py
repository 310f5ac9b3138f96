"""One row of a statement that is asked time and again: PostgreSQL prepares it once, and no cursor is between.

libpq is PostgreSQL's own client, beneath psycopg. It does such a statement in a quarter of the time that
Django's cursor around psycopg's takes, and a booking or an unchanged map is little else. Who is to know of
statements still does: where there is a transaction, or a log, or anything else around them, a cursor does it.

See https://www.psycopg.org/psycopg3/docs/api/pq.html
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result

# By connection, what it has prepared: the name of each statement.
_names: WeakKeyDictionary[psycopg.Connection[Any], dict[str, bytes]] = WeakKeyDictionary()
_numbers = count()


def one(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The row that it finds, of at most one; None where there is none.

    It names its values as Django does, `%(show)s`; of what type each is, PostgreSQL sees from where it stands.
    Raises Django's database errors, as a cursor does.
    """
    connection.ensure_connection()
    if connection.vendor == "postgresql" and not _needs_a_cursor():
        return _by_libpq(statement, values)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def _needs_a_cursor() -> bool:
    """Whether Django or psycopg has to do something before or after a statement, or a pooler is between."""
    driver = connection.connection
    in_transaction, with_pooler = not driver.autocommit, driver.prepare_threshold is None
    return in_transaction or with_pooler or connection.queries_logged or bool(connection.execute_wrappers)


def _by_libpq(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    driver = connection.connection
    adapter = Transformer(driver)
    with connection.wrap_database_errors:
        sent = adapter.dump_sequence(tuple(values.values()), [PyFormat.TEXT] * len(values))
        try:
            result = _ask(driver, statement, values, sent)
        except InvalidSqlStatementName:
            # After a rollback psycopg has PostgreSQL forget all that was prepared, by whomever.
            del _names[driver]
            result = _ask(driver, statement, values, sent)
        adapter.set_pgresult(result)
        return adapter.load_row(0, tuple) if result.ntuples else None


def _ask(driver: Any, statement: str, names: Iterable[str], sent: Sequence[Any]) -> pq.abc.PGresult:
    libpq, prepared = driver.pgconn, _names.setdefault(driver, {})
    if statement not in prepared:
        numbered = statement % {name: f"${number}" for number, name in enumerate(names, 1)}
        fresh = f"cinema_{next(_numbers)}".encode()
        _checked(libpq, libpq.prepare(fresh, numbered.encode()))
        prepared[statement] = fresh
    return _checked(libpq, libpq.exec_prepared(prepared[statement], sent, None, pq.Format.BINARY))


def _checked(libpq: pq.abc.PGconn, result: pq.abc.PGresult) -> pq.abc.PGresult:
    if result.status in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
        return result
    if libpq.status == pq.ConnStatus.BAD:
        raise psycopg.OperationalError(result.get_error_message())
    raise error_from_result(result)
