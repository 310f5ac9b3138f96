"""The response times of the same requests with a small, a larger and a huge amount of data.

Each size has its own database and server. The sizes take turns, a few sequential requests each, because a
machine's speed changes within a second.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from bench import client, database, fixtures, users
from bench.client import Client, get, post
from bench.errors import require
from bench.reads import fetch_etags
from bench.server import BenchServer
from bench.sizes import QUICK, ROUNDS
from bench.subprocesses import call_in_subprocess

# In each round, every size gets this many turns, and a turn makes this many requests …
TURNS = 1 if QUICK else 10
REQUESTS_PER_TURN = 5 if QUICK else 6
# … unless it has taken this long.
MAX_TURN_SECONDS = 0.25
# The page size of lists, the same for all sizes.
PAGE_SIZE = 10
USERS = 100


class Size(NamedTuple):
    """The amount of data. All shows belong to one movie, and the first user has many of the bookings."""

    movies: int
    shows: int
    bookings: int
    of_first_user: int
    users: int

    def __str__(self) -> str:
        return f"{self.shows:,} shows, {self.bookings:,} bookings"

    def fill(self) -> None:
        fixtures.add_movies(self.movies - 1)
        fixtures.add_users(self.users)
        fixtures.add_shows(self.shows, booked=self.bookings // self.shows)
        fixtures.add_bookings(buyers=self.users, of_first_buyer=self.of_first_user)
        fixtures.remove_first_show()
        fixtures.analyze_and_checkpoint()


SIZES = (
    [Size(10, 10, 10, 10, USERS), Size(50, 50, 500, 50, USERS), Size(500, 100, 5_000, 500, 1_000)]
    if QUICK
    else [
        Size(10, 10, 10, 10, USERS),
        Size(1_000, 1_000, 1_000, 1_000, 1_000),
        Size(10_000, 10_000, 1_000_000, 10_000, 100_000),
    ]
)


def measure() -> dict[str, Any]:
    """Returns, for each call and size, the median milliseconds of each round."""
    with ExitStack() as stack:
        urls = {size: stack.enter_context(filled_database(index)) for index, size in enumerate(SIZES)}
        servers = {
            size: SizedServer(size, stack.enter_context(BenchServer(1, DATABASE_URL=url)))
            for size, url in urls.items()
        }
        figures: dict[str, Any] = {call: {str(size): [] for size in SIZES} for call in CALLS}
        for warm in [False] + [True] * ROUNDS:
            for call, by_size in figures.items():
                durations: dict[Size, list[float]] = {size: [] for size in servers}
                for _ in range(TURNS):
                    for size, server in servers.items():
                        durations[size] += server.request(call)
                if warm:
                    for size, seconds in durations.items():
                        by_size[str(size)].append(median(seconds) * 1000)
        for url in urls.values():
            call_in_subprocess("consistency.check", DATABASE_URL=url)
    return figures


@contextmanager
def filled_database(index: int) -> Iterator[str]:
    """Yields the URL of a new database of this size, and drops it afterwards."""
    url = database.create_copy(os.environ["BENCH_TEMPLATE"])
    try:
        call_in_subprocess("growth.fill", str(index), DATABASE_URL=url)
        yield url
    finally:
        database.drop(url)


def fill(index: str) -> None:
    """Fills this process's database; called in a subprocess."""
    SIZES[int(index)].fill()


class SizedServer:
    """A server on a database of one size, and the requests to it."""

    def __init__(self, size: Size, server: BenchServer) -> None:
        self.server = server
        self.size = size
        self.tokens = [users.create_token(user) for user in range(1, USERS + 1)]
        self.booked_per_show = size.bookings // size.shows
        # Scattered over the table, so that rows cached for one request do not speed up the next.
        self.shows = (2 + turn * 7919 % size.shows for turn in count())
        # Each show once, then the next seat of each.
        self.available_seats = (
            (2 + turn * 7919 % size.shows, self.booked_per_show + 1 + turn // size.shows) for turn in count()
        )

    def request(self, call: str) -> list[float]:
        """Sends a turn's requests one after another; returns the duration of each in seconds."""
        status, requests = CALLS[call](self)

        deadline = perf_counter() + MAX_TURN_SECONDS

        def send_all() -> Client:
            for number, request in enumerate(requests):
                if number > 1 and perf_counter() > deadline:
                    break
                response = yield request
                require(
                    response.status == status, f"{call} returned {response.status}: {response.body[:300]!r}"
                )

        return client.run(self.server.port, [send_all()])[1]

    def next_shows(self) -> list[int]:
        return list(islice(self.shows, REQUESTS_PER_TURN))

    def available_bookings(self) -> list[tuple[str, bytes]]:
        """Returns (token, request) pairs for available seats. The first user is never among the buyers."""
        buyers = self.tokens[1 : REQUESTS_PER_TURN + 1]
        return [(token, self.booking(*next(self.available_seats), token)) for token in buyers]

    def taken_bookings(self) -> list[bytes]:
        return [self.booking(show, 1, self.tokens[1]) for show in self.next_shows()]

    def booking(self, show: int, seat: int, token: str) -> bytes:
        return post(f"/shows/{show}/book/", {"seat_number": seat}, token=token)

    def cancels(self) -> list[bytes]:
        """Books seats, unmeasured, and returns the requests that cancel them."""
        requests: list[bytes] = []

        def buy() -> Client:
            for token, request in self.available_bookings():
                response = yield request
                path = f"/bookings/{json.loads(response.body)['id']}/cancel/"
                requests.append(post(path, token=token))

        client.run(self.server.port, [buy()])
        return requests

    def reads(self, view: str = "") -> list[bytes]:
        return [get(f"/shows/{show}/{view}") for show in self.next_shows()]

    def unchanged(self, view: str) -> list[bytes]:
        """Returns requests with the current ETag."""
        paths = [f"/shows/{show}/{view}/" for show in self.next_shows()]
        etags = fetch_etags(self.server, paths)
        return [get(path, etag=etag) for path, etag in zip(paths, etags, strict=True)]

    def page(self, path: str, last_row: int, token: str = "") -> list[bytes]:
        """Returns requests for the page that ends with this row."""
        url = f"{path}?page_size={PAGE_SIZE}&page={last_row // PAGE_SIZE}"
        return [get(url, token=token)] * REQUESTS_PER_TURN


# Per call, the expected status and the requests.
CALLS: dict[str, Callable[[SizedServer], tuple[int, list[bytes]]]] = {
    "book": lambda server: (201, [request for _, request in server.available_bookings()]),
    "book a taken seat": lambda server: (409, server.taken_bookings()),
    "cancel": lambda server: (200, server.cancels()),
    "seat map": lambda server: (200, server.reads("seats/")),
    "seat map, 304": lambda server: (304, server.unchanged("seats")),
    "availability": lambda server: (200, server.reads("availability/")),
    "availability, 304": lambda server: (304, server.unchanged("availability")),
    "movies, first page": lambda server: (200, server.page("/movies/", PAGE_SIZE)),
    "movies, last page": lambda server: (200, server.page("/movies/", server.size.movies)),
    "shows, first page": lambda server: (200, server.page("/movies/1/shows/", PAGE_SIZE)),
    "shows, last page": lambda server: (200, server.page("/movies/1/shows/", server.size.shows)),
    "show": lambda server: (200, server.reads()),
    "my bookings, first page": lambda server: (200, server.page("/my-bookings/", PAGE_SIZE, server.tokens[0])),
    "my bookings, last page": lambda server: (
        200,
        server.page("/my-bookings/", server.size.of_first_user, server.tokens[0]),
    ),
}
