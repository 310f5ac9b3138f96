"""The fast path and the views answer every request with the same bytes and headers.

Two servers get the same random requests, one of them with FAST_PATH=off. Each has a copy of the same
database, so that a booking has the same id on both. Only the date, and random ids and codes, differ. The lines
of the log, the counts of the metrics and the throttle are the same, too.
"""

import json
import os
import re
import sqlite3
import subprocess
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from itertools import cycle

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from tests.factories import ShowFactory, UserFactory, add_price_list
from tests.live_server import Server, environment
from tests.persistent_connection import PersistentConnection
from tests.server.fast_path.random_requests import REQUESTS

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS_PER_EXAMPLE = 40
# FAST_PATH_REQUESTS=100000 tries more than a run of all tests does.
NUMBER_OF_REQUESTS = int(os.environ.get("FAST_PATH_REQUESTS", "4000"))
NUMBER_BY_DEFAULT = 400
# Then other people go on, because the throttle refuses most bookings of these.
REQUESTS_OF_SAME_PEOPLE = 400
THROTTLE_BOOKING = "35/day"
METRICS_TOKEN = "a-long-metrics-token"
# Two answers to the same request differ in these: times, random codes with their signatures, random ids.
RANDOM = re.compile(
    rb'("(?:created_at|cancelled_at|expires_at|order|order_ticket)":")[^"]*|("retry_after":)\d+'
    rb"|\d+(?= seconds?\b)|[0-9a-f]{32}"
)
RANDOM_ID = re.compile(r"[0-9a-f]{32}")
# Times, and the number of counting_settings.py.
VARIABLE_HEADERS = {"date", "retry-after", "x-number"}
COUNTS = re.compile(r"^cinema_(?:requests_total|request_seconds_count|problems_total).*$", re.MULTILINE)
ROLES = {"alice": {}, "bob": {}, "staff": {"staff": True, "is_superuser": True}}
# Calls that the fast path answers, with their status.
FAST = {
    *(f"GET /shows/…/{view}/ {status}" for view in ("seats", "availability") for status in (200, 304)),
    *(f"GET {path} 200" for path in ("/my-bookings/", "/movies/", "/movies/…/shows/", "/shows/", "/shows/…/")),
    "POST /shows/…/book/ 201",
}

# A run begins with these, so that the fast path knows the headers of most answers.
USUAL = [
    *[
        ("GET", f"/shows/{{1}}/{view}/", "", None, headers)
        for view in ("seats", "availability")
        for headers in ([], [("If-None-Match", "LAST")]) * 2
    ],
    *[
        ("GET", path, "bob", None, [])
        for path in ("/movies/", "/movies/{movies[0]}/shows/", "/shows/", "/shows/{1}/", "/my-bookings/") * 2
    ],
    *[("POST", "/shows/{1}/book/", "bob", f'{{"seat_number": {seat}}}', []) for seat in (200, 201, 201)],
    *[("POST", "/shows/{1}/book/", "bob", '{"seat_number": 202}', [("Idempotency-Key", "key-3")])] * 2,
]


