"""The real server as production has it: several processes, started again when they are gone."""

import http.client
import signal
import subprocess
import time
from pathlib import Path

from cinema.server import command
from tests.chaos.processes import children, kill, spare_port
from tests.chaos.stage import ROOT


class Service:
    def __init__(self, environment: dict[str, str], workers: int, log: Path) -> None:
        self.environment, self.count, self.log = environment, workers, log
        self.port = spare_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, **environment: str) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command.command(self.port, self.count),
                cwd=ROOT,
                env=self.environment | environment,
                stdout=log,
                stderr=log,
            )

    def workers(self) -> list[int]:
        return children(self._pid())

    def freeze(self) -> None:
        kill(self._pid(), *self.workers(), by=signal.SIGSTOP)

    def kill_all(self) -> None:
        """Master and workers, without a word."""
        assert self.process is not None
        kill(self._pid(), *self.workers())
        self.process.wait(30)

    def restart(self, **environment: str) -> None:
        """With other settings."""
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
        raise RuntimeError("The server did not come up in 60 seconds.")

    def _pid(self) -> int:
        assert self.process is not None
        return self.process.pid
