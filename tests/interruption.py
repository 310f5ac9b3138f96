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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import pytest

STOP_TIMEOUT_SECONDS = 5
PR_SET_CHILD_SUBREAPER = 36
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def pytest_configure(config: pytest.Config) -> None:
    raise_keyboard_interrupt()
    if not hasattr(config, "workerinput"):
        adopt_orphans()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        stop_descendants()


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Does the same for a program that is not pytest."""
    raise_keyboard_interrupt()
    adopt_orphans()
    try:
        yield
    finally:
        stop_descendants()


def raise_keyboard_interrupt() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, interrupt)


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


def stop_descendants() -> None:
    """Stops what still runs, with SIGINT first, and names it. From here on no signal ends this process."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    commands: dict[int, str] = {}
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while running := descendants(os.getpid()):
        number = signal.SIGINT if time.monotonic() < deadline else signal.SIGKILL
        for child in running:
            if child not in commands or number == signal.SIGKILL:
                commands[child] = command_of(child)
                with suppress(ProcessLookupError):
                    os.kill(child, number)
        time.sleep(0.05)
    if commands:
        print("\nThese processes were still running, and are stopped now:", file=sys.stderr)
        print(*(f"  {command}" for command in commands.values()), sep="\n", file=sys.stderr)


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
