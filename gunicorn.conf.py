"""gunicorn's configuration: logging, and one metrics directory for all workers.

gunicorn reads this file by itself if it is started in this directory.
"""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

try:
    from cinema.settings import LOGGING, METRICS_TOKEN
except ImproperlyConfigured as error:
    sys.exit(str(error))  # One line instead of a traceback.

# gunicorn's own log lines get the format of ours.
logconfig_dict = LOGGING
logger_class = "cinema.server.worker.Log"

_metrics_directory: Path | None = None


def on_starting(server: Any) -> None:
    """Makes a new directory in which all workers count, so that the counts start at zero."""
    global _metrics_directory
    if METRICS_TOKEN:
        _metrics_directory = Path(tempfile.mkdtemp(prefix="cinema-metrics-"))
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics_directory)


def child_exit(server: Any, worker: Any) -> None:
    """Removes the gauges of a worker that has ended, such as its open streams."""
    if METRICS_TOKEN:
        # Not at the top: the module reads PROMETHEUS_MULTIPROC_DIR when it is imported.
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Deletes the count files and the directory that `on_starting` made, and nothing else.

    It never deletes a tree, and never the directory that the environment variable names.
    """
    if _metrics_directory is not None:
        for file in _metrics_directory.glob("*.db"):
            file.unlink(missing_ok=True)
        with suppress(OSError):
            _metrics_directory.rmdir()
