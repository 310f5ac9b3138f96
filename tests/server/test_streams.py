"""Event streams under gunicorn: a thousand in one process, on a few threads and files."""

import asyncio
import contextlib
import json
import resource

import pytest

from tests.factories import BookingFactory, ShowFactory
from tests.live_server import Server

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
