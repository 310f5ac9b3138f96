"""Bookings over HTTP with JWT: over many shows, in one hot show, and 64 buyers competing for one show's seats.

The same rounds measure two baselines: pgbench with the same SQL, and a constant view.
"""

import json
import random
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import count, islice
from typing import Any

from django.db import connection

from bench import consistency, database, fixtures, pgbench, users
from bench.client import Client, get, post
from bench.errors import require
from bench.reads import reading_clients
from bench.server import BenchServer, Figures, run_in_rounds
from bench.sizes import CLIENTS, ROUNDS, full_or_quick

SHOWS = full_or_quick(100, 10)
BOOKINGS = full_or_quick(3000, 300)
PGBENCH_BOOKINGS = 4 * BOOKINGS
USERS = 2000
COMPETING_BUYERS = 64


def measure() -> dict[str, Any]:
    tokens = users.create_tokens(USERS)
    # New shows for each round, because booked seats stay booked.
    many_shows = [fixtures.add_shows(SHOWS) for _ in range(ROUNDS)]
    hot_shows = [fixtures.create_show(BOOKINGS) for _ in range(ROUNDS)]
    contested_shows = fixtures.add_shows(ROUNDS)
    fixtures.analyze_and_checkpoint()
    if connection.vendor == "sqlite":
        return _run(tokens, many_shows, hot_shows, contested_shows, {})
    connection.close()
    pgbench_database = database.create_copy(database.current_url())
    try:
        runs = (pgbench.run(pgbench_database, shows, USERS, PGBENCH_BOOKINGS) for shows in many_shows)
        figures = _run(tokens, many_shows, hot_shows, contested_shows, {"pgbench": partial(next, runs)})
    finally:
        database.drop(pgbench_database)
    return figures | {"hot updates": hot_updates()}


def _run(
    tokens: list[str],
    many_shows: list[range],
    hot_shows: list[int],
    contested_shows: range,
    baselines: dict[str, Any],
) -> dict[str, Any]:
    many, hot, contested = iter(many_shows), iter(hot_shows), iter(contested_shows)
    with BenchServer() as server:
        book(server, tokens, [1], fixtures.SEATS)  # Warms the server up.
        figures = run_in_rounds(
            {
                "constant view": lambda: server.load(reading_clients([get("/bench/constant/")], 200)),
                **baselines,
                "book, many shows": lambda: book(server, tokens, next(many), BOOKINGS),
                "book, one hot show": lambda: book(server, tokens, [next(hot)], BOOKINGS),
                "64 buyers, 300 seats": lambda: sell_out(server, tokens, next(contested)),
            }
        )
    consistency.check()
    return figures


def book(server: BenchServer, tokens: list[str], shows: Sequence[int], number: int) -> Figures:
    """Books this many different seats, the shows taking turns. Every response must be 201."""
    buyer = count()
    seats = ((show, seat) for seat in count(1) for show in shows)
    remaining = islice(seats, number)

    def buy() -> Client:
        for show, seat in remaining:
            token = tokens[next(buyer) % len(tokens)]
            response = yield post(f"/shows/{show}/book/", {"seat_number": seat}, token=token)
            message = f"Booking an available seat returned {response.status}: {response.body[:300]!r}"
            require(response.status == 201, message)

    wal_start = wal_position()
    figures = server.load([buy() for _ in range(CLIENTS)])
    consistency.check_sold(shows, number)
    if connection.vendor == "postgresql":
        figures["wal_bytes"] = (wal_position() - wal_start) / number
    return figures


def sell_out(server: BenchServer, tokens: list[str], show: int) -> Figures:
    """Lets 64 buyers book random seats until none is left. Each seat must be sold exactly once."""
    available = list(range(1, fixtures.SEATS + 1))
    statuses: Counter[int] = Counter()

    def buy(token: str) -> Client:
        while available:
            seat = random.choice(available)
            response = yield post(f"/shows/{show}/book/", {"seat_number": seat}, token=token)
            statuses[response.status] += 1
            if seat in available:
                available.remove(seat)
            if response.status != 201:
                code = json.loads(response.body).get("code")
                message = f"A buyer's booking returned {response.body[:300]!r}"
                require(code in {"seat_taken", "already_yours"}, message)

    figures = server.load([buy(token) for token in random.sample(tokens, COMPETING_BUYERS)])
    require(statuses[201] == fixtures.SEATS, f"{fixtures.SEATS} seats were sold {statuses[201]} times.")
    consistency.check_sold([show], fixtures.SEATS)
    return figures | {"sold": statuses[201]}


def wal_position() -> int:
    """Returns the current position in PostgreSQL's write-ahead log in bytes; 0 on SQLite."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
        return int(cursor.fetchone()[0])


def hot_updates() -> dict[str, int]:
    """Returns the number of updates of seats, and how many of them were heap-only tuple (HOT) updates.

    The server must have stopped, because a connection reports all its statistics only when it closes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'seats_seat'")
        updates, hot = cursor.fetchone()
    return {"updates": updates, "hot": hot}
