"""Servers with and without the fast path, and with one sale in each commit, in the same rounds."""

from contextlib import ExitStack
from functools import partial
from typing import Any

from django.db import connection

from bench import consistency, database, fixtures, pgbench, users
from bench.client import Client, get, post
from bench.errors import require
from bench.reads import fetch_etags, reading_clients
from bench.sales import BOOKINGS, PGBENCH_BOOKINGS, SHOWS, USERS, book, sell_out
from bench.server import BenchServer, Figures, run_in_rounds
from bench.sizes import ROUNDS, full_or_quick

SERVERS = {
    "fast": {},
    "one sale a commit": {"SALES_PER_COMMIT": "1"},
    "views": {"FAST_PATH": "off"},
}
LONE_BOOKINGS = full_or_quick(300, 30)


def measure() -> dict[str, Any]:
    tokens = users.create_tokens(USERS)
    runs = ROUNDS * len(SERVERS)
    many = iter([fixtures.add_shows(SHOWS) for _ in range(runs + ROUNDS)])
    hot = iter([fixtures.create_show(BOOKINGS) for _ in range(runs)])
    lone = iter([fixtures.create_show(LONE_BOOKINGS) for _ in range(runs)])
    contested = iter(fixtures.add_shows(runs))
    read = list(fixtures.add_shows(full_or_quick(20, 5), booked=100))
    fixtures.add_bookings(buyers=USERS)
    fixtures.analyze_and_checkpoint()
    with ExitStack() as stack:
        baselines = {}
        if connection.vendor == "postgresql":
            connection.close()
            copy = database.create_copy(database.current_url())
            stack.callback(database.drop, copy)
            baselines["pgbench"] = lambda: pgbench.run(copy, next(many), USERS, PGBENCH_BOOKINGS)
        servers = {
            name: stack.enter_context(BenchServer(**environment)) for name, environment in SERVERS.items()
        }
        loads: dict[str, Any] = {}
        for name, server in servers.items():
            loads[f"constant view, {name}"] = partial(load, server, ["/bench/constant/"])
        loads |= baselines
        for name, server in servers.items():
            loads[f"book, many shows, {name}"] = lambda server=server: book(
                server, tokens, next(many), BOOKINGS
            )
        for name, server in servers.items():
            loads[f"book, one hot show, {name}"] = lambda server=server: book(
                server, tokens, [next(hot)], BOOKINGS
            )
        for name, server in servers.items():
            loads[f"book, one client, {name}"] = lambda server=server: book_alone(server, tokens, next(lone))
        for name, server in servers.items():
            loads[f"64 buyers, 300 seats, {name}"] = lambda server=server: sell_out(
                server, tokens, next(contested)
            )
        for view in ("seats", "availability"):
            paths = [f"/shows/{show}/{view}/" for show in read]
            for name in ("fast", "views"):
                server = servers[name]
                loads[f"{view}, {name}"] = partial(load, server, paths)
                loads[f"{view}, unchanged, {name}"] = partial(load, server, paths, fetch_etags(server, paths))
        figures = run_in_rounds(loads)
    consistency.check()
    return figures


def load(server: BenchServer, paths: list[str], etags: list[str] | None = None) -> Figures:
    requests = [get(path, etag=etag) for path, etag in zip(paths, etags or [""] * len(paths), strict=True)]
    return server.load(reading_clients(requests, 304 if etags else 200))


def book_alone(server: BenchServer, tokens: list[str], show: int) -> Figures:
    """One client books one seat after the other."""

    def buy() -> Client:
        for seat in range(1, LONE_BOOKINGS + 1):
            response = yield post(f"/shows/{show}/book/", {"seat_number": seat}, token=tokens[seat])
            require(response.status == 201, f"A booking returned {response.status}.")

    return server.load([buy()])
