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
    """What each action returned, in order. A refusal counts as returned; any other exception is raised."""
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
    """What both returned, where `second` begins when `first` has acted but not committed yet.

    The first's transaction stays open for half a second, so that whoever has to wait for it is
    seen to wait, and to judge anew what it then finds.
    """
    has_acted, may_commit = threading.Event(), threading.Event()

    def act_and_linger() -> Any:
        with transaction.atomic():
            result = first()
            has_acted.set()
            may_commit.wait(60)
        return result

    def follow() -> Any:
        has_acted.wait(60)
        threading.Timer(0.5, may_commit.set).start()
        return second()

    return run_concurrently([act_and_linger, follow])


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
