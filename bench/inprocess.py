"""CPU time of single calls within one process, from the call to its answer, without any HTTP.

All go through the WSGI application, the middlewares included, as the server calls it; JWT is part of it where
the call asks for it.
"""

import io
import json
from collections.abc import Callable
from itertools import count
from time import process_time_ns
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import filling, people
from bench.sizes import ROUNDS, full_or_quick
from bench.wrong import require

CALLS = full_or_quick(200, 20)
USERS = 500

Environ = dict[str, Any]


def measure_requests() -> dict[str, Any]:
    calls = _calls()
    figures: dict[str, Any] = {
        name: {"us": [], "statements": _statements(*call)} for name, call in calls.items()
    }
    for warm in [False] + [True] * ROUNDS:
        for name, (status, requests) in calls.items():
            microseconds = _microseconds(status, requests(CALLS))
            if warm:
                figures[name]["us"].append(microseconds)
    return figures


def _calls() -> dict[str, tuple[int, Callable[[int], list[Environ]]]]:
    """By its name, the status that a call is answered with, and what makes so many requests of it."""
    tokens = people.tokens(USERS)
    filling.add_movies(60)
    # Bookings are sold for good, and each that is cancelled was sold before.
    sales = (ROUNDS + 2) * CALLS * 2
    shows = filling.add_shows(sales // filling.SEATS + 1)
    large = filling.make_show(2000)
    seats = ((show, seat) for seat in range(1, filling.SEATS + 1) for show in shows)
    turn = count()

    def bookings(number: int) -> list[Environ]:
        return [
            _request("POST", f"/shows/{show}/book/", tokens[next(turn) % USERS], {"seat_number": seat})
            for show, seat in (next(seats) for _ in range(number))
        ]

    def cancels(number: int) -> list[Environ]:
        made = [(request["HTTP_AUTHORIZATION"], _answer(request)) for request in bookings(number)]
        return [
            _request("POST", f"/bookings/{json.loads(body)['id']}/cancel/", who.removeprefix("Bearer "))
            for who, (_, _, body) in made
        ]

    def reads(path: str, token: str | None = None, etag: str = "") -> Callable[[int], list[Environ]]:
        return lambda number: [_request("GET", path, token, etag=etag) for _ in range(number)]

    def unchanged(path: str) -> Callable[[int], list[Environ]]:
        _, headers, _ = _answer(_request("GET", path))
        return reads(path, etag=headers["ETag"])

    taken = _answer(_request("POST", "/shows/1/book/", tokens[0], {"seat_number": 1}))
    require(taken[0] == 201, f"The first booking was answered {taken}.")

    def refused(number: int) -> list[Environ]:
        # By all in turn, for nobody may ask so often; not by the buyer, who would be told otherwise.
        others = (tokens[1 + next(turn) % (USERS - 1)] for _ in range(number))
        return [_request("POST", "/shows/1/book/", token, {"seat_number": 1}) for token in others]

    return {
        "constant view": (200, reads("/bench/constant/")),
        "book": (201, bookings),
        "book a taken seat": (409, refused),
        "cancel": (200, cancels),
        "seat map, 300": (200, reads("/shows/1/seats/")),
        "seat map, 300, 304": (304, unchanged("/shows/1/seats/")),
        "seat map, 2,000": (200, reads(f"/shows/{large}/seats/")),
        "seat map, 2,000, 304": (304, unchanged(f"/shows/{large}/seats/")),
        "availability, 300": (200, reads("/shows/1/availability/")),
        "availability, 300, 304": (304, unchanged("/shows/1/availability/")),
        "availability, 2,000": (200, reads(f"/shows/{large}/availability/")),
        "array by values(), 300": (200, reads("/bench/array/1/")),
        "movies": (200, reads("/movies/")),
        "shows of a movie": (200, reads("/movies/1/shows/")),
        "show": (200, reads("/shows/1/")),
        "my bookings": (200, reads("/my-bookings/", tokens[0])),
    }


def _request(method: str, path: str, token: str | None = None, body: Any = None, etag: str = "") -> Environ:
    """A request as the server hands it on."""
    sent = b"" if body is None else json.dumps(body).encode()
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
        "wsgi.input": io.BytesIO(sent),
    }
    if token:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    if etag:
        environ["HTTP_IF_NONE_MATCH"] = etag
    if sent:
        environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(sent))}
    return environ


def _answer(environ: Environ) -> tuple[int, dict[str, str], bytes]:
    from cinema.wsgi import application

    started: list[Any] = []
    response = application(environ, lambda status, headers, *_: started.append((status, headers)))
    body = b"".join(response)
    response.close()
    status, headers = started[0]
    return int(status[:3]), dict(headers), body


def _microseconds(status: int, requests: list[Environ]) -> float:
    """CPU time of one request."""
    begin = process_time_ns()
    answers = [_answer(request) for request in requests]
    spent = process_time_ns() - begin
    for request, answer in zip(requests, answers, strict=True):
        require(answer[0] == status, f"{request['PATH_INFO']} answered {answer}, not {status}.")
    return spent / 1000 / len(requests)


def _statements(status: int, requests: Callable[[int], list[Environ]]) -> list[str]:
    """What one request says to the database, each by its first word: `BEGIN` too."""
    (request,) = requests(1)
    with CaptureQueriesContext(connection) as queries:
        require(_answer(request)[0] == status, f"{request['PATH_INFO']} was not answered {status}.")
    return [query["sql"].split()[0] for query in queries]
