"""The real server, as a process, and a caller that speaks HTTP to it."""

import http.client
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken

from cinema.server import command

ROOT = Path(__file__).resolve().parent.parent


def spare_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**more: str) -> dict[str, str]:
    """What a process needs to run the project on the tests' database."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        who = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
        url = f"postgres://{who}/{database['NAME']}"
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "cinema.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": url,
        **more,
    }


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: Any

    @property
    def code(self) -> str | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


class Stream:
    """What a browser's `EventSource` makes of an answer."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.response = response
        self.last_id = ""

    def event(self) -> dict[str, Any] | None:
        """The next event's data, for at most the connection's timeout; None when the stream ends."""
        while line := self.response.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                self.last_id = value
            elif name == "data":
                return json.loads(value)
        return None


class Server:
    """`with Server() as server:` serves on a spare port until the block ends."""

    def __init__(self, workers: int = 3, **environment: str) -> None:
        self.environment = environment
        self.port = spare_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.workers = workers

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(self.command(), cwd=ROOT, env=environment(**self.environment))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.call("GET", "/readyz").status == 200:
                    return self
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        raise AssertionError("The server did not come up in 30 seconds.")

    def command(self) -> list[str]:
        return command.command(self.port, self.workers)

    def __exit__(self, *_: Any) -> None:
        self.process.terminate()
        self.process.wait(30)

    @contextmanager
    def listen(self, path: str, **headers: str) -> Iterator["Stream"]:
        """An open stream of server-sent events."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            yield Stream(connection.getresponse())
        finally:
            connection.close()

    def begin_to_book(self, show: Any, user: Any) -> Callable[[], int]:
        """Sends half of a booking of seat 1; the function returned sends the rest, and returns the status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        body = b'{"seat_number": 1}'
        connection.putrequest("POST", f"/shows/{show.pk}/book/")
        connection.putheader("Authorization", f"Bearer {AccessToken.for_user(user)}")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:5])
        time.sleep(0.5)  # The server has it.

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
        """One request on a connection of its own; `user`'s access token is sent along."""
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
                return Answer(response.status, response.headers, json.loads(response.read() or "null"))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, json.loads(error.read() or "null"))
