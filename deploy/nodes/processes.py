"""Starts, stops and watches the processes of `make nodes`, each with a log file in one temporary folder."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Debian installs server programs outside of the usual PATH. The newest PostgreSQL comes first.
POSTGRESQL_FOLDERS = sorted(
    Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True
)
PATH = ":".join([*map(str, POSTGRESQL_FOLDERS), os.environ["PATH"], "/usr/sbin"])
# Seconds in which each process must start or stop.
TIMEOUT_SECONDS = 60


def spare_ports(names: tuple[str, ...]) -> dict[str, int]:
    """Returns a different unused port for each name.

    Linux gives higher ports to outgoing connections, one of which could take a port while its process restarts.
    """
    sockets: list[socket.socket] = []
    while len(sockets) < len(names):
        with suppress(OSError):
            sockets.append(socket.create_server(("127.0.0.1", 15_000 + secrets.randbelow(17_000))))
    ports = {name: bound.getsockname()[1] for name, bound in zip(names, sockets, strict=True)}
    for bound in sockets:
        bound.close()
    return ports


class Processes:
    """The running processes by name. A subclass sets the folders and extends `environment`."""

    # The temporary folder, which has the logs.
    folder: Path
    # The folder of the databases, which belongs to the user that runs them.
    data: Path
    # SIGQUIT stops these processes without waiting for their requests. For all others, SIGTERM does.
    stopped_by_quit: Collection[str] = ()

    def __init__(self) -> None:
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = os.environ | {"PATH": PATH}
        # initdb, postgres and pgbouncer refuse to run as root.
        self.run_as: dict[str, Any] = {}
        if os.getuid() == 0:
            self.run_as = {"user": "postgres", "group": "postgres", "extra_groups": []}

    def start(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str] | None = None,
        *,
        as_postgres: bool = False,
    ) -> None:
        """Starts a process. `as_postgres` runs it as the user `postgres` if we are root."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [shutil.which(command[0], path=PATH) or command[0], *command[1:]],
                cwd=ROOT,
                env=self.environment | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Otherwise Ctrl-C would stop all processes at once, not in order.
                start_new_session=True,
                **(self.run_as if as_postgres else {}),
            )

    def kill(self, name: str) -> None:
        """Kills the process and its children at once, like a power failure."""
        process = self.processes.pop(name)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Stops all processes without waiting for their requests, and deletes the data."""
        for name, process in self.processes.items():
            process.send_signal(signal.SIGQUIT if name in self.stopped_by_quit else signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *command: str) -> str:
        """Runs a command as the databases' owner and returns its output. Raises `RuntimeError` if it fails."""
        program = shutil.which(command[0], path=PATH) or command[0]
        environment = self.environment | {"LC_ALL": "C.UTF-8"}
        result = subprocess.run(
            [program, *command[1:]],
            cwd=self.data,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            **self.run_as,
        )
        if result.returncode:
            raise RuntimeError(f"{command[0]}: {result.stderr}")
        return result.stdout

    def wait_until(self, what: str, condition: Callable[[], bool]) -> None:
        """Waits until the condition holds. Raises `RuntimeError` if a process ends or after a minute."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not condition():
            for name, process in self.processes.items():
                if process.poll() is not None:
                    log = (self.folder / f"{name}.log").read_text(errors="replace")
                    raise RuntimeError(f"{name} ended:\n{log[-2000:]}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Waited {TIMEOUT_SECONDS} seconds until {what}.")
            time.sleep(0.1)
