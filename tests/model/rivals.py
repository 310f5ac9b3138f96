"""One who acts between two statements of another, on a connection of their own; and what became of both."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from rest_framework.exceptions import APIException

# How often somebody who acts is asked whether they wait (seconds).
LOOK = 0.002


class Rival:
    """Acts when told to. Whoever is acted against goes on as soon as the rival is done, or waits for them."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._pid = self._thread.submit(_pid).result()
        self._looker = connection.copy()

    def close(self) -> None:
        self._thread.submit(lambda: connection.close()).result()
        self._thread.shutdown()
        self._looker.close()

    def begin(self, act: Callable[[], Any]) -> "Future[str]":
        begun = self._thread.submit(outcome, act)
        while not wait([begun], timeout=LOOK).done and not self._waits():
            pass
        return begun

    def _waits(self) -> bool:
        if self._pid is None:
            return False
        with self._looker.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self._pid])
            return cursor.fetchone()[0]


@contextmanager
def rival_at_hand():
    rival = Rival()
    try:
        yield rival
    finally:
        rival.close()


def _pid() -> int | None:
    connection.ensure_connection()
    return connection.connection.info.backend_pid if connection.vendor == "postgresql" else None


def outcome(act: Callable[[], Any]) -> str:
    """What became of it, in a word: a refusal's code, or what the API answers for a database that refuses."""
    try:
        result = act()
    except APIException as refusal:
        return refusal.default_code
    except OperationalError:
        return "unavailable"
    return result if isinstance(result, str) else "done"


def points(act: Callable[[], Any]) -> list[int]:
    """The numbers of its statements before which somebody else can act.

    On SQLite whoever writes has the database for themselves from BEGIN to COMMIT. Others act before that or
    after, and what comes between is for PostgreSQL to show.
    """
    found, statements = [], 0

    def note(execute, *args):
        nonlocal statements
        statements += 1
        if connection.vendor == "postgresql" or not connection.in_atomic_block:
            found.append(statements)
        return execute(*args)

    with connection.execute_wrapper(note):
        outcome(act)
    return found


def with_rival_at(
    point: int, act: Callable[[], Any], rival: Rival, rivals_act: Callable[[], Any]
) -> tuple[str, str]:
    """What became of both, where the rival acted before the statement of this number."""
    statements, begun = 0, None

    def meddle(execute, *args):
        nonlocal statements, begun
        statements += 1
        if statements == point:
            begun = rival.begin(rivals_act)
        return execute(*args)

    with connection.execute_wrapper(meddle):
        became = outcome(act)
    assert begun is not None, "It did not come so far."
    return became, begun.result(30)
