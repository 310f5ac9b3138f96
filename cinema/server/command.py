"""The gunicorn command line of `make run` and of the tests."""

import sys

HOST = "127.0.0.1"


def command(port: int, workers: int) -> list[str]:
    """The production server, as a command."""
    return [
        *(sys.executable, "-m", "gunicorn", "cinema.asgi"),
        *("--bind", f"{HOST}:{port}"),
        *("--workers", str(workers), "--worker-class", "cinema.server.worker.Worker"),
        *("--keep-alive", "5", "--graceful-timeout", "20"),
        *("--limit-request-line", "8190", "--log-level", "warning"),
        # It would open a socket in the home folder, for a command that we don't use.
        "--no-control-socket",
    ]
