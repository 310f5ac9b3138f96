"""A load test: buyers book, hold and cancel as fast as the service responds, and record its responses.

The load knows nothing about the database or about faults. Afterwards `ledger.verify` compares the database with
what the service confirmed:

    with BookingLoad(["http://127.0.0.1:8000"], tokens, shows, seats=60, seed=1) as load:
        …
    assert not load.ledger.unexpected and verify(load.ledger, database_url).clean
"""

import http.client
import random
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.chaos.buyer import Buyer
from tests.chaos.ledger import Ledger


def connect(base_url: str, timeout_seconds: float) -> http.client.HTTPConnection:
    url = urlsplit(base_url)
    return http.client.HTTPConnection(url.hostname or "", url.port, timeout=timeout_seconds)


class BookingLoad:
    """`with BookingLoad(…) as load:` runs one client per token, each in a thread, until the block ends.

    - Clients connect to a random one of `base_urls`, and choose again after a connection error.
    - `shows` must have the seats 1 to `seats`, none of them sold, and no other clients.
    - A request may take `timeout` seconds.
    - `connect` makes a client's connection to a base URL.
    - When the block ends, clients keep retrying unanswered cancels, bookings of a hold, and requests with an
      Idempotency-Key, for at most `settle_seconds`.
    """

    def __init__(
        self,
        base_urls: list[str],
        tokens: list[str],
        shows: list[int],
        *,
        seats: int,
        seed: object,
        timeout: float = 20,
        settle_seconds: float = 20,
        client_class: type[Buyer] = Buyer,
        connect: Callable[[str, float], http.client.HTTPConnection] = connect,
    ) -> None:
        self.connect = connect
        self.base_urls, self.shows, self.seats = base_urls, shows, seats
        self.timeout, self.settle_seconds = timeout, settle_seconds
        self.ledger = Ledger(frozenset(shows))
        self.ended = threading.Event()
        self.settle_deadline = float("inf")
        clients = [
            client_class(self, token, random.Random(f"{seed} {number}")) for number, token in enumerate(tokens)
        ]
        self.threads = [threading.Thread(target=client.run, daemon=True) for client in clients]

    def __enter__(self) -> "BookingLoad":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.settle_deadline = time.monotonic() + self.settle_seconds
        self.ended.set()
        for thread in self.threads:
            thread.join(max(0.0, self.settle_deadline - time.monotonic()) + self.timeout + 5)
        still_running = sum(thread.is_alive() for thread in self.threads)
        with self.ledger.lock:
            self.ledger.timeouts += still_running
