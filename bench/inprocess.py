"""CPU time of single requests within one process, without HTTP.

Each request passes through the WSGI application and all middleware, as in the server. Where a request needs a
token, its verification is included.
"""

import io
import json
from collections.abc import Callable
from itertools import count, islice
from time import process_time_ns
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import fixtures, users
from bench.errors import require
from bench.sizes import ROUNDS, full_or_quick

# Requests of each call per round.
REQUESTS = full_or_quick(200, 20)
USERS = 500

Environ = dict[str, Any]


def measure() -> dict[str, Any]:
    """Returns, for each call, its CPU microseconds per round and its SQL statements."""
    calls = _calls()
    figures: dict[str, Any] = {
        name: {"us": [], "statements": _statements(*call)} for name, call in calls.items()
    }
    for warm in [False] + [True] * ROUNDS:
        for name, (status, make_requests) in calls.items():
            microseconds = _microseconds(status, make_requests(REQUESTS))
            if warm:
                figures[name]["us"].append(microseconds)
    return figures


def _calls() -> dict[str, tuple[int, Callable[[int], list[Environ]]]]:
    """Returns, by name, the expected status and a function that makes a number of requests."""
    tokens = users.create_tokens(USERS)
    fixtures.add_movies(60)
    # Booked seats stay booked, and each cancel needs a booking of its own.
    bookings_needed = (ROUNDS + 2) * REQUESTS * 2
    shows = fixtures.add_shows(bookings_needed // fixtures.SEATS + 1)
    large_show = fixtures.create_show(2000)
    seats = ((show, seat) for seat in range(1, fixtures.SEATS + 1) for show in shows)
    # Holds of two seats in shows of their own, twice as many as one part needs.
    show_count = 4 * bookings_needed // fixtures.SEATS + 1
    hold_shows = fixtures.add_shows(show_count)
    pairs = (
        (f"/shows/{show}/hold/", [seat, seat + 1])
        for seat in range(1, fixtures.SEATS, 2)
        for show in hold_shows
    )
    turn = count()

    def bookings(number: int) -> list[Environ]:
        return [
            request_to("POST", f"/shows/{show}/book/", tokens[next(turn) % USERS], {"seat_number": seat})
            for show, seat in (next(seats) for _ in range(number))
        ]

    def cancels(number: int) -> list[Environ]:
        booked = [(request["HTTP_AUTHORIZATION"], respond(request)) for request in bookings(number)]
        return [
            request_to("POST", f"/bookings/{json.loads(body)['id']}/cancel/", header.removeprefix("Bearer "))
            for header, (_, _, body) in booked
        ]

    def holds(number: int) -> list[Environ]:
        """Holds of two adjacent seats, each by another user, because a second hold releases the first."""
        return [
            request_to("PUT", path, tokens[next(turn) % USERS], {"seat_numbers": pair})
            for path, pair in islice(pairs, number)
        ]

    def booked_holds(number: int) -> list[Environ]:
        held = [(request["PATH_INFO"], request["HTTP_AUTHORIZATION"]) for request in holds_made(number)]
        return [request_to("POST", f"{path}book/", header.removeprefix("Bearer ")) for path, header in held]

    def holds_made(number: int) -> list[Environ]:
        requests = holds(number)
        for request in requests:
            require(respond(request)[0] == 200, f"{request['PATH_INFO']} was not held.")
        return requests

    def reads(path: str, token: str | None = None, etag: str = "") -> Callable[[int], list[Environ]]:
        return lambda number: [request_to("GET", path, token, etag=etag) for _ in range(number)]

    def unchanged(path: str) -> Callable[[int], list[Environ]]:
        _, headers, _ = respond(request_to("GET", path))
        return reads(path, etag=headers["ETag"])

    first_booking = respond(request_to("POST", "/shows/1/book/", tokens[0], {"seat_number": 1}))
    require(first_booking[0] == 201, f"The first booking returned {first_booking}.")

    def refused_bookings(number: int) -> list[Environ]:
        # The users take turns, because a single one would be throttled. The buyer gets `already_yours` instead.
        others = (tokens[1 + next(turn) % (USERS - 1)] for _ in range(number))
        return [request_to("POST", "/shows/1/book/", token, {"seat_number": 1}) for token in others]

    return {
        "constant view": (200, reads("/bench/constant/")),
        "book": (201, bookings),
        "book a taken seat": (409, refused_bookings),
        "cancel": (200, cancels),
        "hold two seats": (200, holds),
        "book a hold of two seats": (201, booked_holds),
        "seat map, 300": (200, reads("/shows/1/seats/")),
        "seat map, 300, 304": (304, unchanged("/shows/1/seats/")),
        "seat map, 2,000": (200, reads(f"/shows/{large_show}/seats/")),
        "seat map, 2,000, 304": (304, unchanged(f"/shows/{large_show}/seats/")),
        "availability, 300": (200, reads("/shows/1/availability/")),
        "availability, 300, 304": (304, unchanged("/shows/1/availability/")),
        "availability, 2,000": (200, reads(f"/shows/{large_show}/availability/")),
        "values() array, 300": (200, reads("/bench/array/1/")),
        "movies": (200, reads("/movies/")),
        "shows of a movie": (200, reads("/movies/1/shows/")),
        "show": (200, reads("/shows/1/")),
        "my bookings": (200, reads("/my-bookings/", tokens[0])),
    }


def request_to(method: str, path: str, token: str | None = None, body: Any = None, etag: str = "") -> Environ:
    """Returns a WSGI environ like the server's."""
    content = b"" if body is None else json.dumps(body).encode()
    environ: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
    }
    if token:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    if etag:
        environ["HTTP_IF_NONE_MATCH"] = etag
    if content:
        environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(content))}
    return environ


def respond(environ: Environ) -> tuple[int, dict[str, str], bytes]:
    """Calls the application and returns status, headers and body."""
    from cinema.wsgi import application

    started: list[Any] = []
    response = application(environ, lambda status, headers, *_: started.append((status, headers)))
    body = b"".join(response)
    response.close()
    status, headers = started[0]
    return int(status[:3]), dict(headers), body


def _microseconds(expected_status: int, requests: list[Environ]) -> float:
    """Returns the CPU time per request."""
    start = process_time_ns()
    responses = [respond(request) for request in requests]
    spent = process_time_ns() - start
    for request, response in zip(requests, responses, strict=True):
        path = request["PATH_INFO"]
        require(response[0] == expected_status, f"{path} returned {response}, expected {expected_status}.")
    return spent / 1000 / len(requests)


def _statements(expected_status: int, make_requests: Callable[[int], list[Environ]]) -> list[str]:
    """Returns the first word of each SQL statement of one request, `BEGIN` and `COMMIT` included."""
    (request,) = make_requests(1)
    with CaptureQueriesContext(connection) as queries:
        status = respond(request)[0]
    require(status == expected_status, f"{request['PATH_INFO']} returned {status}, expected {expected_status}.")
    return [query["sql"].split()[0] for query in queries]
