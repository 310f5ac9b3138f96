"""A server that gets the stop signal answers the requests that it has, and ends."""

import http.client
import socket
import subprocess
import time

import pytest

from tests.live_server import ROOT, Server, environment
from tests.selection import first_by_default

pytestmark = pytest.mark.django_db(transaction=True)


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
