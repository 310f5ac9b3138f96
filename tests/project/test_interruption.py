"""A test run that is interrupted leaves no process and no temporary folder behind."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from tests.interruption import command_of, descendants
from tests.live_server import ROOT
from tests.requirements import requires

MARK = "CINEMA_INTERRUPTED_RUN"
# It starts a server and stays at work for some seconds.
TEST = "tests/model/test_concurrent_load.py"
TIMEOUT_SECONDS = 120
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc"),
]


class Run:
    """A process that carries a mark in its environment, which all of its descendants inherit."""

    def __init__(self, folder, *command):
        # The run that this test belongs to keeps its database and its xdist workers for itself.
        others = ("PYTEST_", "COV", "CINEMA_", "DATABASE_URL")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        self.folder = folder
        self.mark = f"{MARK}={uuid.uuid4()}"
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=inherited | dict([self.mark.split("=")]) | {"TMPDIR": str(folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def commands(self):
        """The command of each running process of the run, by process id."""
        found = {}
        below = {self.process.pid, *descendants(self.process.pid)}
        for process in Path("/proc").glob("[0-9]*"):
            # It may end before it is read.
            with suppress(OSError):
                environment = (process / "environ").read_text(errors="replace").split("\0")
                if int(process.name) in below or self.mark in environment:
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
        return found

    def interrupt(self, number, *, group=False):
        self.interrupted = self.commands()
        (os.killpg if group else os.kill)(self.process.pid, number)

    def wait_for(self, *words):
        """Waits until processes with all of these words in their commands run."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not all(any(word in command for command in self.commands().values()) for word in words):
            assert self.process.poll() is None, "It ended too early to be interrupted."
            assert time.monotonic() < deadline, self.commands()
            time.sleep(0.1)

    def assert_nothing_is_left(self):
        self.process.wait(TIMEOUT_SECONDS)
        # A process that has ended, but that its parent has not waited for, has no command.
        assert {pid: command_of(pid) for pid in self.interrupted if command_of(pid)} == {}
        assert self.commands() == {}
        assert [file.name for file in self.folder.glob("cinema-*")] == []

    def kill(self):
        for pid in self.commands():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start(tmp_path):
    runs = []

    def start(*command):
        runs.append(Run(tmp_path, *command))
        return runs[-1]

    yield start
    for run in runs:
        run.kill()


def pytest_command(*options):
    return sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, TEST


def test_a_terminated_run_leaves_nothing_behind(start):
    run = start(*pytest_command())
    run.wait_for("gunicorn")
    run.interrupt(signal.SIGTERM)
    run.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("options", "number", "group"),
    [([], signal.SIGINT, True), (["-n", "1"], signal.SIGINT, True), (["-n", "1"], signal.SIGTERM, False)],
    ids=["Ctrl-C", "xdist, Ctrl-C", "xdist, SIGTERM"],
)
def test_an_interrupted_run_leaves_nothing_behind(start, options, number, group):
    run = start(*pytest_command(*options))
    run.wait_for("gunicorn")
    run.interrupt(number, group=group)
    run.assert_nothing_is_left()


def test_a_run_that_is_interrupted_twice_leaves_nothing_behind(start):
    run = start(*pytest_command())
    run.wait_for("gunicorn")
    run.interrupt(signal.SIGINT)
    time.sleep(0.3)
    run.process.send_signal(signal.SIGINT)
    run.assert_nothing_is_left()


@requires(POSTGRESQL, "PostgreSQL is not installed")
def test_an_interrupted_run_stops_its_postgresql(start):
    run = start(".ci/postgres", *pytest_command())
    run.wait_for("gunicorn", "/bin/postgres")
    run.interrupt(signal.SIGTERM)
    (data,) = {
        found
        for command in run.interrupted.values()
        for found in re.findall(r"/bin/postgres -D (\S+)", command)
    }
    run.assert_nothing_is_left()
    assert not Path(data).parent.exists()


@requires(POSTGRESQL, "PostgreSQL is not installed")
def test_terminated_chaos_leaves_nothing_behind(start):
    run = start(sys.executable, "-m", "tests.chaos")
    run.wait_for("gunicorn", "/bin/postgres")
    run.interrupt(signal.SIGTERM)
    run.assert_nothing_is_left()


@pytest.fixture
def stubs(tmp_path):
    """Programs for `.ci/run`: `make` runs one test, and nothing is installed."""
    folder = tmp_path / "stubs"
    folder.mkdir()
    for name, script in {
        "make": f"exec {' '.join(pytest_command())}",
        "npm": "true",
        "apt-get": "true",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return folder


def test_interrupted_ci_leaves_nothing_behind(start, stubs):
    run = start("env", f"PATH={stubs}:{os.environ['PATH']}", ".ci/run")
    run.wait_for("gunicorn")
    run.interrupt(signal.SIGINT)
    run.assert_nothing_is_left()
