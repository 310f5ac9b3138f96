"""Requests as bytes on a socket: no client library stands between them and the server, to put them right."""

import http.client
import json
import socket
from contextlib import suppress

from tests.assertions import PROBLEM_FIELDS

# Seconds. A server that takes longer than this hangs.
PATIENCE = 20

JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
PARTS = "Content-Type: multipart/form-data; boundary=x"


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """A whole request, the only one of its connection; with the length of its body, where it has one."""
    length = [f"Content-Length: {len(body)}"] if body else []
    lines = [f"{line} HTTP/1.1", "Host: localhost", "Connection: close", *length, *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def verdict(port: int, sent: bytes) -> str:
    """Status and code of the problem answered, such as `400 invalid`; or what is wrong with the answer."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
            # A server that refuses to read all of it may hang up before it is sent.
            with suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(sent)
            return read_verdict(client)
    except (OSError, http.client.HTTPException) as error:
        return repr(error)


def rejection(port: int, data: bytes) -> str:
    """Returns `rejected` if the server answers 4xx or 501 and closes the connection, else what happened.

    gunicorn itself answers what is not HTTP, in plain text. RFC 9112 wants 501 for an unknown transfer coding.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
            with suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(data)
            response = http.client.HTTPResponse(client)
            response.begin()
            response.read()
            with suppress(ConnectionResetError):
                if rest := client.recv(1):
                    return f"{response.status}, then {rest!r}"
    except (OSError, http.client.HTTPException) as error:
        return repr(error)
    return "rejected" if 400 <= response.status < 500 or response.status == 501 else str(response.status)


def read_verdict(client: socket.socket) -> str:
    response = http.client.HTTPResponse(client)
    response.begin()
    if response.status < 400:
        # Not read: it may be a stream without end.
        return str(response.status)
    content = response.read()
    if response.getheader("Content-Type") != "application/problem+json":
        return f"{response.status} with {content[:200]!r}"
    problem = json.loads(content)
    if problem.keys() < PROBLEM_FIELDS or problem["status"] != response.status:
        return f"{response.status} with half a problem: {problem}"
    return f"{response.status} {problem['code']}"
