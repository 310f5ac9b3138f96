"""Runs the production server as a process on the test database, and calls it over HTTP."""

import http.client
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from django.conf import settings
from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken

from cinema.server import command
from tests.ports import spare_port

ROOT = Path(__file__).resolve().parent.parent


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that runs the project on the test database; `more` wins."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        login = f"{database['USER']}:{database['PASSWORD']}"
        url = f"postgres://{login}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "cinema.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": url,
        **more,
    }


def wait_for(condition: Callable[[], object], timeout_seconds: float = 60) -> None:
    """Calls the condition until it returns a true value."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, f"The condition did not hold within {timeout_seconds} seconds."
        time.sleep(0.1)


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: Any

    @property
    def code(self) -> str | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


class Stream:
    """Reads server-sent events from a response, like a browser's `EventSource`."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.response = response
        self.last_id = ""

    def event(self) -> dict[str, Any] | None:
        """Waits for the next event and returns its data, or None when the stream ends."""
        while line := self.response.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                self.last_id = value
            elif name == "data":
                return json.loads(value)
        return None


class Server:
    """`with Server() as server:` serves on a spare port of 127.0.0.1 until the block ends."""

    START_TIMEOUT_SECONDS = 60
    STOP_TIMEOUT_SECONDS = 30
    # The process that got SIGTERM.
    stopping: subprocess.Popen[bytes] | None = None
    # The file for its log, if that is not the tests' own.
    stderr: IO[bytes] | None = None

    def __init__(self, workers: int = 3, **environment: str) -> None:
        self.environment = environment
        self.workers = workers
        self.port = spare_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self.command(), cwd=ROOT, env=environment(**self.environment), stderr=self.stderr
        )
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def command(self) -> list[str]:
        return command.command(self.port, self.workers)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + self.START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"The server ended with exit status {self.process.returncode}."
            with suppress(OSError):
                if self.call("GET", "/readyz").status == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"The server was not ready after {self.START_TIMEOUT_SECONDS} seconds.")

    def begin_stop(self) -> None:
        """Sends one SIGTERM, however often it is called."""
        if self.stopping is not self.process:
            self.stopping = self.process
            self.process.terminate()

    def __exit__(self, *_: Any) -> None:
        self.begin_stop()
        try:
            self.process.wait(self.STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    @contextmanager
    def listen(self, path: str, **headers: str) -> Iterator["Stream"]:
        """Opens a stream of server-sent events."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers=headers)
            yield Stream(connection.getresponse())
        finally:
            connection.close()

    def begin_to_book(self, show: Any, user: Any) -> Callable[[], int]:
        """Sends half a request to book seat 1; the returned function sends the rest and returns the status.

        By then the server reads the body: it has answered `100 Continue`.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = b'{"seat_number": 1}'
        connection.putrequest("POST", f"/shows/{show.pk}/book/")
        connection.putheader("Authorization", f"Bearer {AccessToken.for_user(user)}")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        go_ahead = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert connection.sock.recv(len(go_ahead), socket.MSG_WAITALL) == go_ahead
        connection.send(body[:5])

        def finish() -> int:
            connection.send(body[5:])
            return connection.getresponse().status

        return finish

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Sends one request on its own connection, with the access token of `user`."""
        request = urllib.request.Request(self.url + path, method=method, headers=headers or {})
        if isinstance(body, bytes | Iterator):
            request.data = body
        elif body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if user is not None:
            request.add_header("Authorization", f"Bearer {AccessToken.for_user(user)}")
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                content = response.read()
                is_json = response.headers.get_content_type() == "application/json"
                body = json.loads(content or "null") if is_json else content
                return Answer(response.status, response.headers, body)
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, json.loads(error.read() or "null"))


class SharedServers:
    """Servers that stay until `stack` closes, one for each combination of class, workers and environment."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.servers: dict[tuple[Any, ...], Server] = {}

    def get(self, kind: type[Server] = Server, workers: int = 3, **environment: str) -> Server:
        # A value that the tests' own environment has already makes no different server.
        changes = {name: value for name, value in environment.items() if os.environ.get(name) != value}
        key = (kind, workers, *sorted(changes.items()))
        if key not in self.servers:
            self.servers[key] = self.stack.enter_context(kind(workers, **changes))
        return self.servers[key]
