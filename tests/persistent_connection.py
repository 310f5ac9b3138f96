"""An HTTP client that keeps its connection, as browsers and proxies do."""

import http.client
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cinema.server.command import command

_arguments = command(0, 1)
# The server closes a connection that is idle for so long.
KEEP_ALIVE_SECONDS = int(_arguments[_arguments.index("--keep-alive") + 1])


@dataclass
class Received:
    status: int
    headers: http.client.HTTPMessage
    content: bytes


class PersistentConnection:
    """Sends requests one after the other, on a new connection when the server has closed an idle one.

    The closing and the next request can pass each other, so that only the missing answer shows it. A server
    that closes a connection earlier, or instead of an answer, is at fault: the error is raised.
    """

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        # When this connection began to send its last request, and when it had sent it.
        self.began, self.sent = 0.0, 0.0
        # How often the server had closed the connection.
        self.reopened = 0

    def send(self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> Received:
        return self.begin(method, path, headers, body)()

    def begin(
        self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes = b""
    ) -> Callable[[], Received]:
        """Sends a request. The returned function waits for its answer."""
        request = (method, path, list(headers), body)
        is_open, last_began = self.connection.sock is not None, self.began
        try:
            self._send(*request)
            error = None
        except ConnectionError as failed:
            error = failed

        def finish() -> Received:
            try:
                if error:
                    raise error
                return self._receive()
            except ConnectionError:
                # The server read the last request after it began, and answered it later still.
                if not is_open or self.sent - last_began < KEEP_ALIVE_SECONDS:
                    raise
            self.reopened += 1
            self.close()
            self._send(*request)
            return self._receive()

        return finish

    def _send(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.began = time.monotonic()
        try:
            self.connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                self.connection.putheader(name, value)
            self.connection.endheaders(body)
        finally:
            self.sent = time.monotonic()

    def _receive(self) -> Received:
        response = self.connection.getresponse()
        return Received(response.status, response.headers, response.read())

    def close(self) -> None:
        self.connection.close()
