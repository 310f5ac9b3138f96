"""Subscriptions, and a receiver of webhooks that can be down."""

import base64
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cinema.notices import triggers
from cinema.notices.models import Subscription
from tests.ports import spare_port


@pytest.fixture(autouse=True)
def _triggers_are_turned_off(transactional_db):
    yield
    # The tests flush the tables, but the triggers would stay for those that follow.
    triggers.turn_off()


@pytest.fixture
def changes(transactional_db):
    """Somebody reads `GET /changes/`, so that notices are written."""
    return Subscription.objects.create(name="reader", kind="changes")


class Receiver:
    """A webhook on a port of this machine. `start()` and `stop()` it; `received` are the bodies."""

    def __init__(self):
        self.port = spare_port()
        self.url = f"http://127.0.0.1:{self.port}/hook?shop=1"
        self.received, self.headers, self.statuses = [], [], []
        self.server = None

    def start(self, server_class=ThreadingHTTPServer):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver.statuses.pop(0) if receiver.statuses else 204
                if status == 204:
                    receiver.received.append(json.loads(body))
                    receiver.headers.append((self.path, dict(self.headers), body))
                self.send_response(status)
                self.send_header("location", receiver.url)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = server_class(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @property
    def bookings(self):
        return [content["data"].get("booking") for content in self.received]


@pytest.fixture
def receiver():
    receiver = Receiver().start()
    yield receiver
    receiver.stop()


@pytest.fixture
def webhook(transactional_db, receiver):
    return Subscription.objects.create(name="shop", kind="webhook", url=receiver.url)


def signature(secret, message_id, timestamp, body):
    """As a receiver computes it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, "sha256").digest()).decode()
