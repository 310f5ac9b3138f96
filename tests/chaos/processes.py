"""Child processes, signals and free ports."""

import os
import signal
import socket
from contextlib import suppress
from pathlib import Path


def children(pid: int) -> list[int]:
    """Returns the ids of the process's current children, read from Linux's `/proc`."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def kill(*pids: int, sig: signal.Signals = signal.SIGKILL) -> None:
    """Sends a signal to each process that still exists."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, sig)


def spare_port() -> int:
    """Returns a TCP port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
