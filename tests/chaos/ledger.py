"""What buyers were told, and whether the database agrees with it."""

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
    """Every answer of a storm, added up by all its buyers at once."""

    shows: frozenset[int]
    requests: int = 0
    answers: Counter[int] = field(default_factory=Counter)  # By status.
    cut: int = 0  # Connections that ended without an answer, or were refused.
    hangs: int = 0  # Requests that took longer than the buyers' patience, answered or not.
    slowest: float = 0.0  # The longest request, in seconds.
    faulty: list[str] = field(default_factory=list)  # Answers that nobody should get.
    sold: dict[int, Sale] = field(default_factory=dict)  # By the booking's id: what was acknowledged.
    keys: dict[int, str] = field(default_factory=dict)  # The Idempotency-Key of those that had one.
    cancelled: set[int] = field(default_factory=set)  # Cancels that were acknowledged.
    # What was asked for without ever getting an answer: it may have been done, or may yet be.
    perhaps_sold: set[Sale] = field(default_factory=set)
    perhaps_cancelled: set[int] = field(default_factory=set)
    # When each request that was answered 201 began, and when its answer came, by the monotonic clock.
    sales: list[tuple[float, float]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock, repr=False)

    def recovery(self, ended: float) -> float | None:
        """Seconds from the end of a fault to the first sale that was asked for since; None without one."""
        return min((came - ended for began, came in self.sales if began >= ended), default=None)


@dataclass
class Verdict:
    """What the database has that buyers should not have to live with: nothing, it is to be hoped."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disagreeing: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.disagreeing)

    def __str__(self) -> str:
        named = vars(self).items()
        return "\n".join(f"{name}: {fault}" for name, faults in named for fault in faults) or "clean"


def verify(ledger: Ledger, database_url: str) -> Verdict:
    """Looks at the database itself, past the project's code: a plain connection, two plain queries."""
    verdict = Verdict()
    bookings, seats = _read(database_url, ledger.shows)
    found = {}
    live: Counter[tuple[int, int]] = Counter()
    for booking_id, user, show, seat, status, key in bookings:
        sale = Sale(user, show, seat)
        found[booking_id] = (sale, status, key)
        live[show, seat] += status == "booked"
        if booking_id not in ledger.sold and sale not in ledger.perhaps_sold:
            verdict.doubled.append(f"nobody asked for booking {booking_id}, {sale}, {status}")
    for booking_id, sale in ledger.sold.items():
        there, status, key = found.get(booking_id, (None, None, None))
        told = f"booking {booking_id}, {sale}, of which the buyer was told,"
        if there is None:
            verdict.lost.append(f"{told} is not there")
        elif there != sale or key != ledger.keys.get(booking_id, key):
            verdict.lost.append(f"{told} is another: {there}, key {key!r}")
        elif status == "booked" and booking_id in ledger.cancelled:
            verdict.lost.append(f"{told} is booked, though its cancel was acknowledged")
        elif status == "cancelled" and booking_id not in ledger.cancelled | ledger.perhaps_cancelled:
            verdict.lost.append(f"{told} is cancelled, though nobody asked for that")
    for place, count in live.items():
        if count > 1:
            verdict.doubled.append(f"show and seat {place} are sold {count} times")
    for show, number, taken in seats:
        if bool(taken) != bool(live[show, number]):
            verdict.disagreeing.append(f"seat {number} of show {show} is taken: {taken}, sold: {not taken}")
    return verdict


def _read(database_url: str, shows: Iterable[int]) -> tuple[list[Any], list[Any]]:
    among = ", ".join(map(str, sorted(shows)))
    bookings = f"""SELECT id, user_id, show_id, seat_number, status, idempotency_key
        FROM seats_booking WHERE show_id IN ({among})"""
    seats = f"SELECT show_id, number, taken FROM seats_seat WHERE show_id IN ({among})"
    if database_url.startswith("sqlite"):
        connection: Any = sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=30)
    else:
        connection = psycopg.connect(database_url)
    try:
        # One transaction, so that both are of one moment even when somebody still buys.
        if isinstance(connection, sqlite3.Connection):
            connection.execute("BEGIN")
        else:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection.execute(bookings).fetchall(), connection.execute(seats).fetchall()
    finally:
        connection.close()


def together(ledgers: Iterable[Ledger]) -> Ledger:
    """The ledgers of several storms as one, to look once more at all that was ever acknowledged."""
    ledgers = list(ledgers)
    whole = Ledger(frozenset(chain.from_iterable(ledger.shows for ledger in ledgers)))
    for ledger in ledgers:
        whole.sold |= ledger.sold
        whole.keys |= ledger.keys
        whole.cancelled |= ledger.cancelled
        whole.perhaps_sold |= ledger.perhaps_sold
        whole.perhaps_cancelled |= ledger.perhaps_cancelled
    return whole
