"""What gunicorn does once, for all its workers. It reads this file by itself, where it is started beside it."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from cinema.settings import LOGGING, METRICS_TOKEN

# gunicorn's own lines look like ours.
logconfig_dict = LOGGING
logger_class = "cinema.server.worker.Log"

_counts: Path | None = None


def on_starting(server: Any) -> None:
    """A fresh directory for the workers' counts: what an earlier server counted is over."""
    global _counts
    if METRICS_TOKEN:
        _counts = Path(tempfile.mkdtemp(prefix="cinema-metrics-"))
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_counts)


def child_exit(server: Any, worker: Any) -> None:
    """What a worker had open went with it."""
    if METRICS_TOKEN:
        # Not sooner, for when it is imported it looks whether there is a directory.
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Takes away what was made here, file by file: never a tree, and never what the environment names."""
    if _counts is not None:
        for file in _counts.glob("*.db"):
            file.unlink(missing_ok=True)
        with suppress(OSError):
            _counts.rmdir()
