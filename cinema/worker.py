"""gunicorn's worker for `cinema.asgi`, made for connections that stay open."""

import resource
from typing import Any

from gunicorn.workers.gasgi import ASGIWorker


class Worker(ASGIWorker):
    """Holds many open streams; told to stop, it waits for the requests under way and for nothing else.

    gunicorn's own would wait for streams, which have no end, and for idle connections, which browsers keep.
    """

    _leaving: Any = None

    def init_process(self) -> None:
        # An open stream is an open file, and many systems allow a process 1,024 unless it asks for more.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        super().init_process()

    def handle_exit_signal(self) -> None:
        super().handle_exit_signal()
        self._leaving = self.loop.create_task(self._leave())

    async def _leave(self) -> None:
        from cinema.asgi import come_to_rest  # Django is set up only when the worker loads it.

        await come_to_rest()
        # From here on there is nothing to finish.
        self.handle_quit_signal()
