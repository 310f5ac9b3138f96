"""Sends requests as raw bytes, because HTTP client libraries refuse to send malformed ones."""

import http.client
import json
import socket
from contextlib import suppress

from tests.assertions import PROBLEM_FIELDS

# A server that does not respond within this time counts as hanging.
TIMEOUT_SECONDS = 20

JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
MULTIPART = "Content-Type: multipart/form-data; boundary=x"


def build_request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """Returns a request that closes its connection; with Content-Length if it has a body."""
    length = [f"Content-Length: {len(body)}"] if body else []
    lines = [f"{line} HTTP/1.1", "Host: localhost", "Connection: close", *length, *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def outcome(port: int, request: bytes) -> str:
    """Sends the request. Returns status and problem code, such as `400 invalid`, or describes the failure."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
            # A server that rejects a long request may close the connection before it has received everything.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(request)
            return read_outcome(connection)
    except (OSError, http.client.HTTPException) as error:
        return repr(error)


def rejection(port: int, request: bytes) -> str:
    """Returns `rejected` if the server answers 4xx or 501 and closes the connection, else what happened.

    gunicorn itself answers what is not HTTP, in plain text. RFC 9112 wants 501 for an unknown transfer coding.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(request)
            response = http.client.HTTPResponse(connection)
            response.begin()
            response.read()
            with suppress(ConnectionResetError):
                if rest := connection.recv(1):
                    return f"{response.status}, then {rest!r}"
    except (OSError, http.client.HTTPException) as error:
        return repr(error)
    return "rejected" if 400 <= response.status < 500 or response.status == 501 else str(response.status)


def read_outcome(connection: socket.socket) -> str:
    response = http.client.HTTPResponse(connection)
    response.begin()
    if response.status < 400:
        # Does not read the body, because a stream of events never ends.
        return str(response.status)
    content = response.read()
    if response.getheader("Content-Type") != "application/problem+json":
        return f"{response.status} with {content[:200]!r}"
    problem = json.loads(content)
    if problem.keys() < PROBLEM_FIELDS or problem["status"] != response.status:
        return f"{response.status} with an incomplete problem: {problem}"
    return f"{response.status} {problem['code']}"
