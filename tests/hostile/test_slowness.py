"""Those who send slowly, or stop half way, keep nobody waiting and are told when it is enough."""

import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from cinema.server import bridge
from tests.hostile import impatient
from tests.hostile.wire import JSON, read_verdict, request
from tests.live_server import Server

pytestmark = pytest.mark.django_db(transaction=True)


class ImpatientServer(Server):
    def command(self) -> list[str]:
        return [*super().command(), "--config", str(Path(impatient.__file__))]


def test_a_body_of_a_byte_a_second_keeps_nobody_waiting_and_ends_with_408(hall, as_buyer, alice):
    """More of them than there are threads; the last ones never send a byte."""
    head = request(f"POST /shows/{hall.pk}/book/", as_buyer, JSON, "Content-Length: 18")
    with ImpatientServer(workers=1) as server, ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            for _ in range(3 * bridge.MAX_THREADS)
        ]
        began = time.monotonic()
        for client in slow:
            client.sendall(head)
        for byte in b'{"':
            for client in slow[: 2 * bridge.MAX_THREADS]:
                client.sendall(bytes([byte]))
            asked = time.monotonic()
            answer = server.call("POST", f"/shows/{hall.pk}/book/", {"seat_number": 99}, user=alice)
            assert answer.code == "seat_not_found"
            assert time.monotonic() - asked < impatient.BODY_TIMEOUT - 1
            time.sleep(1)
        assert [read_verdict(client) for client in slow] == ["408 request_timeout"] * len(slow)
        assert time.monotonic() - began >= impatient.BODY_TIMEOUT
        assert server.call("GET", "/readyz").status == 200
    assert not hall.seats.filter(taken=True).exists()


@pytest.mark.parametrize("part", [b"", b"GET /live", b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-A: "])
def test_a_head_that_does_not_end_keeps_nobody_waiting(server, hall, part):
    with ExitStack() as stack:
        for _ in range(100):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            client.sendall(part)
        for _ in range(2 * server.workers):
            assert server.call("GET", f"/shows/{hall.pk}/seats/").status == 200
