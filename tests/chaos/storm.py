"""A buying storm: people who look, book, hold and cancel as fast as they are answered, and keep account of it.

It knows nothing of the database or of what is done to the servers meanwhile. `ledger.verify` tells afterwards
whether the database agrees with what the buyers were told:

    with Storm(["http://127.0.0.1:8000"], tokens, shows, seats=60, seed=1) as storm:
        …
    assert not storm.ledger.faulty and verify(storm.ledger, database_url).clean
"""

import random
import threading
import time
from typing import Any

from tests.chaos.buyer import Buyer
from tests.chaos.ledger import Ledger


class Storm:
    """`with Storm(…) as storm:` has one buyer for each token, each a thread, until the block ends.

    Buyers go to any of `bases`, and to another when a connection breaks. `shows` are theirs alone, with seats
    1 to `seats` each, none of them sold. No request may take longer than `patience` seconds. Whoever waits for
    an answer to a request with an Idempotency-Key, or to a cancel, when the storm is over, goes on asking for
    `settling` seconds. `people` may be others than buyers.
    """

    def __init__(
        self,
        bases: list[str],
        tokens: list[str],
        shows: list[int],
        *,
        seats: int,
        seed: object,
        patience: float = 20,
        settling: float = 20,
        people: type[Buyer] = Buyer,
    ) -> None:
        self.bases, self.shows, self.seats = bases, shows, seats
        self.patience, self.settling = patience, settling
        self.ledger = Ledger(frozenset(shows))
        self.over = threading.Event()
        self.settled_by = float("inf")
        buyers = [people(self, token, random.Random(f"{seed} {n}")) for n, token in enumerate(tokens)]
        self.threads = [threading.Thread(target=buyer.go_on, daemon=True) for buyer in buyers]

    def __enter__(self) -> "Storm":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.settled_by = time.monotonic() + self.settling
        self.over.set()
        for thread in self.threads:
            thread.join(max(0.0, self.settled_by - time.monotonic()) + self.patience + 5)
        left = sum(thread.is_alive() for thread in self.threads)
        with self.ledger.lock:
            self.ledger.hangs += left
