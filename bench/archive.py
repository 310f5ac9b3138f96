"""`archive_shows` on a year of shows while clients book: database size, duration, memory and response times.

It takes minutes, so it runs only by name: `python -m bench archive`. The clients book and cancel without a
pause, before and during the command. Afterwards a second year of shows is added, which reuses the space.
"""

import os
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from subprocess import Popen
from threading import Event, Thread
from time import perf_counter
from typing import Any

from django.db import connection

from bench import consistency, fixtures, users
from bench.client import Client, post
from bench.database import ROOT, current_url
from bench.errors import require
from bench.server import BenchServer
from bench.sizes import QUICK

# 300 seats each: a year of ten screens, with about 27 shows a day together.
SHOWS = 100 if QUICK else 10_000
BOOKED_SEATS = 100
BUYERS = 2
REQUESTS_BEFORE = 100 if QUICK else 5_000

MOVE_TO_LAST_YEAR = {
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', date_time, '-' || (130 + id %% 365) || ' days')",
    "postgresql": "date_time - (130 + id %% 365) * INTERVAL '1 day'",
}[connection.vendor]


def measure() -> dict[str, Any]:
    tokens = users.create_tokens(100)
    first = fixtures.add_shows(BUYERS)[0]
    _add_year()
    fixtures.analyze_and_checkpoint()
    figures = {"seats": _count_seats(), "full_bytes": _size()}
    with BenchServer(THROTTLE_BOOKING="") as server:

        def load(name: str, is_over: Callable[[int], bool]) -> None:
            clients = [_buyer(first + buyer, tokens[buyer], is_over) for buyer in range(BUYERS)]
            loaded = server.load(clients)
            figures.update({f"{name}_{figure}": loaded[figure] for figure in ("rate", "p50_ms", "p99_ms")})

        load("before", lambda turn: turn >= REQUESTS_BEFORE // 2)
        started = perf_counter()
        ended, usage = _start_archive()
        load("during", lambda _: ended.is_set())
        figures["seconds"] = perf_counter() - started
        require(usage["status"] == 0, "archive_shows failed.")
        figures["peak_bytes"] = usage["peak_bytes"]
    require(
        _count_seats() == fixtures.SEATS * (BUYERS + 1),
        "archive_shows left other seats than the upcoming ones.",
    )
    fixtures.analyze_and_checkpoint()
    figures["archived_bytes"] = _size()
    _add_year()
    fixtures.analyze_and_checkpoint()
    figures["next_year_bytes"] = _size()
    consistency.check()
    return figures


def _add_year() -> None:
    year = fixtures.add_shows(SHOWS, booked=BOOKED_SEATS)
    with connection.cursor() as cursor:
        # `%%` in the expression needs parameters.
        cursor.execute(f"UPDATE shows_show SET date_time = {MOVE_TO_LAST_YEAR} WHERE id >= %s", [year[0]])
    fixtures.add_bookings(buyers=100)


def _buyer(show: int, token: str, is_over: Callable[[int], bool]) -> Client:
    """Books a seat and cancels it, again and again."""
    for turn in count():
        if is_over(turn):
            break
        booked = yield post(f"/shows/{show}/book/", {"seat_number": 1 + turn % fixtures.SEATS}, token=token)
        require(booked.status == 201, f"Booking returned {booked.status}: {booked.body[:300]!r}")
        booking = booked.body.split(b'"id":')[1].split(b",")[0].decode()
        cancelled = yield post(f"/bookings/{booking}/cancel/", token=token)
        require(cancelled.status == 200, f"Cancel returned {cancelled.status}: {cancelled.body[:300]!r}")


def _start_archive() -> tuple[Event, dict[str, int]]:
    """Starts the command. The event is set when it has ended; then the dictionary has its status and memory."""
    process = Popen(
        [sys.executable, str(ROOT / "manage.py"), "archive_shows", "--days", "90"], stdout=sys.stderr
    )
    ended, usage = Event(), {}

    def wait() -> None:
        _, usage["status"], used = os.wait4(process.pid, 0)
        usage["peak_bytes"] = used.ru_maxrss * 1024
        ended.set()

    Thread(target=wait, daemon=True).start()
    return ended, usage


def _count_seats() -> int:
    return _fetch("SELECT COUNT(*) FROM seats_seat")


def _size() -> int:
    """The table of seats with its indexes on PostgreSQL, and the whole file on SQLite."""
    if connection.vendor == "postgresql":
        return _fetch("SELECT pg_total_relation_size('seats_seat')")
    return Path(current_url().removeprefix("sqlite:///")).stat().st_size


def _fetch(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]
