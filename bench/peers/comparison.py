"""Runs the same loads on the service and on the peer, in turns.

The peer is `service.py`: FastAPI, asyncpg and uvicorn on the same database and rows, with the same statement of
the sale. Both have as many workers, and the same 32 connections call both.
"""

from collections.abc import Callable, Iterator
from itertools import count, cycle, islice
from typing import Any

from django.db import connection

from bench import client, consistency, fixtures, users
from bench.client import Client, get, post, put
from bench.errors import require
from bench.peers.server import PeerServer, install
from bench.server import BenchServer, Figures, run_in_rounds
from bench.sizes import CLIENTS, full_or_quick

ROUNDS = full_or_quick(7, 1)
BOOKINGS = full_or_quick(1000, 64)
READS = full_or_quick(600, 64)
CHANGED_MAPS = full_or_quick(600, 40)
VISITS = full_or_quick(96, 32)
LONE_BOOKINGS = full_or_quick(100, 10)
USERS = 2000
# A reader of "my bookings" has more than a page of them.
READERS = 40
SIDES = ("ours", "peer")


def measure() -> dict[str, Any]:
    install()
    tokens = users.create_tokens(USERS)
    fixtures.add_movies(200)
    shows = fixtures.add_shows(100, booked=30)
    fixtures.add_bookings(buyers=READERS)
    # A hall of 300 lasts longer than the bookings of a round, so many shows share all rounds.
    sold_shows = fixtures.add_shows(2 * (ROUNDS + 1) * BOOKINGS // fixtures.SEATS + 40)
    visited_shows = fixtures.add_shows(CLIENTS)
    changed_shows = fixtures.add_shows(CHANGED_MAPS)
    _execute("UPDATE shows_show SET movie_id = 2 WHERE id BETWEEN %s AND %s", shows[0], shows[19])
    fixtures.analyze_and_checkpoint()
    seats = ((show, seat) for seat in count(1) for show in sold_shows)
    buyer = count()
    pairs = ((show, seat) for seat in range(1, fixtures.SEATS, 2) for show in visited_shows)

    def next_token() -> str:
        return tokens[next(buyer) % USERS]

    def reads(paths: list[str], tokens: list[str] | None = None) -> Callable[[BenchServer], Figures]:
        requests = [
            get(path, token=token) for path, token in zip(paths, tokens or [""] * len(paths), strict=True)
        ]
        return lambda server: server.load(_readers(islice(cycle(requests), READS)))

    def book(server: BenchServer, clients: int = CLIENTS, number: int = BOOKINGS) -> Figures:
        remaining = islice(seats, number)
        return server.load([_buy(remaining, next_token) for _ in range(clients)])

    def read_changed_maps(server: BenchServer) -> Figures:
        """Reads each map once after a change, so that no answer can be kept from an earlier read."""
        first, last = changed_shows[0], changed_shows[-1]
        _execute(
            "UPDATE seats_seat SET changes = changes + 2 WHERE number = 1 AND show_id BETWEEN %s AND %s",
            first,
            last,
        )
        return server.load(_readers(get(f"/shows/{show}/seats/") for show in changed_shows))

    def visit(server: BenchServer) -> Figures:
        remaining = islice(pairs, VISITS)
        return server.load([_visit(remaining, next_token) for _ in range(CLIENTS)])

    loads: dict[str, Callable[[BenchServer], Figures]] = {
        "book": book,
        "lone booking": lambda server: book(server, 1, LONE_BOOKINGS),
        "seat map, unchanged": reads([f"/shows/{show}/seats/" for show in shows[:20]]),
        "seat map, changed each time": read_changed_maps,
        "availability": reads([f"/shows/{show}/availability/" for show in shows[:20]]),
        "movies": reads(["/movies/"]),
        "programme": reads(["/shows/"]),
        "shows of a movie": reads(["/movies/2/shows/"]),
        "my bookings": reads(["/my-bookings/"] * (READERS - 1), tokens[1:READERS]),
        "a whole visit": visit,
    }
    with BenchServer() as ours, PeerServer() as peer:
        _require_equal_answers(ours, peer, shows[0], tokens[1])
        for load in loads.values():
            for server in (ours, peer):
                load(server)  # Warms both up.
        figures = run_in_rounds(
            {
                f"{name}, {side}": lambda load=load, server=server: load(server)  # type: ignore[misc]
                for name, load in loads.items()
                for side, server in zip(SIDES, (ours, peer), strict=True)
            },
            ROUNDS,
        )
    consistency.check()
    return {name: {side: figures[f"{name}, {side}"] for side in SIDES} for name in loads}


def _buy(seats: Iterator[tuple[int, int]], next_token: Callable[[], str]) -> Client:
    for show, seat in seats:
        response = yield post(f"/shows/{show}/book/", {"seat_number": seat}, token=next_token())
        require(response.status == 201, f"Booking an available seat returned {response.body[:300]!r}.")


def _readers(requests: Iterator[bytes]) -> list[Client]:
    """Clients that send these requests in turn, each once."""

    def read() -> Client:
        for request in requests:
            response = yield request
            require(response.status == 200, f"{request[:60]!r} returned {response.status}.")

    return [read() for _ in range(CLIENTS)]


def _visit(pairs: Iterator[tuple[int, int]], next_token: Callable[[], str]) -> Client:
    """Reads programme, show and map, holds two seats, books them, and reads their tickets."""
    for show, seat in pairs:
        token = next_token()
        responses = []
        for request, status in (
            (get("/shows/"), 200),
            (get(f"/shows/{show}/"), 200),
            (get(f"/shows/{show}/seats/"), 200),
            (put(f"/shows/{show}/hold/", {"seat_numbers": [seat, seat + 1]}, token=token), 200),
            (post(f"/shows/{show}/hold/book/", token=token), 201),
        ):
            response = yield request
            message = f"{request[:60]!r} returned {response.status} {response.body[:300]!r}."
            require(response.status == status, message)
            responses.append(response)
        first, second = responses[-1].json()
        response = yield get(f"/my-bookings/?order={first['order']}", token=token)
        tickets = {booking["ticket"] for booking in response.json()["results"]}
        require(
            tickets == {first["ticket"], second["ticket"]},
            f"The order {first} {second} has the tickets {tickets}.",
        )


def _require_equal_answers(ours: BenchServer, peer: BenchServer, show: int, token: str) -> None:
    """Requires that the peer answers reads with the same rows, so that nobody compares different work."""
    answers: list[list[Any]] = []
    paths = ("/movies/", "/shows/", "/movies/2/shows/", f"/shows/{show}/", f"/shows/{show}/availability/")
    for server in (ours, peer):
        answers.append([])

        def read(bodies: list[Any] = answers[-1]) -> Client:
            for path in (*paths, "/my-bookings/", f"/shows/{show}/seats/"):
                response = yield get(path, token=token)
                require(response.status == 200, f"{path} returned {response.status} {response.body[:300]!r}.")
                body = response.json()
                if "results" in body:
                    body = body["results"]
                elif "seats" in body:
                    body = (body["version"], body["counts"], body["seats"])
                bodies.append(body)

        client.run(server.port, [read()])
    *lists, bookings, seats = zip(*answers, strict=True)
    for path, (first, second) in zip(paths, lists, strict=True):
        require(first == second, f"The answers to {path} differ: {str(first)[:300]} and {str(second)[:300]}")
    require(seats[0] == seats[1], "The seat maps differ.")
    first, second = ([booking | {"ticket": "", "order_ticket": ""} for booking in side] for side in bookings)
    require(first == second, f"The bookings differ: {first[:1]} and {second[:1]}")


def _execute(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
