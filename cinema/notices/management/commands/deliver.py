"""Sends mails and webhooks about bookings, until it is stopped."""

import signal
import time
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection

from cinema.notices.delivery import Deliverer
from cinema.notices.outbox import delete_old, dispatch

POLL_SECONDS = 1.0
CLEAN_UP_SECONDS = 3600


class Command(BaseCommand):
    help = "Sends mails and webhooks about bookings, until it is stopped. Several may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Stop when nothing is due.")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        stop = Event()
        if not once:
            signal.signal(signal.SIGTERM, lambda *_: stop.set())
        deliverer = Deliverer()
        try:
            self._run(deliverer, stop, once)
        finally:
            deliverer.stop()

    def _run(self, deliverer: Deliverer, stop: Event, once: bool) -> None:
        cleaned_up = float("-inf")
        while not stop.is_set():
            try:
                found = dispatch()
                is_busy = deliverer.start()
                if time.monotonic() - cleaned_up > CLEAN_UP_SECONDS:
                    delete_old()
                    cleaned_up = time.monotonic()
            except DatabaseError as error:
                if once:
                    raise
                self.stderr.write(f"The database does not answer: {error}")
                connection.close()
                found, is_busy = 0, False
            if once and not found and not is_busy:
                break
            stop.wait(0.05 if once else POLL_SECONDS)
