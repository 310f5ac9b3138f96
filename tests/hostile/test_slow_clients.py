"""Clients that send slowly or stop halfway do not delay others, and slow bodies end with 408."""

import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from cinema.server import bridge
from tests.hostile import short_body_timeout
from tests.hostile.raw_http import JSON, build_request, read_outcome
from tests.live_server import Server

pytestmark = pytest.mark.django_db(transaction=True)


class ShortTimeoutServer(Server):
    def command(self) -> list[str]:
        return [*super().command(), "--config", str(Path(short_body_timeout.__file__))]


@pytest.mark.slow
def test_slow_bodies_do_not_delay_other_requests_and_end_with_408(show, alice_authorization, alice):
    """There are more slow clients than threads. A third of them sends no byte of the body."""
    head = build_request(f"POST /shows/{show.pk}/book/", alice_authorization, JSON, "Content-Length: 18")
    with ShortTimeoutServer(workers=1) as server, ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            for _ in range(3 * bridge.MAX_THREADS)
        ]
        start = time.monotonic()
        for connection in connections:
            connection.sendall(head)
        for byte in b'{"':
            for connection in connections[: 2 * bridge.MAX_THREADS]:
                connection.sendall(bytes([byte]))
            sent = time.monotonic()
            response = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 99}, user=alice)
            assert response.code == "seat_not_found"
            assert time.monotonic() - sent < short_body_timeout.BODY_TIMEOUT_SECONDS - 1
            time.sleep(0.2)
        outcomes = [read_outcome(connection) for connection in connections]
        assert outcomes == ["408 request_timeout"] * len(connections)
        assert time.monotonic() - start >= short_body_timeout.BODY_TIMEOUT_SECONDS
        assert server.call("GET", "/readyz").status == 200
    assert not show.seats.filter(taken=True).exists()


@pytest.mark.parametrize("part", [b"", b"GET /live", b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-A: "])
def test_incomplete_request_heads_do_not_delay_other_requests(server, show, part):
    with ExitStack() as stack:
        for _ in range(100):
            address = ("127.0.0.1", server.port)
            connection = stack.enter_context(socket.create_connection(address, timeout=10))
            connection.sendall(part)
        for _ in range(2 * server.workers):
            assert server.call("GET", f"/shows/{show.pk}/seats/").status == 200
