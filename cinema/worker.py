"""gunicorn's worker for `cinema.asgi`, made for streams that stay open."""

import resource

from gunicorn.workers.gasgi import ASGIWorker


class Worker(ASGIWorker):
    """Holds many open streams, and lets them go when the server is told to stop."""

    def init_process(self) -> None:
        # An open stream is an open file, and many systems allow a process 1,024 unless it asks for more.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        super().init_process()

    def handle_exit_signal(self) -> None:
        self._let_go()
        super().handle_exit_signal()

    def handle_quit_signal(self) -> None:
        self._let_go()
        super().handle_quit_signal()

    def _let_go(self) -> None:
        """Streams have no end of their own, and the server would wait for them."""
        from cinema.asgi import close_streams  # Django is set up only when the worker loads it.

        close_streams()
