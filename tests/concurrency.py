"""Runs things at the same time, each in a thread with a database connection of its own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from rest_framework.exceptions import APIException


@dataclass
class _Failed:
    error: Exception


def run_concurrently(actions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Returns the results of the actions, in order. A refusal is a result; any other exception is raised."""
    results: list[Any] = [None] * len(actions)
    start = threading.Barrier(len(actions))

    def run(index: int, action: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[index] = action()
        except Exception as error:
            results[index] = error if isinstance(error, APIException) else _Failed(error)
        finally:
            connection.close()

    # Daemons, so that an interrupted run does not wait for them.
    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "Somebody waits for ever."
    for result in results:
        if isinstance(result, _Failed):
            raise result.error
    return results


def run_while_uncommitted(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """Returns both results. `second` begins when `first` has acted but not committed yet.

    The first commits once the second waits for a lock of it, or has ended. A second one that waits then checks
    its conditions again.
    """
    has_acted, has_ended = threading.Event(), threading.Event()

    def act_and_linger() -> Any:
        with transaction.atomic():
            result = first()
            has_acted.set()
            wait_until_another_waits_for_this_transaction(has_ended)
        return result

    def follow() -> Any:
        has_acted.wait(60)
        try:
            return second()
        finally:
            has_ended.set()

    return run_concurrently([act_and_linger, follow])


def wait_until_another_waits_for_this_transaction(has_ended: threading.Event | None = None) -> None:
    """Returns when another transaction waits for a lock of this one, or when the other one `has_ended`.

    SQLite does not tell who waits, so there it returns after half a second.
    """
    has_ended = has_ended or threading.Event()
    if connection.vendor != "postgresql":
        has_ended.wait(0.5)
        return
    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
    with connection.cursor() as cursor:
        while not has_ended.wait(0.005):
            cursor.execute(waits)
            if cursor.fetchone()[0]:
                return


@contextmanager
def rival_after_first_statement(rival: Callable[[], Any]) -> Iterator[None]:
    """A rival who acts right after the first thing that the block asks the database: a race that never fails to
    happen."""
    waiting = [rival]

    def let_them(execute: Callable[..., Any], *statement: Any) -> Any:
        found = execute(*statement)
        if waiting:
            waiting.pop()()
        return found

    with connection.execute_wrapper(let_them):
        yield
