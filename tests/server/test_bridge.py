"""The ASGI bridge under gunicorn: slow clients, slow databases, large answers, and the details of HTTP."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import time
from functools import partial
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from cinema.api import csv_files
from cinema.seats.models import Booking, Seat
from cinema.server import bridge
from tests.assertions import assert_consistent
from tests.chaos.processes import children
from tests.concurrency import run_concurrently
from tests.factories import ShowFactory, permit
from tests.live_server import Server

pytestmark = pytest.mark.django_db(transaction=True)


def test_slow_bodies_do_not_delay_other_requests(server_with, alice, show):
    """Sends three times as many slow bodies as there are threads."""
    server = server_with(workers=1)
    slow_clients = []
    for _ in range(3 * bridge.MAX_THREADS):
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nuser")
        slow_clients.append(client)
    answer = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=alice)
    assert answer.status == 201
    for client in slow_clients:
        client.close()


def test_body_that_never_arrives_gets_408(monkeypatch):
    monkeypatch.setattr(bridge, "BODY_TIMEOUT", 0.1)
    messages = []

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        messages.append(message)

    scope = {"type": "http", "method": "POST", "headers": [(b"content-length", b"5")]}
    asyncio.run(bridge.application(scope, receive, send))
    start, body = messages[0], json.loads(messages[1]["body"])
    assert (start["status"], body["code"]) == (408, "request_timeout")
    # The request never reaches Django's middleware, and still has a request id.
    assert dict(start["headers"])[b"x-request-id"].decode() == body["request_id"]


class ServerWithShortTimeout(Server):
    """Its RESPONSE_TIMEOUT is one second."""

    def command(self):
        python, _, _, *arguments = super().command()
        script = (
            "from cinema.server import bridge; bridge.RESPONSE_TIMEOUT = 1; "
            "from gunicorn.app.wsgiapp import run; run()"
        )
        return [python, "-c", script, *arguments]


@pytest.mark.slow
def test_requests_to_a_frozen_database_get_503(alice):
    """A request that waited for a thread is never executed. A running one may succeed, as the 503 says."""
    show = ShowFactory(total_seats=20)
    numbers = range(1, 2 * bridge.MAX_THREADS + 1)
    with ServerWithShortTimeout(workers=1) as server:

        def book(number):
            began = time.monotonic()
            answer = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": number}, user=alice)
            return answer.status, answer.code, answer.headers["Retry-After"], time.monotonic() - began < 20

        with transaction.atomic():
            list(Seat.objects.select_for_update().filter(show=show))
            answers = run_concurrently([partial(book, number) for number in numbers])
            assert answers == [(503, "unavailable", "1", True)] * len(numbers)
        assert book(20)[0] == 201
        assert Seat.objects.filter(show=show, taken=True).count() <= bridge.MAX_THREADS + 1
    assert_consistent()


def test_client_that_disconnects_in_the_middle_of_its_body_changes_nothing(server, show):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(
            f"POST /shows/{show.pk}/book/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{{".encode()
        )
    time.sleep(0.2)
    assert server.call("GET", f"/shows/{show.pk}/availability/").body["counts"]["taken"] == 0


def exchange(server, *lines):
    """Sends a request, given as its lines, and returns the whole response."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall("".join(f"{line}\r\n" for line in (*lines, "Connection: close", "")).encode())
        return b"".join(iter(lambda: client.recv(65536), b"")).decode("latin-1")


def peak_memory_bytes(server):
    """The largest size of the only worker of the server until now."""
    (worker,) = children(server.process.pid)
    (line,) = [line for line in Path(f"/proc/{worker}/status").read_text().splitlines() if "VmHWM" in line]
    return int(line.split()[1]) * 1024


@pytest.mark.slow
def test_large_csv_file_is_sent_in_parts_and_never_in_memory_as_a_whole(sam):
    show = ShowFactory()
    name = "🎬" * 200  # 800 bytes in the file.
    numbers = range(1, 20_001)
    Booking.objects.bulk_create(
        Booking(show=show, seat_number=number, sold_label=f"A{number}", guest_name=name) for number in numbers
    )
    path = f"/shows/{show.pk}/guests/?format=csv"
    token = f"Authorization: Bearer {AccessToken.for_user(permit(sam, 'view_booking'))}"
    with Server(workers=1) as server:
        before = peak_memory_bytes(server)
        answer = exchange(server, f"GET {path} HTTP/1.1", "Host: localhost", token)
        growth = peak_memory_bytes(server) - before
        headers_only = exchange(server, f"HEAD {path} HTTP/1.1", "Host: localhost", token)

    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ")
    parts = list(chunks(body))
    file = "".join(parts).encode("latin-1")
    assert len(file) > 10 * csv_files.MAX_SPOOLED_BYTES
    assert growth < len(file)
    assert max(map(len, parts)) <= csv_files.PART_SIZE_BYTES
    _, *lines = file.decode().splitlines()
    assert [line.split(",")[1:3] for line in lines] == [[f"A{number}", name] for number in numbers]
    assert headers_only.startswith("HTTP/1.1 200 ")
    assert headers_only.endswith("\r\n\r\n")


def chunks(body):
    """The chunks of a body in chunked transfer coding."""
    position = 0
    while True:
        end = body.index("\r\n", position)
        size = int(body[position:end], 16)
        if not size:
            return
        yield body[end + 2 : end + 2 + size]
        position = end + 2 + size + 2


def test_header_with_an_underscore_is_ignored():
    """A proxy overwrites only the header with a dash, so a client could forge the other one."""
    with Server(workers=1, HTTPS="on") as server:

        def status(*headers):
            start = ("GET /movies/ HTTP/1.1", "Host: localhost")
            return exchange(server, *start, *headers).split(" ", 2)[1]

        assert status("X_Forwarded_Proto: https") == "301"
        assert status("X_Forwarded_Proto: https", "X-Forwarded-Proto: http") == "301"
        assert status("X_Forwarded_Proto: http", "X-Forwarded-Proto: https") == "200"


def test_cookies_in_several_headers_are_combined(server, sam):
    client = Client()
    client.force_login(sam)
    cookie = f"Cookie: sessionid={client.cookies['sessionid'].value}"
    response = exchange(server, "GET /admin/ HTTP/1.1", "Host: localhost", "Cookie: a=1", cookie, "Cookie: b=2")
    assert response.startswith("HTTP/1.1 200 ")


def test_request_target_may_be_a_whole_url(server):
    response = exchange(server, f"GET {server.url}/livez?x=1 HTTP/1.1", "Host: localhost")
    assert response.startswith("HTTP/1.1 200 ")


@pytest.mark.slow
def test_rush_of_connections_is_queued_while_the_workers_are_busy():
    """A worker that is stopped accepts nothing, so that all connections wait in the queue of the socket."""
    with Server(workers=1) as server:
        worker, *_ = children(server.process.pid)
        os.kill(worker, signal.SIGSTOP)
        try:
            with contextlib.ExitStack() as stack:
                for _ in range(300):
                    address = ("127.0.0.1", server.port)
                    stack.enter_context(socket.create_connection(address, timeout=0.9))
        finally:
            os.kill(worker, signal.SIGCONT)
        assert server.call("GET", "/livez").status == 200
