"""The gunicorn command line, for `make run` and for the tests."""

import sys
from socket import socket

HOST = "127.0.0.1"


def command(port: int, workers: int, listener: socket | None = None) -> list[str]:
    """Returns the command that starts the production server. It may inherit a socket that listens already."""
    address = f"fd://{listener.fileno()}" if listener else f"{HOST}:{port}"
    return [
        *(sys.executable, "-m", "gunicorn", "cinema.asgi"),
        *("--bind", address),
        *("--workers", str(workers), "--worker-class", "cinema.server.worker.Worker"),
        *("--keep-alive", "5", "--graceful-timeout", "20"),
        *("--limit-request-line", "8190", "--log-level", "warning"),
        # gunicorn would open a socket in the home directory, for a command that we do not use.
        "--no-control-socket",
    ]
