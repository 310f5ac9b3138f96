"""Restarts the server while clients send requests. Its socket outlives it, like cinema.socket in production."""

import http.client
import socket
import subprocess
import threading
import time

import pytest

from cinema.server.command import HOST, command
from tests.live_server import ROOT, Server, environment

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CLIENTS, RESTARTS = 16, 3


class ActivatedServer(Server):
    """A server whose listening socket belongs to this process, and outlives it."""

    def __init__(self, listener):
        super().__init__(workers=2)
        self.listener, self.port = listener, listener.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"

    def __enter__(self):
        descriptor = self.listener.fileno()
        arguments = command(self.port, self.workers, self.listener)
        self.process = subprocess.Popen(arguments, cwd=ROOT, env=environment(), pass_fds=[descriptor])
        self.wait_until_ready()
        return self


class Clients:
    """Threads that send one request after another, each on a new connection, as nginx does."""

    def __init__(self, port):
        self.port, self.answered, self.failures = port, 0, []
        self.stop = threading.Event()

    def __enter__(self):
        self.threads = [threading.Thread(target=self.run) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()
        return self

    def run(self):
        while not self.stop.is_set():
            connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
            try:
                connection.connect()
                # Longer than the network takes, so that a stopping server has accepted many such connections.
                time.sleep(0.03)
                connection.request("GET", "/livez")
                assert connection.getresponse().status == 200
                self.answered += 1
            except (OSError, AssertionError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            finally:
                connection.close()

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_restart_fails_no_request():
    with (
        socket.create_server((HOST, 0), backlog=2048) as listener,
        Clients(listener.getsockname()[1]) as clients,
    ):
        for restart in range(RESTARTS):
            with ActivatedServer(listener):
                time.sleep(0.5)
                if restart == RESTARTS - 1:
                    clients.end()
    assert clients.failures == []
    assert clients.answered > 500