class LoggingServer(Server):
    """A server whose log is a file. The answers of its views are numbered."""

    def __init__(self, log, **environment):
        super().__init__(
            1,
            DJANGO_SETTINGS_MODULE="tests.server.counting_settings",
            THROTTLE_BOOKING=THROTTLE_BOOKING,
            METRICS_TOKEN=METRICS_TOKEN,
            LOG_LEVEL="INFO",
            # No hold expires between the two answers to a request.
            HOLD_SECONDS="86400",
            HOLD_MAX_SECONDS="86400",
            **environment,
        )
        self.stderr, self.log = log.open("wb"), log.open("rb")

    def __exit__(self, *error):
        super().__exit__(*error)
        self.stderr.close()
        self.log.close()

    def lines(self):
        """The lines since the last call, without times and random ids, and without the checks of readiness."""
        for line in self.log:
            fields = json.loads(line)
            if fields.get("path") != "/readyz":
                fields.pop("duration_ms", None)
                fields["request_id"] = RANDOM_ID.sub("random", fields.get("request_id", ""))
                yield fields | {"time": ""}

    def counts(self):
        page = self.call("GET", "/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}).body.decode()
        return sorted(line for line in COUNTS.findall(page) if 'route="readyz"' not in line)


class Caller:
    """Sends requests to a server, and returns the parts of answers that do not differ by chance."""

    def __init__(self, server):
        self.connection = PersistentConnection(server.port)
        self.newest_number = 0
        # Answers that no view has given, by method, path without ids, and status.
        self.fast = Counter()

    def begin(self, method, path, body, headers):
        """Sends a request. The returned function returns its answer: status, headers and content."""
        receive = self.connection.begin(method, path, headers, (body or "").encode())
        return lambda: self.compared_parts(method, path, receive())

    def compared_parts(self, method, path, answer):
        # A view's number is greater than all before. The fast path repeats one, and gunicorn sends none.
        number = int(answer.headers.get("X-Number", 0))
        if 0 < number <= self.newest_number:
            call = re.sub(r"\d+", "…", path.partition("?")[0])
            self.fast[f"{method} {call} {answer.status}"] += 1
        self.newest_number = max(number, self.newest_number)
        content = RANDOM.sub(rb"\1\2", answer.content)
        headers = [
            (name, self.compared_value(name.lower(), value, answer, content))
            for name, value in answer.headers.items()
            if name.lower() not in VARIABLE_HEADERS
        ]
        return answer.status, headers, content

    @staticmethod
    def compared_value(name, value, answer, content):
        if name == "x-request-id":
            return RANDOM_ID.sub("random", value)
        # A time without microseconds makes an answer shorter.
        is_size = name == "content-length" and value == str(len(answer.content))
        return str(len(content)) if is_size else value


class Comparison:
    """Sends each request to both servers, and compares the answers."""

    def __init__(self, servers, shows, people):
        self.servers, self.people = servers, cycle(people)
        self.callers = [Caller(server) for server in servers]
        self.shows = [show.pk for show in shows]
        self.values = {"movies": [show.movie_id for show in shows], "price_list": shows[2].price_list_id}
        self.authorizations = next(self.people)
        # Ids of the newest ones, and who of the present people has which.
        self.bookings = [0] * 8
        self.owners = {}
        self.last_etags = {}
        self.failures = []
        self.statuses = Counter()

    def compare(self, requests):
        for request in requests:
            method, path, who, body, more_headers = request
            path = path.format(*self.shows, bookings=self.bookings[::-1], **self.values)
            body = body and body.replace("{price_list}", str(self.values["price_list"]))
            headers = list(self.headers(path, who, body, more_headers))
            answers = [caller.begin(method, path, body, headers) for caller in self.callers]
            with_fast_path, without = (receive() for receive in answers)
            for one, other in zip(with_fast_path, without, strict=True):
                assert one == other, (request, path)
            self.remember(path, who, *without)
            if self.statuses.total() % REQUESTS_OF_SAME_PEOPLE == 0:
                self.replace_people()

    def headers(self, path, who, body, more_headers):
        names = {name for name, _ in more_headers}
        if "Host" not in names:
            yield "Host", "127.0.0.1"
        if body is not None:
            is_form = body.startswith("seat_number")
            media_type = "application/x-www-form-urlencoded" if is_form else "application/json"
            if "Content-Type" not in names:
                yield "Content-Type", media_type
            yield "Content-Length", str(len(body.encode()))
        if who:
            yield "Authorization", self.authorizations[who]
        for name, value in more_headers:
            yield name, value.replace("LAST", self.last_etags.get(path, ""))

    def remember(self, path, who, status, headers, content):
        self.statuses[status] += 1
        if etag := dict(headers).get("etag"):
            self.last_etags[path] = etag
        if status == 201 and "/book/" in path:
            booked = json.loads(content)
            rows = booked if isinstance(booked, list) else [booked]
            ids = [row["id"] for row in rows]
            self.bookings = [*self.bookings, *ids][-8:]
            self.owners |= dict.fromkeys(ids, who)

    def replace_people(self):
        """The people release their seats, and others get their names."""
        owners, self.owners = self.owners, {}
        self.compare([("POST", f"/bookings/{pk}/cancel/", who, "", []) for pk, who in owners.items()])
        self.compare(
            [("DELETE", f"/shows/{{{show}}}/hold/", who, None, []) for show in range(3) for who in ROLES]
        )
        self.authorizations = next(self.people)

    def compare_records(self):
        """Compares what the servers have logged and counted since the last call."""
        one, other = (list(server.lines()) for server in self.servers)
        assert one == other
        one, other = (server.counts() for server in self.servers)
        assert one == other

    def print_counts(self):
        print("Requests:", self.statuses.total(), dict(sorted(self.statuses.items())))
        fast = self.callers[0].fast
        print("Answered by the fast path:", fast.total(), dict(fast.most_common()))
        print(
            "Idle connections that the servers closed:", [caller.connection.reopened for caller in self.callers]
        )


@pytest.fixture
def number_of_requests(full_size):
    return NUMBER_OF_REQUESTS if full_size else NUMBER_BY_DEFAULT


@pytest.fixture
def people(db, number_of_requests):
    """Authorizations by name: for the first requests, for the next ones, and so on."""
    tokens = {"refresh": RefreshToken.for_user(UserFactory()), "expired": access_token(UserFactory(), days=-1)}
    deleted, changed = UserFactory(), UserFactory()
    tokens |= {"deleted": access_token(deleted), "changed": access_token(changed), "junk": "a.b.c"}
    deleted.delete()
    changed.set_password("plum-tart-42")
    changed.save()
    number = number_of_requests // REQUESTS_OF_SAME_PEOPLE + 2
    tokens_of_people = [
        {name: access_token(UserFactory(**values)) for name, values in ROLES.items()} for _ in range(number)
    ]
    return [{name: f"Bearer {token}" for name, token in (tokens | own).items()} for own in tokens_of_people]


def access_token(user, days=1):
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=timedelta(days=days))
    return token


