"""Subscriptions, a receiver of webhooks that can be down, and what is delivered to it."""

import base64
import hmac
import io
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import call_command
from django.db.models import F

from cinema.notices import triggers
from cinema.notices.models import Delivery, Notice, Subscription
from cinema.seats.booking import services
from tests.factories import ShowFactory
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


def deliver():
    call_command("deliver", "--once", stdout=io.StringIO())


def pass_time(**time_passed):
    """Lets everything that is stored have happened earlier."""
    earlier = timedelta(**time_passed)
    Delivery.objects.update(next_at=F("next_at") - earlier)
    Subscription.objects.update(paused_until=F("paused_until") - earlier)
    Notice.objects.update(created_at=F("created_at") - earlier)


@pytest.fixture
def sell(alice, webhook):
    """Sells the next seats of a show. Returns the ids of the bookings."""
    show = ShowFactory(total_seats=100)
    seats = iter(range(1, 101))
    return lambda count=1: [
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=next(seats)).pk for _ in range(count)
    ]
