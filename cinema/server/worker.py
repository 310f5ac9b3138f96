"""A gunicorn worker for `cinema.asgi` that shuts down cleanly with open streams and idle connections."""

import asyncio
import gc
import resource
import signal

from gunicorn.glogging import Logger
from gunicorn.workers import gasgi

from cinema.env import integer
from cinema.server.protocol import limit_unread_answers

# Seconds for which a stopping worker still accepts connections while `/readyz` answers 503. A load balancer
# needs that time to notice, or its next requests are refused.
DRAIN_SECONDS = integer("DRAIN_SECONDS", default=0, minimum=0)
# Seconds in which a client must send its request after a stopping worker has accepted its connection.
FIRST_REQUEST_SECONDS = 0.25
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


class Log(Logger):
    """gunicorn's logger without its access log, which `cinema.access` replaces.

    gunicorn formats a line for each request even if no handler writes it.
    """

    access_log_enabled = False


class Worker(gasgi.ASGIWorker):
    """A worker that, when it stops, waits for active requests only.

    gunicorn's own worker would also wait for streams, which never end, and for idle connections, which browsers
    keep open.
    """

    _quick_shutdown: bool

    def init_process(self) -> None:
        # Each open stream needs a file descriptor, and many systems limit a process to 1,024 by default.
        _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
        # A stop signal before the event loop runs would be lost, so it is blocked until then.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        from django.urls import get_resolver

        # Imports the views now instead of with the first request. These objects live as long as the process, so
        # the garbage collector need not scan them again.
        _ = get_resolver().url_patterns
        gc.collect()
        gc.freeze()

    def handle_exit_signal(self) -> None:
        from cinema.monitoring.health import Ready  # Django is set up only when the worker loads it.

        # Immediately, because `_shutdown` runs only when the event loop next checks whether to stop.
        Ready.draining = True
        super().handle_exit_signal()

    async def _serve(self) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        limit_unread_answers(listener.sock for listener in self.sockets)
        backlog = asyncio.create_task(self._restore_backlog())
        await super()._serve()
        backlog.cancel()

    async def _restore_backlog(self) -> None:
        """Gives the sockets gunicorn's accept queue (2,048) again, because the event loop shortens it to 100.

        With a full queue the kernel drops new connections, and each client tries again after a second.
        """
        while len(self.servers) < len(self.sockets):
            await asyncio.sleep(0.01)
        for listener in self.sockets:
            listener.sock.listen(self.cfg.backlog)

    async def _shutdown(self) -> None:
        drain_ends = self.loop.time() + DRAIN_SECONDS
        while self.loop.time() < drain_ends and not self._quick_shutdown:
            await asyncio.sleep(0.1)
        for server in self.servers:
            server.close()
        if not self._quick_shutdown:
            from cinema.server.bridge import drain

            # The worker has accepted connections whose requests are still on their way.
            await asyncio.sleep(FIRST_REQUEST_SECONDS)
            await drain()
            # All requests are finished, so that gunicorn need not wait for idle connections.
            self._quick_shutdown = True
        await super()._shutdown()
