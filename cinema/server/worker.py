"""gunicorn's worker for `cinema.asgi`, made for connections that stay open."""

import asyncio
import gc
import resource
import signal

from gunicorn.glogging import Logger
from gunicorn.workers import gasgi

from cinema.env import integer

# How long a worker that is told to stop goes on taking requests, though not ready any more (seconds): a load
# balancer has to see that before the door closes, or it sends requests that nobody takes.
DRAIN_SECONDS = integer("DRAIN_SECONDS", default=0, minimum=0)
STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


class Log(Logger):
    """Without a line for each request, which `cinema.access` writes where it is wanted: gunicorn would put one
    together even for nobody."""

    access_log_enabled = False


class Protocol(gasgi.ASGIProtocol):
    def _feed_callback_parser(self, data: bytes) -> bool:
        """Answers 400 to a Content-Length of more than 4,300 digits.

        gunicorn passes it to `int`, which raises `ValueError` for so many. gunicorn does not catch that, so the
        connection would end without an answer and with a traceback in the log.
        """
        try:
            return super()._feed_callback_parser(data)
        except ValueError:
            self._send_error_response(400, "Invalid Content-Length")
            self._close_transport()
            return False


# gunicorn's worker finds its protocol under this name.
gasgi.ASGIProtocol = Protocol


class Worker(gasgi.ASGIWorker):
    """Holds many open streams; told to stop, it drains, waits for the requests under way and for nothing else.

    gunicorn's own would wait for streams, which have no end, and for idle connections, which browsers keep.
    """

    _quick_shutdown: bool

    def init_process(self) -> None:
        # An open stream is an open file, and many systems allow a process 1,024 unless it asks for more.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        # A signal that comes before the event loop runs would be lost on it: it has to wait until then.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        from django.urls import get_resolver

        # All that is imported with the first request otherwise. It stays for good: so the garbage collector
        # need not go through it time and again.
        _ = get_resolver().url_patterns
        gc.collect()
        gc.freeze()

    def handle_exit_signal(self) -> None:
        from cinema.monitoring.health import Ready  # Django is set up only when the worker loads it.

        # At once, and not when the worker next looks: nothing new shall be sent to it from here on.
        Ready.draining = True
        super().handle_exit_signal()

    async def _serve(self) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        await super()._serve()

    async def _shutdown(self) -> None:
        drained = self.loop.time() + DRAIN_SECONDS
        while self.loop.time() < drained and not self._quick_shutdown:
            await asyncio.sleep(0.1)
        for server in self.servers:
            server.close()
        if not self._quick_shutdown:
            from cinema.server.bridge import drain

            await drain()
            # From here on there is nothing to finish.
            self._quick_shutdown = True
        await super()._shutdown()
