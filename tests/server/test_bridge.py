"""The ASGI bridge under gunicorn: many clients, slow clients, streams and shutdown, on a few threads."""

import asyncio
import contextlib
import http.client
import json
import os
import resource
import signal
import socket
import subprocess
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
from tests.factories import BookingFactory, ShowFactory, permit
from tests.live_server import ROOT, Server, environment
from tests.selection import first_by_default

pytestmark = pytest.mark.django_db(transaction=True)

STREAMS = 1000


@pytest.fixture
def many_open_files():
    """Raises the limit of open files, because this process is the client of every connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def _open_stream(port, path):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return reader, writer


async def _next_event(reader):
    """Returns the data of the next event, or None at the end of the stream."""
    while line := await asyncio.wait_for(reader.readline(), 30):
        if line.startswith(b"data: "):
            return json.loads(line.removeprefix(b"data: "))
    return None


@pytest.mark.slow
def test_one_process_serves_a_thousand_streams_books_a_seat_and_stops_quickly(many_open_files, alice):
    show = ShowFactory(total_seats=300)

    async def scenario(server):
        streams = []
        for _ in range(STREAMS // 100):
            path = f"/shows/{show.pk}/events/"
            streams += await asyncio.gather(*(_open_stream(server.port, path) for _ in range(100)))
        readers = [reader for reader, _ in streams]
        snapshots = await asyncio.gather(*map(_next_event, readers))
        assert [event["complete"] for event in snapshots] == [True] * STREAMS

        body = {"seat_number": 7}
        booking = await asyncio.to_thread(server.call, "POST", f"/shows/{show.pk}/book/", body, user=alice)
        assert booking.status == 201
        changes = await asyncio.gather(*map(_next_event, readers))
        assert [event["seats"] for event in changes] == [[{"seat_number": 7, "status": "taken"}]] * STREAMS

        server.process.terminate()
        ends = await asyncio.gather(*map(_next_event, readers))
        assert ends == [None] * STREAMS
        # The clients still hold their connections, and the limit for active requests is 20 seconds.
        await asyncio.to_thread(server.process.wait, 10)
        for _, writer in streams:
            writer.close()

    with Server(workers=1) as server:
        asyncio.run(scenario(server))


def test_open_streams_occupy_no_thread(server_with, show):
    """Opens 50 streams of 10 shows, which is far more than there are threads."""
    shows = [show, *ShowFactory.create_batch(9)]

    async def scenario(server):
        streams = await asyncio.gather(
            *(_open_stream(server.port, f"/shows/{show.pk}/events/") for show in shows * 5)
        )
        await asyncio.gather(*(_next_event(reader) for reader, _ in streams))
        answer = await asyncio.to_thread(server.call, "GET", f"/shows/{show.pk}/seats/")
        assert answer.status == 200
        for _, writer in streams:
            writer.close()

    asyncio.run(scenario(server_with(workers=1)))


def test_stopping_server_finishes_active_requests_and_ignores_idle_connections(alice, show):
    with Server(workers=1) as server:
        unused = socket.create_connection(("127.0.0.1", server.port))
        idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
        idle.request("GET", "/livez")
        idle.getresponse().read()
        finish = server.begin_to_book(show, alice)
        server.process.terminate()
        time.sleep(1.5)
        assert finish() == 201
        server.process.wait(10)
        unused.close()
        idle.close()


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


@pytest.mark.slow
def test_events_under_a_wsgi_server_send_the_current_state_and_end(show):
    class WsgiServer(Server):
        def command(self):
            command = super().command()
            command[command.index("cinema.asgi")] = "cinema.wsgi"
            command[command.index("cinema.server.worker.Worker")] = "gthread"
            return command

    with WsgiServer(workers=1) as server, server.listen(f"/shows/{show.pk}/events/") as stream:
        assert stream.event()["complete"]
        assert stream.event() is None
        BookingFactory(show=show, seat_number=3)
        with server.listen(f"/shows/{show.pk}/events/", **{"Last-Event-ID": stream.last_id}) as again:
            assert {"seat_number": 3, "status": "taken"} in again.event()["seats"]
            assert again.event() is None


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


@pytest.mark.parametrize("seconds", first_by_default([0.05, 0.3]))
def test_booking_just_after_the_stop_signal_is_answered_or_not_made(alice, show, seconds):
    with Server(workers=1) as server:
        server.process.terminate()
        time.sleep(seconds)
        try:
            status = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=alice).status
        except OSError:
            status = None
        server.process.wait(10)
    assert status in {201, None}
    assert show.seats.get(number=1).taken == (status == 201)


@pytest.mark.slow
def test_stream_that_opens_during_shutdown_does_not_delay_it(show):
    with Server(workers=1) as server:
        active_request = socket.create_connection(("127.0.0.1", server.port))
        active_request.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{")
        stream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
        stream.connect()
        time.sleep(0.3)
        server.process.terminate()
        time.sleep(0.3)
        stream.request("GET", f"/shows/{show.pk}/events/")
        time.sleep(2)
        active_request.sendall(b"}")
        server.process.wait(10)
        active_request.close()
        stream.close()


@pytest.mark.parametrize("seconds", first_by_default([0.6, 0.2, 1.0]))
def test_stop_signal_during_the_start_stops_the_server(seconds):
    server = Server(workers=1)
    process = subprocess.Popen(server.command(), cwd=ROOT, env=environment())
    time.sleep(seconds)
    process.terminate()
    process.wait(Server.STOP_TIMEOUT_SECONDS)


@pytest.mark.slow
def test_many_streams_leave_file_descriptors_for_other_requests(show):
    class ServerWithFewFiles(Server):
        def command(self):
            return ["prlimit", "--nofile=128:128", *super().command()]

    with ServerWithFewFiles(workers=1) as server, contextlib.ExitStack() as streams:
        for _ in range(120):
            stream = streams.enter_context(server.listen(f"/shows/{show.pk}/events/"))
            assert stream.event()["complete"]
        assert server.call("GET", "/livez").status == 200


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
