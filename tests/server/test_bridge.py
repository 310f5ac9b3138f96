"""The server that `make run` runs: many clients, slow ones too, on few threads."""

import asyncio
import contextlib
import http.client
import json
import resource
import socket
import subprocess
import time
from functools import partial

import pytest
from django.db import transaction
from django.test import Client

from cinema.seats.models import Seat
from cinema.server import bridge
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.factories import BookingFactory, ShowFactory
from tests.live_server import ROOT, Server, environment

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 1000


@pytest.fixture
def many_files():
    """This process is the other end of every connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def _listener(port, path):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return reader, writer


async def _event(reader):
    while line := await asyncio.wait_for(reader.readline(), 30):
        if line.startswith(b"data: "):
            return json.loads(line.removeprefix(b"data: "))
    return None


def test_one_process_holds_a_thousand_open_streams_and_sells_and_lets_go_at_once(many_files, alice):
    show = ShowFactory(total_seats=300)

    async def scene(server):
        listeners = []
        for _ in range(CROWD // 100):
            path = f"/shows/{show.pk}/events/"
            listeners += await asyncio.gather(*(_listener(server.port, path) for _ in range(100)))
        readers = [reader for reader, _ in listeners]
        first = await asyncio.gather(*map(_event, readers))
        assert [event["complete"] for event in first] == [True] * CROWD

        sale = {"seat_number": 7}
        booked = await asyncio.to_thread(server.call, "POST", f"/shows/{show.pk}/book/", sale, user=alice)
        assert booked.status == 201
        heard = await asyncio.gather(*map(_event, readers))
        assert [event["seats"] for event in heard] == [[{"seat_number": 7, "status": "taken"}]] * CROWD

        server.process.terminate()
        ends = await asyncio.gather(*map(_event, readers))
        assert ends == [None] * CROWD
        # Before the listeners hang up, and far sooner than requests under way would have to be done.
        await asyncio.to_thread(server.process.wait, 10)
        for _, writer in listeners:
            writer.close()

    with Server(workers=1) as server:
        asyncio.run(scene(server))


def test_open_streams_take_no_thread(show):
    """There are many more of them than threads, of each of many shows."""
    shows = [show, *ShowFactory.create_batch(9)]

    async def scene(server):
        listeners = await asyncio.gather(
            *(_listener(server.port, f"/shows/{show.pk}/events/") for show in shows * 5)
        )
        await asyncio.gather(*(_event(reader) for reader, _ in listeners))
        answer = await asyncio.to_thread(server.call, "GET", f"/shows/{show.pk}/seats/")
        assert answer.status == 200
        for _, writer in listeners:
            writer.close()

    with Server(workers=1) as server:
        asyncio.run(scene(server))


def test_a_server_that_stops_finishes_what_was_begun_and_waits_for_no_idle_connection(alice, show):
    with Server(workers=1) as server:
        never_used = socket.create_connection(("127.0.0.1", server.port))
        kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
        kept.request("GET", "/livez")
        kept.getresponse().read()
        finish = server.begin_to_book(show, alice)
        server.process.terminate()
        time.sleep(1.5)
        assert finish() == 201
        server.process.wait(10)
        never_used.close()
        kept.close()


def test_bodies_that_come_slowly_keep_nobody_waiting(alice, show):
    """More of them than there are threads."""
    with Server(workers=1) as server:
        slow = []
        for _ in range(3 * bridge.THREADS):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nuser")
            slow.append(client)
        answer = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=alice)
        assert answer.status == 201
        for client in slow:
            client.close()


def test_a_body_that_never_comes_is_given_up(monkeypatch):
    monkeypatch.setattr(bridge, "PATIENCE", 0.1)
    sent = []

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [(b"content-length", b"5")]}
    asyncio.run(bridge.application(scope, receive, send))
    body = json.loads(sent[1]["body"])
    assert (sent[0]["status"], body["code"]) == (408, "request_timeout")
    # It never reaches Django, and has an id all the same.
    assert dict(sent[0]["headers"])[b"x-request-id"].decode() == body["request_id"]


class ImpatientServer(Server):
    """It answers within a second."""

    def command(self):
        python, _, _, *arguments = super().command()
        script = (
            "from cinema.server import bridge; bridge.LONGEST = 1; from gunicorn.app.wsgiapp import run; run()"
        )
        return [python, "-c", script, *arguments]


def test_nobody_waits_for_a_database_that_stands_still(alice):
    """What waited for a thread is never done; the rest may be, as the answer says."""
    show = ShowFactory(total_seats=20)
    crowd = range(1, 2 * bridge.THREADS + 1)
    with ImpatientServer(workers=1) as server:

        def book(number):
            began = time.monotonic()
            answer = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": number}, user=alice)
            return answer.status, answer.code, answer.headers["Retry-After"], time.monotonic() - began < 5

        with transaction.atomic():
            list(Seat.objects.select_for_update().filter(show=show))
            answers = run_concurrently([partial(book, number) for number in crowd])
            assert answers == [(503, "unavailable", "1", True)] * len(crowd)
        assert book(20)[0] == 201
        assert Seat.objects.filter(show=show, taken=True).count() <= bridge.THREADS + 1
    assert_consistent()


def test_a_client_who_leaves_half_way_changes_nothing(server, show):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(
            f"POST /shows/{show.pk}/book/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{{".encode()
        )
    time.sleep(0.2)
    assert server.call("GET", f"/shows/{show.pk}/availability/").body["counts"]["taken"] == 0


def test_the_servers_that_speak_only_wsgi_say_how_it_stands_now(show):
    """`gunicorn cinema.wsgi`, for those who have their events served elsewhere."""

    class PlainServer(Server):
        def command(self):
            command = super().command()
            command[command.index("cinema.asgi")] = "cinema.wsgi"
            command[command.index("cinema.server.worker.Worker")] = "gthread"
            return command

    with PlainServer(workers=1) as server, server.listen(f"/shows/{show.pk}/events/") as stream:
        assert stream.event()["complete"]
        assert stream.event() is None
        BookingFactory(show=show, seat_number=3)
        with server.listen(f"/shows/{show.pk}/events/", **{"Last-Event-ID": stream.last_id}) as again:
            assert {"seat_number": 3, "status": "taken"} in again.event()["seats"]
            assert again.event() is None


def raw(server, *lines):
    """The answer to a request as it goes over the wire."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall("".join(f"{line}\r\n" for line in (*lines, "Connection: close", "")).encode())
        return b"".join(iter(lambda: client.recv(65536), b"")).decode("latin-1")


