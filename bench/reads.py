"""How many seat maps and lists a second, by HTTP, beside a constant view and a map made the usual way."""

from collections.abc import Callable
from itertools import cycle
from time import perf_counter
from typing import Any

from bench import client, filling, people
from bench.client import Client, get
from bench.server import Cinema, Figures, in_turn
from bench.sizes import CLIENTS, SHORT_ROUNDS, full_or_quick
from bench.wrong import require

SECONDS = 0.3
USERS = 500


def measure_requests() -> dict[str, Any]:
    tokens = people.tokens(USERS)
    filling.add_movies(200)
    # As in the middle of a sale: a third of the seats are taken.
    shows = list(filling.add_shows(full_or_quick(20, 5), booked=100))
    halls = list(filling.add_shows(full_or_quick(5, 2), booked=600, like=filling.make_show(2000)))
    filling.add_bookings(buyers=USERS)
    filling.settle()
    with Cinema() as cinema:

        def load(paths: list[str], **sent: list[str]) -> Callable[[], Figures]:
            """The requests of these paths; of what is `sent` along, each path has its own."""
            more = [dict(zip(sent, values, strict=True)) for values in zip(*sent.values(), strict=True)]
            requests = [get(path, **each) for path, each in zip(paths, more or [{}] * len(paths), strict=True)]
            status = 304 if "etag" in sent else 200
            return lambda: cinema.load(reading(requests, status))

        def maps(part: str, ids: list[int]) -> list[str]:
            return [f"/shows/{show}/{part}/" for show in ids]

        def unchanged(paths: list[str]) -> Callable[[], Figures]:
            return load(paths, etag=etags(cinema, paths))

        return in_turn(
            {
                "constant view": load(["/bench/constant/"]),
                "seat map, 300": load(maps("seats", shows)),
                "seat map, 300, 304": unchanged(maps("seats", shows)),
                "availability, 300": load(maps("availability", shows)),
                "availability, 300, 304": unchanged(maps("availability", shows)),
                "array by values(), 300": load([f"/bench/array/{show}/" for show in shows]),
                "seat map, 2,000": load(maps("seats", halls)),
                "seat map, 2,000, 304": unchanged(maps("seats", halls)),
                "availability, 2,000": load(maps("availability", halls)),
                "availability, 2,000, 304": unchanged(maps("availability", halls)),
                "array by values(), 2,000": load([f"/bench/array/{hall}/" for hall in halls]),
                "movies": load(["/movies/"]),
                "shows of a movie": load(["/movies/1/shows/"]),
                "my bookings": load(["/my-bookings/"] * USERS, token=tokens),
            },
            SHORT_ROUNDS,
        )


def reading(requests: list[bytes], status: int) -> list[Client]:
    """Clients that ask for these in turn, for a while, and want that status."""
    until = perf_counter() + SECONDS
    turn = cycle(requests)

    def read() -> Client:
        while perf_counter() < until:
            request = next(turn)
            answer = yield request
            require(answer.status == status, f"{request[:60]!r} was answered {answer.status}, not {status}.")

    return [read() for _ in range(CLIENTS)]


def etags(cinema: Cinema, paths: list[str]) -> list[str]:
    found: list[str] = []

    def read() -> Client:
        for path in paths:
            answer = yield get(path)
            found.append(answer.etag())

    client.run(cinema.port, [read()])
    return found
