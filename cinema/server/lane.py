"""One thread with one database connection, which works on all waiting jobs at once."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db import close_old_connections

Waiting = tuple[Any, asyncio.Future[Any]]


class Lane:
    """Gives jobs to one thread: at once while it is idle, else all waiting jobs together when it is done."""

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[Any]], list[Any]],
        *,
        max_jobs: int,
        key: Callable[[Any], Any] = id,
        initializer: Callable[[], None] | None = None,
    ) -> None:
        self._work = work
        # Jobs with equal keys count as one, because they have one result.
        self._max_jobs, self._key = max_jobs, key
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name, initializer=initializer)
        self._waiting: deque[Waiting] = deque()
        self._is_busy = False

    async def result_of(self, job: Any) -> Any:
        """The job's result. Raises what `work` raises."""
        result = asyncio.get_running_loop().create_future()
        self._waiting.append((job, result))
        if not self._is_busy:
            self._start()
        return await result

    def _start(self) -> None:
        batch: list[Waiting] = []
        keys: set[Any] = set()
        while self._waiting and len(keys) < self._max_jobs:
            waiting = self._waiting.popleft()
            if not waiting[1].done():  # It is done if the request was canceled.
                batch.append(waiting)
                keys.add(self._key(waiting[0]))
        self._is_busy = bool(batch)
        if batch:
            jobs = [job for job, _ in batch]
            work = asyncio.get_running_loop().run_in_executor(self._thread, self._run, jobs)
            work.add_done_callback(partial(self._finish, batch))

    def _run(self, jobs: Sequence[Any]) -> list[Any]:
        # Django does this before and after a request, so that a broken connection is replaced.
        close_old_connections()
        try:
            return self._work(jobs)
        finally:
            close_old_connections()

    def _finish(self, batch: list[Waiting], work: asyncio.Future[list[Any]]) -> None:
        self._start()
        error = work.exception()
        for place, (_, result) in enumerate(batch):
            if not result.done():
                if error:
                    result.set_exception(error)
                else:
                    result.set_result(work.result()[place])