@pytest.fixture
def shows(db):
    prices = add_price_list([("", "Adult", 1250), ("", "Child", 900)])
    shows = [ShowFactory(total_seats=12), ShowFactory(total_seats=300), ShowFactory(price_list=prices)]
    return [*shows, ShowFactory(begun=True), ShowFactory(status="cancelled")]


def copy_of_database(name, folder, stack):
    """The URL of a copy of the test database, which is gone when the stack closes."""
    if connection.vendor == "sqlite":
        with sqlite3.connect(folder / f"{name}.sqlite3") as copy:
            connection.connection.backup(copy)
        return f"sqlite:///{folder}/{name}.sqlite3"
    server, _, original = environment()["DATABASE_URL"].rpartition("/")
    copy = f"{original}_{name}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as other:
        other.execute(f'CREATE DATABASE "{copy}"')
    stack.callback(drop, server, copy)
    # As a template, the database could have no connections. Shared servers have some.
    dump = subprocess.run(["pg_dump", f"{server}/{original}"], check=True, capture_output=True).stdout
    load = ["psql", "--quiet", "--set=ON_ERROR_STOP=1", f"{server}/{copy}"]
    subprocess.run(load, input=dump, check=True, stdout=subprocess.DEVNULL)
    return f"{server}/{copy}"


def drop(server, database):
    with psycopg.connect(f"{server}/postgres", autocommit=True) as other:
        other.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


@pytest.fixture
def servers(people, shows, tmp_path):
    with ExitStack() as stack:
        urls = {name: copy_of_database(name, tmp_path, stack) for name in ("on", "off")}
        yield [
            stack.enter_context(LoggingServer(tmp_path / name, DATABASE_URL=url, FAST_PATH=name))
            for name, url in urls.items()
        ]


@pytest.fixture
def comparison(servers, shows, people):
    comparison = Comparison(servers, shows, people)
    yield comparison
    comparison.print_counts()
    for caller in comparison.callers:
        caller.connection.close()


@pytest.mark.scaled
def test_every_answer_is_the_same_with_and_without_the_fast_path(comparison, number_of_requests):
    @given(st.lists(REQUESTS, min_size=REQUESTS_PER_EXAMPLE, max_size=REQUESTS_PER_EXAMPLE))
    @settings(
        max_examples=number_of_requests // REQUESTS_PER_EXAMPLE,
        deadline=None,
        database=None,
        # The servers keep their state, so a shorter sequence would not fail in the same way.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def compare_random(groups):
        try:
            comparison.compare([request for group in groups for request in group])
            comparison.compare_records()
        except Exception as error:
            comparison.failures.append(error)
            raise

    comparison.compare(USUAL)
    try:
        compare_random()
    finally:
        # Hypothesis repeats the requests, which the servers then answer in another way.
        if comparison.failures:
            raise comparison.failures[0]
    with_fast_path, without = comparison.callers
    assert comparison.statuses.keys() >= {200, 201, 204, 304, 400, 401, 404, 409, 429}
    assert without.fast.total() == 0
    assert with_fast_path.fast.keys() >= FAST
