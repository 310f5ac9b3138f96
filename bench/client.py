"""Concurrent HTTP clients that use little CPU, because they share the machine with the server they measure.

A client is a generator. It yields requests as bytes, and receives the response to each. Every client has one
persistent connection.
"""

import asyncio
import json
import re
from collections.abc import Generator, Sequence
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import uvloop

from bench.errors import BenchmarkError


class Response(NamedTuple):
    status: int
    head: bytes
    body: bytes

    def etag(self) -> str:
        (etag,) = re.findall(rb"\r\netag: ([^\r]+)", self.head, re.IGNORECASE)
        return etag.decode()

    def json(self) -> Any:
        return json.loads(self.body)


Client = Generator[bytes, Response, None]

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
BODYLESS = {204, 304}


def get(path: str, *, token: str = "", etag: str = "") -> bytes:
    headers = f"If-None-Match: {etag}\r\n" if etag else ""
    return _request("GET", path, token, headers)


def post(path: str, body: dict[str, Any] | None = None, *, token: str = "") -> bytes:
    return _write("POST", path, body, token)


def put(path: str, body: dict[str, Any], *, token: str = "") -> bytes:
    return _write("PUT", path, body, token)


def _write(method: str, path: str, body: dict[str, Any] | None, token: str) -> bytes:
    content = json.dumps(body) if body else ""
    headers = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return _request(method, path, token, headers, content)


def _request(method: str, path: str, token: str, headers: str, content: str = "") -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}{headers}\r\n{content}".encode()


def run(port: int, clients: Sequence[Client]) -> tuple[float, list[float]]:
    """Runs all clients concurrently until the last one ends.

    Returns the total duration and the duration of each request, in seconds.
    """
    return uvloop.run(_run(port, clients))


async def _run(port: int, clients: Sequence[Client]) -> tuple[float, list[float]]:
    loop = asyncio.get_running_loop()
    durations: list[float] = []
    connections = []
    for client in clients:
        factory = partial(_Connection, client, durations)
        connections.append((await loop.create_connection(factory, "127.0.0.1", port))[1])
    start = perf_counter()
    for connection in connections:
        connection.start()
    await asyncio.gather(*(connection.finished for connection in connections))
    return perf_counter() - start, durations


class _Connection(asyncio.Protocol):
    def __init__(self, client: Client, durations: list[float]) -> None:
        self.client = client
        self.durations = durations
        self.finished = asyncio.get_running_loop().create_future()
        self.received = bytearray()
        self.head = b""
        self.body_length = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def start(self) -> None:
        self._send_next(None)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.head:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return
            self.head = bytes(self.received[: end + 2])
            del self.received[: end + 4]
            length = CONTENT_LENGTH.search(self.head)
            self.body_length = int(length[1]) if length and int(self.head[9:12]) not in BODYLESS else 0
        if len(self.received) >= self.body_length:
            self.durations.append(perf_counter() - self.sent_at)
            response = Response(int(self.head[9:12]), self.head, bytes(self.received))
            self.received.clear()
            self.head = b""
            self._send_next(response)

    def _send_next(self, response: Response | None) -> None:
        """Passes the response to the client and sends the client's next request."""
        try:
            request = self.client.send(response)  # type: ignore[arg-type]
        except StopIteration:
            self.finished.set_result(None)
            self.transport.close()
        except Exception as error:
            self.finished.set_exception(error)
            self.transport.close()
        else:
            self.sent_at = perf_counter()
            self.transport.write(request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.finished.done():
            message = f"The server closed a connection before it responded: {error}"
            self.finished.set_exception(BenchmarkError(message))
