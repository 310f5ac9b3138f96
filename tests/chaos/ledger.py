"""A record of everything the service confirmed to buyers, and a check that the database agrees with it."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import psycopg


class Sale(NamedTuple):
    user: int
    show: int
    seat: int


@dataclass
class Ledger:
    """The responses to all buyers of a load test. Buyers write to it concurrently, under `lock`."""

    shows: frozenset[int]
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    dropped: int = 0  # Requests whose connection was refused or ended without a response.
    timeouts: int = 0  # Requests that took longer than the load's timeout, with or without a response.
    slowest_seconds: float = 0.0  # The duration of the slowest request.
    unexpected: list[str] = field(default_factory=list)  # Responses that no client should ever get.
    confirmed: dict[int, Sale] = field(default_factory=dict)  # Confirmed bookings by id.
    keys: dict[int, str] = field(default_factory=dict)  # Idempotency keys of confirmed bookings, by booking id.
    cancelled: set[int] = field(default_factory=set)  # Ids of bookings with a confirmed cancel.
    # Requests without a response: they may have succeeded, and may even still succeed.
    maybe_booked: set[Sale] = field(default_factory=set)
    maybe_cancelled: set[int] = field(default_factory=set)
    # Monotonic start and end time, in seconds, of each request with a 201 response.
    creations: list[tuple[float, float]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock, repr=False)

    def recovery_seconds(self, fault_end: float) -> float | None:
        """Returns the time from the end of a fault to the first 201 response to a request sent after it.

        None if there was no such response.
        """
        return min((end - fault_end for start, end in self.creations if start >= fault_end), default=None)


@dataclass
class Verdict:
    """The differences between a ledger and the database, as one text each."""

    lost: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    inconsistent: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.duplicates or self.inconsistent)

    def __str__(self) -> str:
        lines = (f"{kind}: {difference}" for kind, texts in vars(self).items() for difference in texts)
        return "\n".join(lines) or "clean"


def verify(ledger: Ledger, database_url: str) -> Verdict:
    """Compares the ledger with the database, by plain SQL: the project's code might hide its own errors."""
    verdict = Verdict()
    bookings, seats = _read(database_url, ledger.shows)
    stored = {}
    live: Counter[tuple[int, int]] = Counter()
    for booking_id, user, show, seat, status, key in bookings:
        sale = Sale(user, show, seat)
        stored[booking_id] = (sale, status, key)
        live[show, seat] += status == "booked"
        if booking_id not in ledger.confirmed and sale not in ledger.maybe_booked:
            verdict.duplicates.append(f"booking {booking_id} ({sale}, {status}) was never requested")
    for booking_id, sale in ledger.confirmed.items():
        stored_sale, status, key = stored.get(booking_id, (None, None, None))
        booking = f"confirmed booking {booking_id} ({sale})"
        if stored_sale is None:
            verdict.lost.append(f"{booking} is missing")
        elif stored_sale != sale or key != ledger.keys.get(booking_id, key):
            verdict.lost.append(f"{booking} differs: stored as {stored_sale}, key {key!r}")
        elif status == "booked" and booking_id in ledger.cancelled:
            verdict.lost.append(f"{booking} is booked, although its cancel was confirmed")
        elif status == "cancelled" and booking_id not in ledger.cancelled | ledger.maybe_cancelled:
            verdict.lost.append(f"{booking} is cancelled, although no cancel was requested")
    for show_and_seat, count in live.items():
        if count > 1:
            verdict.duplicates.append(f"show and seat {show_and_seat} have {count} live bookings")
    for show, number, taken in seats:
        if bool(taken) != bool(live[show, number]):
            verdict.inconsistent.append(
                f"seat {number} of show {show}: taken is {taken}, but a live booking is {not taken}"
            )
    return verdict


def _read(database_url: str, shows: Iterable[int]) -> tuple[list[Any], list[Any]]:
    show_ids = ", ".join(map(str, sorted(shows)))
    bookings = f"""SELECT id, user_id, show_id, seat_number, status, idempotency_key
        FROM seats_booking WHERE show_id IN ({show_ids})"""
    seats = f"SELECT show_id, number, taken FROM seats_seat WHERE show_id IN ({show_ids})"
    if database_url.startswith("sqlite"):
        connection: Any = sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=30)
    else:
        connection = psycopg.connect(database_url)
    try:
        # One snapshot for both queries, because a booking may still be under way.
        if isinstance(connection, sqlite3.Connection):
            connection.execute("BEGIN")
        else:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection.execute(bookings).fetchall(), connection.execute(seats).fetchall()
    finally:
        connection.close()


def merge(ledgers: Iterable[Ledger]) -> Ledger:
    """Returns one ledger with the confirmed and possible bookings and cancels of all."""
    ledgers = list(ledgers)
    merged = Ledger(frozenset(chain.from_iterable(ledger.shows for ledger in ledgers)))
    for ledger in ledgers:
        merged.confirmed |= ledger.confirmed
        merged.keys |= ledger.keys
        merged.cancelled |= ledger.cancelled
        merged.maybe_booked |= ledger.maybe_booked
        merged.maybe_cancelled |= ledger.maybe_cancelled
    return merged
