"""A gunicorn configuration that shortens the time a client may take to send a body."""

from typing import Any

BODY_TIMEOUT_SECONDS = 5


def post_worker_init(worker: Any) -> None:
    from cinema.server import bridge

    bridge.BODY_TIMEOUT = BODY_TIMEOUT_SECONDS
