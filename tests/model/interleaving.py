"""Runs one action between two SQL statements of another, on a second database connection."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from rest_framework.exceptions import APIException

# The interval at which PostgreSQL is asked whether the concurrent action waits for a lock.
POLL_SECONDS = 0.002


class ConcurrentSession:
    """A thread with its own database connection."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._pid = self._thread.submit(_backend_pid).result()
        self._monitor = connection.copy()

    def close(self) -> None:
        self._thread.submit(lambda: connection.close()).result()
        self._thread.shutdown()
        self._monitor.close()

    def start(self, action: Callable[[], Any]) -> "Future[str]":
        """Starts the action. Returns when it is done or waits for a lock."""
        future = self._thread.submit(outcome, action)
        while not wait([future], timeout=POLL_SECONDS).done and not self._waits_for_lock():
            pass
        return future

    def _waits_for_lock(self) -> bool:
        if self._pid is None:
            return False
        with self._monitor.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self._pid])
            return cursor.fetchone()[0]


@contextmanager
def concurrent_session():
    session = ConcurrentSession()
    try:
        yield session
    finally:
        session.close()


def _backend_pid() -> int | None:
    connection.ensure_connection()
    return connection.connection.info.backend_pid if connection.vendor == "postgresql" else None


def outcome(action: Callable[[], Any]) -> str:
    """Runs the action. Returns "done", the string that it returns, or the code of the error that it raises."""
    try:
        result = action()
    except APIException as error:
        return error.default_code
    except OperationalError:
        return "unavailable"  # The code that the API returns for this error.
    return result if isinstance(result, str) else "done"


def interleaving_points(action: Callable[[], Any]) -> list[int]:
    """Runs the action. Returns the numbers of its statements before which a concurrent action can run.

    On SQLite, nobody else can write between BEGIN and COMMIT, so only statements outside of transactions count.
    """
    points, statements = [], 0

    def record(execute, *args):
        nonlocal statements
        statements += 1
        if connection.vendor == "postgresql" or not connection.in_atomic_block:
            points.append(statements)
        return execute(*args)

    with connection.execute_wrapper(record):
        outcome(action)
    return points


def run_interleaved(
    point: int,
    action: Callable[[], Any],
    session: ConcurrentSession,
    concurrent_action: Callable[[], Any],
) -> tuple[str, str]:
    """Runs the action, and starts the concurrent one before statement number `point`. Returns both outcomes.

    The action continues when the concurrent one is done or waits for a lock.
    """
    statements, future = 0, None

    def interrupt(execute, *args):
        nonlocal statements, future
        statements += 1
        if statements == point:
            future = session.start(concurrent_action)
        return execute(*args)

    with connection.execute_wrapper(interrupt):
        result = outcome(action)
    assert future is not None, f"The action ended before statement {point}."
    return result, future.result(30)
