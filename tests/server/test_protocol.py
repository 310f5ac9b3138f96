"""gunicorn's HTTP protocol: WebSockets, clients that send nothing more, and clients that do not read."""

import contextlib
import os
import re
import socket
import time

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from tests.chaos.processes import children
from tests.live_server import Server

pytestmark = pytest.mark.django_db(transaction=True)

# More than the kernel buffers for one connection.
LARGE_ANSWERS = b"GET /redoc/redoc.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20


class ServerWithLongKeepAlive(Server):
    """It keeps idle connections longer than the tests wait, like the systemd unit."""

    def command(self):
        command = super().command()
        command[command.index("--keep-alive") + 1] = "75"
        return command


@pytest.fixture
def server(server_with):
    return server_with(ServerWithLongKeepAlive, workers=1)


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def send_and_half_close(server, request):
    """Sends the request, ends the sending side, and returns all that the server sends until it closes."""
    deadline = time.monotonic() + 20
    answer = b""
    with connect(server) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        while part := client.recv(65536):
            answer += part
            assert time.monotonic() < deadline
    return answer


def request(method, path, *headers, body=b""):
    length = [f"Content-Length: {len(body)}"] if body else []
    return (
        "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *length, *headers, "", ""]).encode() + body
    )


@pytest.mark.parametrize("version", ["13", "8"])
def test_websocket_request_gets_the_ordinary_answer(server, show, version):
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Version: {version}"]
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    answer = send_and_half_close(server, request("GET", f"/shows/{show.pk}/", *upgrade, key))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"total_seats":12' in answer
    unknown = send_and_half_close(server, request("GET", "/nowhere", *upgrade, key))
    assert unknown.startswith(b"HTTP/1.1 404 ")


def test_client_that_half_closes_after_its_request_gets_the_answer(server, alice, show):
    token = f"Authorization: Bearer {AccessToken.for_user(alice)}"
    json = "Content-Type: application/json"
    booking = request("POST", f"/shows/{show.pk}/book/", token, json, body=b'{"seat_number": 3}')
    assert send_and_half_close(server, booking).startswith(b"HTTP/1.1 201 ")
    no_body = request("POST", f"/shows/{show.pk}/hold/book/", token, "Content-Length: 0")
    assert send_and_half_close(server, no_body).startswith(b"HTTP/1.1 404 ")
    answer = send_and_half_close(server, request("GET", f"/shows/{show.pk}/availability/"))
    assert answer.endswith(b'"statuses":"aataaaaaaaaa"}')


def test_client_that_half_closes_after_several_requests_gets_all_answers(server, show):
    answers = send_and_half_close(server, request("GET", "/livez") * 3 + request("GET", f"/shows/{show.pk}/"))
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200"] * 4
    assert b'"total_seats":12' in answers


def test_stream_ends_when_its_client_half_closes(server, show):
    answer = send_and_half_close(server, request("GET", f"/shows/{show.pk}/events/"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"0\r\n\r\n")


def test_client_that_half_closes_within_its_body_gets_no_answer_and_changes_nothing(server, alice, show):
    token = f"Authorization: Bearer {AccessToken.for_user(alice)}"
    head = request("POST", f"/shows/{show.pk}/book/", token, "Content-Length: 99")
    assert send_and_half_close(server, head + b'{"seat_number": 3}') == b""
    assert not show.seats.filter(taken=True).exists()


class ServerWithShortTimeout(Server):
    """It closes a connection after a second in which the client reads nothing."""

    def command(self):
        python, _, _, *arguments = super().command()
        script = (
            "from cinema.server import protocol; protocol.UNREAD_TIMEOUT_SECONDS = 1; "
            "from gunicorn.app.wsgiapp import run; run()"
        )
        return [python, "-c", script, *arguments]


@contextlib.contextmanager
def clients_that_do_not_read(server, count):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(count)]
        for client in clients:
            client.sendall(LARGE_ANSWERS)
        for client in clients:
            assert client.recv(1) == b"H"
        yield clients


@pytest.mark.slow
def test_connection_whose_client_does_not_read_is_closed_after_a_time():
    with ServerWithShortTimeout(workers=1) as server:
        worker, *_ = children(server.process.pid)
        open_files = len(os.listdir(f"/proc/{worker}/fd"))
        with clients_that_do_not_read(server, 20):
            # They read the first byte only.
            deadline = time.monotonic() + 20
            while len(os.listdir(f"/proc/{worker}/fd")) > open_files + 1:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert server.call("GET", "/livez").status == 200


@pytest.mark.slow
def test_stopping_server_does_not_wait_for_clients_that_do_not_read():
    """The limit for other active requests is 20 seconds."""
    with Server(workers=1) as server, clients_that_do_not_read(server, 20):
        server.process.terminate()
        server.process.wait(15)


def test_stopping_server_sends_a_large_answer_to_a_client_that_reads():
    with Server(workers=1) as server, clients_that_do_not_read(server, 1) as (client,):
        server.process.terminate()
        time.sleep(1)
        answers = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, rest = answers.partition(b"\r\n\r\n")
    assert head.startswith(b"TTP/1.1 200 ")
    assert len(rest) >= int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])
