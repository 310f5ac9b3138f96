"""A gunicorn configuration that gives clients only a few seconds to send a body."""

from typing import Any

BODY_TIMEOUT = 5  # seconds


def post_worker_init(worker: Any) -> None:
    from cinema.server import bridge

    bridge.BODY_TIMEOUT = BODY_TIMEOUT
