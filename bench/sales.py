"""Bookings by HTTP, with JWT: over many shows, all of one hot show, and a show that 64 people sell out.

Beside them, in the same minutes: what PostgreSQL alone can do of the same sale, and a view that does nothing.
"""

import json
import random
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import count, islice
from typing import Any

from django.db import connection

from bench import agreement, database, filling, limit, people
from bench.client import Client, get, post
from bench.reads import reading
from bench.server import Cinema, Figures, in_turn
from bench.sizes import CLIENTS, ROUNDS, full_or_quick
from bench.wrong import require

SHOWS = full_or_quick(100, 10)
SALES = full_or_quick(3000, 300)
SALES_ALONE = 4 * SALES
USERS = 2000
BUYERS = 64


def measure_requests() -> dict[str, Any]:
    tokens = people.tokens(USERS)
    many = [filling.add_shows(SHOWS) for _ in range(ROUNDS)]
    hot = [filling.make_show(SALES) for _ in range(ROUNDS)]
    small = filling.add_shows(ROUNDS)
    filling.settle()
    if connection.vendor == "sqlite":
        return _in_turn(tokens, many, hot, small, {})
    connection.close()
    alone = database.copy_of(database.own())
    try:
        loads = (limit.load(alone, shows, USERS, SALES_ALONE) for shows in many)
        figures = _in_turn(tokens, many, hot, small, {"the limit": partial(next, loads)})
    finally:
        database.drop(alone)
    return figures | {"hot updates": hot_updates()}


def _in_turn(
    tokens: list[str], many: list[range], hot: list[int], small: range, more: dict[str, Any]
) -> dict[str, Any]:
    shows, hot_shows, small_shows = iter(many), iter(hot), iter(small)
    with Cinema() as cinema:
        sell(cinema, tokens, [1], filling.SEATS)  # It warms up.
        figures = in_turn(
            {
                "constant view": lambda: cinema.load(reading([get("/bench/constant/")], 200)),
                **more,
                "book, many shows": lambda: sell(cinema, tokens, next(shows), SALES),
                "book, one hot show": lambda: sell(cinema, tokens, [next(hot_shows)], SALES),
                "64 sell out 300 seats": lambda: sell_out(cinema, tokens, next(small_shows)),
            }
        )
    agreement.check()
    return figures


def sell(cinema: Cinema, tokens: list[str], shows: Sequence[int], sales: int) -> Figures:
    """So many sales in these shows, by turns; no two of one seat. Each is answered 201."""
    who = count()
    seats = ((show, seat) for seat in count(1) for show in shows)
    left = islice(seats, sales)

    def buy() -> Client:
        for show, seat in left:
            token = tokens[next(who) % len(tokens)]
            answer = yield post(f"/shows/{show}/book/", {"seat_number": seat}, token=token)
            require(answer.status == 201, f"A free seat was answered {answer.status}: {answer.body[:300]!r}")

    begin = log_position()
    figures = cinema.load([buy() for _ in range(CLIENTS)])
    agreement.check_sold(shows, sales)
    if connection.vendor == "postgresql":
        figures["log_bytes"] = (log_position() - begin) / sales
    return figures


def sell_out(cinema: Cinema, tokens: list[str], show: int) -> Figures:
    """64 people, each asking for any seat that is not known to be sold, until all are."""
    free = list(range(1, filling.SEATS + 1))
    answers: Counter[int] = Counter()

    def buy(token: str) -> Client:
        while free:
            seat = random.choice(free)
            answer = yield post(f"/shows/{show}/book/", {"seat_number": seat}, token=token)
            answers[answer.status] += 1
            if seat in free:
                free.remove(seat)
            if answer.status != 201:
                code = json.loads(answer.body).get("code")
                require(code in {"seat_taken", "already_yours"}, f"A buyer was answered {answer.body[:300]!r}")

    figures = cinema.load([buy(token) for token in random.sample(tokens, BUYERS)])
    require(answers[201] == filling.SEATS, f"{filling.SEATS} seats were sold {answers[201]} times.")
    agreement.check_sold([show], filling.SEATS)
    return figures | {"sold": answers[201]}


def log_position() -> int:
    """How many bytes PostgreSQL has written to its log, ever."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
        return int(cursor.fetchone()[0])


def hot_updates() -> dict[str, int]:
    """How many of the updates of seats changed them where they lie. The server has stopped: each of its
    connections has then told what it did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'seats_seat'")
        updates, hot = cursor.fetchone()
    return {"updates": updates, "hot": hot}
