"""The same calls in a small cinema, in a larger one and in a huge one: how much longer do they take?

Each has a database and a server of its own, and they are asked in turn, a few requests each, one at a time: a
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

from bench import client, database, filling, people
from bench.apart import call_apart
from bench.client import Client, get, post
from bench.reads import etags
from bench.server import Cinema
from bench.sizes import QUICK, ROUNDS
from bench.wrong import require

# How many turns each cinema has in a round; how often a call is made in a turn, and for how long at most
# (seconds).
TURNS = 1 if QUICK else 10
TIMES = 5 if QUICK else 6
LONGEST = 0.25
# So many rows has a page of a list, in each of the cinemas.
PAGE = 10
USERS = 100


class Size(NamedTuple):
    """All shows are of one movie, and the first user has made many of the bookings."""

    movies: int
    shows: int
    bookings: int
    of_first_user: int
    users: int

    def __str__(self) -> str:
        return f"{self.shows:,} shows, {self.bookings:,} bookings"

    def fill(self) -> None:
        filling.add_movies(self.movies - 1)
        filling.add_users(self.users)
        filling.add_shows(self.shows, booked=self.bookings // self.shows)
        filling.add_bookings(buyers=self.users, of_first_buyer=self.of_first_user)
        filling.remove_first_show()
        filling.settle()


SIZES = (
    [Size(10, 10, 10, 10, USERS), Size(50, 50, 500, 50, USERS), Size(500, 100, 5_000, 500, 1_000)]
    if QUICK
    else [
        Size(10, 10, 10, 10, USERS),
        Size(1_000, 1_000, 1_000, 1_000, 1_000),
        Size(10_000, 10_000, 1_000_000, 10_000, 100_000),
    ]
)


def measure_requests() -> dict[str, Any]:
    with ExitStack() as stack:
        grown = {size: stack.enter_context(filled(index)) for index, size in enumerate(SIZES)}
        halls = {
            size: Hall(size, stack.enter_context(Cinema(1, DATABASE_URL=url))) for size, url in grown.items()
        }
        figures: dict[str, Any] = {call: {str(size): [] for size in SIZES} for call in CALLS}
        for warm in [False] + [True] * ROUNDS:
            for call, at_size in figures.items():
                times: dict[Size, list[float]] = {size: [] for size in halls}
                for _ in range(TURNS):
                    for size, hall in halls.items():
                        times[size] += hall.ask(call)
                if warm:
                    for size, seconds in times.items():
                        at_size[str(size)].append(median(seconds) * 1000)
        for url in grown.values():
            call_apart("agreement.check", DATABASE_URL=url)
    return figures


@contextmanager
def filled(index: int) -> Iterator[str]:
    """The address of a database of that size."""
    url = database.copy_of(os.environ["BENCH_TEMPLATE"])
    try:
        call_apart("growth.fill", str(index), DATABASE_URL=url)
        yield url
    finally:
        database.drop(url)


def fill(index: str) -> None:
    """The database of this process."""
    SIZES[int(index)].fill()


class Hall:
    """One of the cinemas, and the calls that are made to it."""

    def __init__(self, size: Size, cinema: Cinema) -> None:
        self.cinema = cinema
        self.size = size
        self.tokens = [people.token(user) for user in range(1, USERS + 1)]
        self.sold = size.bookings // size.shows
        # All over the place: what was read for one call does not help the next.
        self.shows = (2 + turn * 7919 % size.shows for turn in count())
        # Each show once, then the next seat of each.
        self.free = ((2 + turn * 7919 % size.shows, self.sold + 1 + turn // size.shows) for turn in count())

    def ask(self, call: str) -> list[float]:
        """Makes the call some times, one after the other; answers how long each took, in seconds."""
        status, requests = CALLS[call](self)

        until = perf_counter() + LONGEST

        def ask() -> Client:
            for made, request in enumerate(requests):
                if made > 1 and perf_counter() > until:
                    break
                answer = yield request
                require(answer.status == status, f"{call} was answered {answer.status}: {answer.body[:300]!r}")

        return client.run(self.cinema.port, [ask()])[1]

    def some_shows(self) -> list[int]:
        return list(islice(self.shows, TIMES))

    def sales(self) -> list[tuple[str, bytes]]:
        """Buyers, none of whom is the first user, with requests for free seats."""
        buyers = self.tokens[1 : TIMES + 1]
        return [(who, self.booking(*next(self.free), who)) for who in buyers]

    def booking(self, show: int, seat: int, who: str) -> bytes:
        return post(f"/shows/{show}/book/", {"seat_number": seat}, token=who)

    def rivals(self) -> list[bytes]:
        return [self.booking(show, 1, self.tokens[1]) for show in self.some_shows()]

    def cancels(self) -> list[bytes]:
        """Of bookings that are made for it."""
        made: list[bytes] = []

        def buy() -> Client:
            for who, request in self.sales():
                answer = yield request
                made.append(post(f"/bookings/{json.loads(answer.body)['id']}/cancel/", token=who))

        client.run(self.cinema.port, [buy()])
        return made

    def unchanged(self, part: str) -> list[bytes]:
        paths = [f"/shows/{show}/{part}/" for show in self.some_shows()]
        return [get(path, etag=etag) for path, etag in zip(paths, etags(self.cinema, paths), strict=True)]

    def page(self, path: str, rows: int, token: str = "") -> list[bytes]:
        return [get(f"{path}?page_size={PAGE}&page={rows // PAGE}", token=token)] * TIMES


# What each call is answered with, and the requests.
CALLS: dict[str, Callable[[Hall], tuple[int, list[bytes]]]] = {
    "book": lambda hall: (201, [request for _, request in hall.sales()]),
    "book a taken seat": lambda hall: (
        409,
        [hall.booking(show, 1, hall.tokens[1]) for show in hall.some_shows()],
    ),
    "cancel": lambda hall: (200, hall.cancels()),
    "seat map": lambda hall: (200, [get(f"/shows/{show}/seats/") for show in hall.some_shows()]),
    "seat map, 304": lambda hall: (304, hall.unchanged("seats")),
    "availability": lambda hall: (200, [get(f"/shows/{show}/availability/") for show in hall.some_shows()]),
    "availability, 304": lambda hall: (304, hall.unchanged("availability")),
    "movies, first page": lambda hall: (200, hall.page("/movies/", PAGE)),
    "movies, last page": lambda hall: (200, hall.page("/movies/", hall.size.movies)),
    "shows, first page": lambda hall: (200, hall.page("/movies/1/shows/", PAGE)),
    "shows, last page": lambda hall: (200, hall.page("/movies/1/shows/", hall.size.shows)),
    "show": lambda hall: (200, [get(f"/shows/{show}/") for show in hall.some_shows()]),
    "my bookings, first page": lambda hall: (200, hall.page("/my-bookings/", PAGE, hall.tokens[0])),
    "my bookings, last page": lambda hall: (
        200,
        hall.page("/my-bookings/", hall.size.of_first_user, hall.tokens[0]),
    ),
}
