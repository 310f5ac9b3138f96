"""The real server as production runs it: several processes, which are restarted when they end."""

import http.client
import signal
import subprocess
import time
from pathlib import Path

from cinema.server import command
from tests.chaos.processes import children, kill
from tests.chaos.setup import ROOT
from tests.ports import spare_port


class Service:
    def __init__(self, environment: dict[str, str], worker_count: int, log: Path) -> None:
        self.environment, self.worker_count, self.log = environment, worker_count, log
        self.port = spare_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, **environment: str) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command.command(self.port, self.worker_count),
                cwd=ROOT,
                env=self.environment | environment,
                stdout=log,
                stderr=log,
            )

    def worker_pids(self) -> list[int]:
        return children(self._pid())

    def freeze(self) -> None:
        """Stops all processes with SIGSTOP; their connections stay open."""
        kill(self._pid(), *self.worker_pids(), sig=signal.SIGSTOP)

    def kill_all(self) -> None:
        """Kills the master and its workers with SIGKILL."""
        assert self.process is not None
        kill(self._pid(), *self.worker_pids())
        self.process.wait(30)

    def restart(self, **environment: str) -> None:
        """Restarts with additional environment variables, and waits until the server is ready."""
        self.stop()
        self.start(**environment)
        self.wait_until_ready()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill_all()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.1)
        raise RuntimeError("The server was not ready after 60 seconds.")

    def _pid(self) -> int:
        assert self.process is not None
        return self.process.pid
