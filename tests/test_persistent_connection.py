"""The client of random tests forgives a server only the closing of a connection that was idle."""

import socket
import threading

import pytest

from tests import persistent_connection
from tests.persistent_connection import PersistentConnection

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def port():
    """A server that closes each connection after one answer, without saying so."""

    def serve(listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(1000)
                connection.sendall(ANSWER)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=[listener], daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(30)


@pytest.fixture
def connection(port):
    connection = PersistentConnection(port)
    assert connection.send("GET", "/", []).status == 200
    yield connection
    connection.close()


def test_connection_that_was_closed_while_idle_is_opened_again(connection, monkeypatch):
    monkeypatch.setattr(persistent_connection, "KEEP_ALIVE_SECONDS", 0)
    assert connection.send("GET", "/", []).content == b"ok"
    assert connection.reopened == 1


def test_connection_that_is_closed_before_the_keep_alive_is_an_error(connection, monkeypatch):
    monkeypatch.setattr(persistent_connection, "KEEP_ALIVE_SECONDS", 600)
    with pytest.raises(ConnectionError):
        connection.send("GET", "/", [])
    assert connection.reopened == 0
