"""gunicorn's configuration, but that a body may take only a few seconds."""

from typing import Any

PATIENCE = 5


def post_worker_init(worker: Any) -> None:
    from cinema.server import bridge

    bridge.PATIENCE = PATIENCE
