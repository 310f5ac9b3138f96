"""Leaves no process behind when a test run ends, is interrupted with Ctrl-C, or is terminated.

Fixtures stop their servers, browsers and databases. Two events would skip them: SIGTERM, which ends Python at
once, and a second signal during the teardown. So SIGTERM is handled like Ctrl-C, and at the very end every
process that still descends from this one is stopped. Only Linux can find those; elsewhere fixtures must do.
"""

import ctypes
import os
import signal
import sys
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from types import FrameType

import pytest

STOP_TIMEOUT_SECONDS = 5
PR_SET_CHILD_SUBREAPER = 36


def pytest_configure(config: pytest.Config) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    if not hasattr(config, "workerinput"):
        adopt_orphans()


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raises KeyboardInterrupt. A second Ctrl-C does so again; a second SIGTERM does not cut the teardown."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    raise KeyboardInterrupt(f"{signal.Signals(number).name} received")


def adopt_orphans() -> None:
    """Makes this process the parent of descendants whose own parent dies, such as a worker of xdist."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if commands := stop(os.getpid()):
        print(f"\nThe run left {len(commands)} processes behind; they are stopped now:", file=sys.stderr)
        print(*(f"  {command}" for command in commands), sep="\n", file=sys.stderr)


def stop(pid: int) -> list[str]:
    """Stops all descendants of a process, with SIGINT first; returns their commands."""
    commands = {}
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while running := descendants(pid):
        number = signal.SIGINT if time.monotonic() < deadline else signal.SIGKILL
        for child in running:
            if child not in commands or number == signal.SIGKILL:
                commands[child] = command_of(child)
                with suppress(ProcessLookupError):
                    os.kill(child, number)
        time.sleep(0.05)
    return list(commands.values())


def descendants(pid: int) -> list[int]:
    """The running processes below a process, without the ones that only wait for their parent to notice."""
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The command's name, in parentheses, may have spaces and parentheses of its own.
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                children[int(parent)].append(int(stat.parent.name))
    found = list(children[pid])
    for child in found:
        found += children[child]
    return found


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    return ""