def test_a_header_with_an_underscore_does_not_pass_for_one_with_a_dash():
    """A proxy sets the one with a dash, and passes on what else a client sends."""
    with Server(workers=1, HTTPS="on") as server:
        begin = ("GET /movies/ HTTP/1.1", "Host: localhost")
        assert " 301 " in raw(server, *begin, "X_Forwarded_Proto: https").splitlines()[0]
        assert (
            " 301 "
            in raw(server, *begin, "X_Forwarded_Proto: https", "X-Forwarded-Proto: http").splitlines()[0]
        )
        assert (
            " 200 "
            in raw(server, *begin, "X_Forwarded_Proto: http", "X-Forwarded-Proto: https").splitlines()[0]
        )


def test_cookies_may_come_in_several_headers(server, sam):
    client = Client()
    client.force_login(sam)
    cookie = f"Cookie: sessionid={client.cookies['sessionid'].value}"
    answer = raw(server, "GET /admin/ HTTP/1.1", "Host: localhost", "Cookie: a=1", cookie, "Cookie: b=2")
    assert answer.startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize("after", [0.05, 0.3])
def test_what_begins_just_after_the_word_to_stop_is_finished_or_refused(alice, show, after):
    """Never done and not answered."""
    with Server(workers=1) as server:
        server.process.terminate()
        time.sleep(after)
        try:
            status = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=alice).status
        except OSError:
            status = None
        server.process.wait(10)
    assert status in {201, None}
    assert show.seats.get(number=1).taken == (status == 201)


def test_a_stream_that_opens_during_a_stop_does_not_keep_it(show):
    with Server(workers=1) as server:
        begun = socket.create_connection(("127.0.0.1", server.port))
        begun.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{")
        kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
        kept.connect()
        time.sleep(0.3)
        server.process.terminate()
        time.sleep(0.3)
        kept.request("GET", f"/shows/{show.pk}/events/")
        time.sleep(2)
        begun.sendall(b"}")
        server.process.wait(10)
        begun.close()
        kept.close()


@pytest.mark.parametrize("after", [0.2, 0.6, 1.0])
def test_a_server_that_is_stopped_while_it_starts_stops(after):
    server = Server(workers=1)
    process = subprocess.Popen(server.command(), cwd=ROOT, env=environment())
    time.sleep(after)
    process.terminate()
    process.wait(10)


def test_streams_leave_files_for_others(show):
    class SmallServer(Server):
        def command(self):
            return ["prlimit", "--nofile=128:128", *super().command()]

    with SmallServer(workers=1) as server, contextlib.ExitStack() as streams:
        for _ in range(120):
            stream = streams.enter_context(server.listen(f"/shows/{show.pk}/events/"))
            assert stream.event()["complete"]
        assert server.call("GET", "/livez").status == 200


def test_a_target_may_name_the_host(server):
    answer = raw(server, f"GET {server.url}/livez?x=1 HTTP/1.1", "Host: localhost")
    assert answer.startswith("HTTP/1.1 200 ")
