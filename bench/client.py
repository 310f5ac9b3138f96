"""Many HTTP clients at once, so cheap that they do not take the time of what they measure.

A client is a generator: it yields requests, each as bytes, and is sent the answer to each. It has a connection
of its own, which stays open.
"""

import asyncio
import json
import re
from collections.abc import Generator, Sequence
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import uvloop

from bench.wrong import Wrong


class Answer(NamedTuple):
    status: int
    head: bytes
    body: bytes

    def etag(self) -> str:
        (etag,) = re.findall(rb"\r\netag: ([^\r]+)", self.head, re.IGNORECASE)
        return etag.decode()


Client = Generator[bytes, Answer, None]

LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
WITHOUT_BODY = {204, 304}


def get(path: str, *, token: str = "", etag: str = "") -> bytes:
    more = f"If-None-Match: {etag}\r\n" if etag else ""
    return _request("GET", path, token, more)


def post(path: str, body: dict[str, Any] | None = None, *, token: str = "") -> bytes:
    content = json.dumps(body) if body else ""
    more = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return _request("POST", path, token, more, content)


def _request(method: str, path: str, token: str, more: str, content: str = "") -> bytes:
    who = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{who}{more}\r\n{content}".encode()


def run(port: int, clients: Sequence[Client]) -> tuple[float, list[float]]:
    """Lets the clients go, all at once, until the last has ended. Answers how long that took, and how long each
    request took, in seconds."""
    return uvloop.run(_run(port, clients))


async def _run(port: int, clients: Sequence[Client]) -> tuple[float, list[float]]:
    loop = asyncio.get_running_loop()
    times: list[float] = []
    connections = []
    for client in clients:
        make = partial(_Connection, client, times)
        connections.append((await loop.create_connection(make, "127.0.0.1", port))[1])
    begin = perf_counter()
    for connection in connections:
        connection.start()
    await asyncio.gather(*(connection.ended for connection in connections))
    return perf_counter() - begin, times


class _Connection(asyncio.Protocol):
    def __init__(self, client: Client, times: list[float]) -> None:
        self.client = client
        self.times = times
        self.ended = asyncio.get_running_loop().create_future()
        self.received = bytearray()
        self.head = b""
        self.missing = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def start(self) -> None:
        self._go_on(None)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.head:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return
            self.head = bytes(self.received[: end + 2])
            del self.received[: end + 4]
            length = LENGTH.search(self.head)
            self.missing = int(length[1]) if length and int(self.head[9:12]) not in WITHOUT_BODY else 0
        if len(self.received) >= self.missing:
            self.times.append(perf_counter() - self.asked_at)
            answer = Answer(int(self.head[9:12]), self.head, bytes(self.received))
            self.received.clear()
            self.head = b""
            self._go_on(answer)

    def _go_on(self, answer: Answer | None) -> None:
        try:
            request = self.client.send(answer)  # type: ignore[arg-type]
        except StopIteration:
            self.ended.set_result(None)
            self.transport.close()
        except Exception as error:
            self.ended.set_exception(error)
            self.transport.close()
        else:
            self.asked_at = perf_counter()
            self.transport.write(request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(Wrong(f"The server closed a connection that had asked something: {error}"))
