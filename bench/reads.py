"""Rates of seat maps and lists over HTTP, compared with a constant view and a `values()` array."""

from collections.abc import Callable
from itertools import cycle
from time import perf_counter
from typing import Any

from bench import client, fixtures, users
from bench.client import Client, get
from bench.errors import require
from bench.server import BenchServer, Figures, run_in_rounds
from bench.sizes import CLIENTS, SHORT_ROUNDS, full_or_quick

# How long one load runs in a round.
LOAD_SECONDS = 0.3
USERS = 500


def measure() -> dict[str, Any]:
    tokens = users.create_tokens(USERS)
    fixtures.add_movies(200)
    # A third of the seats are taken, as in the middle of a sale.
    shows = list(fixtures.add_shows(full_or_quick(20, 5), booked=100))
    large_shows = list(fixtures.add_shows(full_or_quick(5, 2), booked=600, like=fixtures.create_show(2000)))
    fixtures.add_bookings(buyers=USERS)
    fixtures.analyze_and_checkpoint()
    with BenchServer() as server:

        def load(paths: list[str], **options: list[str]) -> Callable[[], Figures]:
            """Returns a load of requests for these paths; `options` hold a token or ETag for each path."""
            per_path = [
                dict(zip(options, values, strict=True)) for values in zip(*options.values(), strict=True)
            ]
            requests = [
                get(path, **arguments)
                for path, arguments in zip(paths, per_path or [{}] * len(paths), strict=True)
            ]
            status = 304 if "etag" in options else 200
            return lambda: server.load(reading_clients(requests, status))

        def show_paths(view: str, ids: list[int]) -> list[str]:
            return [f"/shows/{show}/{view}/" for show in ids]

        def unchanged(paths: list[str]) -> Callable[[], Figures]:
            return load(paths, etag=fetch_etags(server, paths))

        return run_in_rounds(
            {
                "constant view": load(["/bench/constant/"]),
                "seat map, 300": load(show_paths("seats", shows)),
                "seat map, 300, 304": unchanged(show_paths("seats", shows)),
                "availability, 300": load(show_paths("availability", shows)),
                "availability, 300, 304": unchanged(show_paths("availability", shows)),
                "values() array, 300": load([f"/bench/array/{show}/" for show in shows]),
                "seat map, 2,000": load(show_paths("seats", large_shows)),
                "seat map, 2,000, 304": unchanged(show_paths("seats", large_shows)),
                "availability, 2,000": load(show_paths("availability", large_shows)),
                "availability, 2,000, 304": unchanged(show_paths("availability", large_shows)),
                "values() array, 2,000": load([f"/bench/array/{show}/" for show in large_shows]),
                "movies": load(["/movies/"]),
                "shows of a movie": load(["/movies/1/shows/"]),
                "my bookings": load(["/my-bookings/"] * USERS, token=tokens),
            },
            SHORT_ROUNDS,
        )


def reading_clients(requests: list[bytes], expected_status: int) -> list[Client]:
    """Returns clients that send these requests in turn for `LOAD_SECONDS` and check the status."""
    deadline = perf_counter() + LOAD_SECONDS
    turn = cycle(requests)

    def read() -> Client:
        while perf_counter() < deadline:
            request = next(turn)
            response = yield request
            require(
                response.status == expected_status,
                f"{request[:60]!r} returned {response.status}, expected {expected_status}.",
            )

    return [read() for _ in range(CLIENTS)]


def fetch_etags(server: BenchServer, paths: list[str]) -> list[str]:
    """Returns the current ETag of each path."""
    etags: list[str] = []

    def read() -> Client:
        for path in paths:
            response = yield get(path)
            etags.append(response.etag())

    client.run(server.port, [read()])
    return etags
