"""The fast path and the views answer every request with the same bytes and headers.

Two servers get the same random requests, one of them with FAST_PATH=off. Each has a copy of the same database,
so that a booking has the same id on both. Only the date, and random ids and codes, differ.
"""

import http.client
import os
import re
import sqlite3
import subprocess
from contextlib import ExitStack
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from tests.factories import BookingFactory, ShowFactory, UserFactory, add_price_list
from tests.live_server import Server, environment

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS_PER_EXAMPLE = 40
# FAST_PATH_REQUESTS=100000 tries more than a run of all tests does.
REQUESTS = int(os.environ.get("FAST_PATH_REQUESTS", "4000"))
REQUESTS_BY_DEFAULT = 400
# Two answers to the same request differ in these: times, random codes with their signatures, random ids.
RANDOM = re.compile(rb'("(?:created_at|cancelled_at|order|order_ticket)":)"[^"]*"|[0-9a-f]{32}')
RANDOM_ID = re.compile(r"[0-9a-f]{32}")

# Those in braces are places in the list of shows. So are the numbers of bookings.
SHOWS = ["{0}", "{1}", "{2}", "{3}", "{4}", "999999", "0", "01", "x", "9999999999999999999"]
OPTIONAL_HEADERS = [
    *[("Accept", value) for value in ("*/*", "text/html", "application/json", "text/csv", "")],
    *[("Accept-Encoding", value) for value in ("gzip", "gzip, br", "gzip;q=0", "br", "identity", "*", "GZIP")],
    *[("If-None-Match", value) for value in ("LAST", "LAST", "LAST", "*", "", '"1-7"', 'W/"0-7", LAST', "x")],
    *[("Origin", value) for value in ("https://app.example", "https://other.example", "null")],
    *[("X-Request-ID", value) for value in ("abc-1", "a b", "", "x" * 129)],
    *[("X-Forwarded-Proto", value) for value in ("https", "http")],
    *[("Host", value) for value in ("localhost", "127.0.0.1:1", "evil.example", "LOCALHOST")],
    *[("Connection", value) for value in ("keep-alive", "close")],
    *[("User-Agent", "Mozilla/5.0"), ("Referer", "https://app.example/"), ("Cache-Control", "no-cache")],
    *[("Range", "bytes=0-9"), ("If-Modified-Since", "Wed, 21 Oct 2015 07:28:00 GMT"), ("X-Unknown", "1")],
    *[("Cookie", "sessionid=1; a=2"), ("X_Forwarded_Proto", "https"), ("X-Forwarded-For", "1.2.3.4")],
    *[("Idempotency-Key", "key-1"), ("Idempotency-Key", "key-2"), ("X-HTTP-Method-Override", "DELETE")],
    *[("Content-Type", "application/json; charset=utf-8"), ("Content-Type", "text/plain")],
]
BODIES = [
    *('{"seat_number": %d}', '{"seat_number":"%d"}', ' { "seat_number" : %d }\n'),
    *('{"seat_number": %d, "a": 1}', '{"seat_number": 0%d}', '{"seat_number": "0%d"}'),
    *('{"seat_number": %d.0}', '{"seat_number": -%d}', '{"seat_number": %d, "kind": "Child"}'),
    *('{"seat_number": %d, "kind": "Nobody"}', "seat_number=%d", "[%d]", '{"seat_number": [%d]}'),
    *('{"seat_number": %d, "seat_number": 2}', '{"seat_number": %d', '\f{"seat_number": %d}'),
    *('{"seat_number": %d0000000000}', '{"seat_number": %d}x', '{"seat_number": "%d }', '{"SEAT_NUMBER": %d}'),
]
CREDENTIALS = ["alice", "alice", "bob", "bob", "staff", "refresh", "expired", "deleted", "changed", "", "junk"]

LISTS = [
    *(
        "/my-bookings/",
        "/my-bookings/",
        "/my-bookings",
        "/movies/",
        "/movies/",
        "/movies",
        "/shows/",
        "/shows/",
    ),
    *(
        "/movies/{movies[0]}/shows/",
        "/movies/{movies[1]}/shows/",
        "/movies/999999/shows/",
        "/movies/{movies[0]}/",
    ),
    *(
        "/shows/{0}/",
        "/shows/{3}/",
        "/shows/{4}/",
        "/shows/999999/",
        "/shows/0/",
        "/my-bookings//",
        "/screens/",
    ),
]
QUERIES = [
    *("?", "?upcoming=true", "?upcoming=maybe", "?page_size=2", "?page_size=0", "?page_size=1&page_size=2"),
    *("?page=2", "?page_size=1&page=2", "?status=booked", "?status=cancelled&page_size=1", "?status=lost"),
    *("?order=7K3M-Q9XT", "?order=7", "?search=a", "?a=1", "?upcoming=%74rue", "?upcoming=true#x"),
]

headers = st.lists(st.sampled_from(OPTIONAL_HEADERS), max_size=3)
suffixes = st.sampled_from([*[""] * 8, "?", "?a=1", "/", "x", "%2F"])
reads = st.builds(
    lambda method, show, call, suffix, headers: (method, f"/shows/{show}/{call}/{suffix}", "", None, headers),
    st.sampled_from([*["GET"] * 10, "HEAD", "OPTIONS", "POST", "TRACE"]),
    st.sampled_from(SHOWS[:5] * 3 + SHOWS),
    st.sampled_from(["seats", "availability", "seat%73", "SEATS", "book", "events-of"]),
    suffixes,
    headers,
)
lists = st.builds(
    lambda path, query, who, headers: ("GET", f"{path}{query}", who, None, headers),
    st.sampled_from(LISTS),
    st.sampled_from([*[""] * 5, *QUERIES]),
    st.sampled_from(CREDENTIALS),
    headers,
)
seat_bodies = st.builds(
    lambda body, seat: body % seat, st.sampled_from(BODIES[:3] * 6 + BODIES), st.integers(1, 14)
)
books = st.builds(
    lambda show, suffix, who, body, headers: ("POST", f"/shows/{show}/book/{suffix}", who, body, headers),
    st.sampled_from(SHOWS[:5] * 3 + SHOWS),
    suffixes,
    st.sampled_from(CREDENTIALS),
    seat_bodies,
    st.one_of(st.just([]), headers),
)
# So that seats become available again.
cancels = st.builds(
    lambda booking, who: ("POST", f"/bookings/{{bookings[{booking}]}}/cancel/", who, "", []),
    st.integers(0, 59),
    st.sampled_from(["alice", "bob"]),
)
REQUEST = st.one_of(reads, lists, books, cancels)
# A run begins with these, so that the fast path knows the headers of most answers.
USUAL = [
    *[("GET", "/shows/{1}/seats/", "", None, headers) for headers in ([], [("If-None-Match", "LAST")]) * 2],
    *[("GET", path, "bob", None, []) for path in ("/movies/", "/shows/", "/shows/{1}/", "/my-bookings/") * 2],
    *[("POST", "/shows/{1}/book/", "bob", f'{{"seat_number": {seat}}}', []) for seat in (200, 201, 201)],
    *[("POST", "/shows/{1}/book/", "bob", '{"seat_number": 202}', [("Idempotency-Key", "key-3")])] * 2,
]


class Caller:
    """Sends requests, and returns the parts of answers that do not differ by chance."""

    def __init__(self, server, authorizations, shows, bookings):
        self.values = {"movies": [show.movie_id for show in shows], "bookings": bookings}
        self.shows = [show.pk for show in shows]
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.authorizations = authorizations

    def send(self, method, path, who, body, more_headers, last_etag):
        names = {name for name, _ in more_headers}
        sent = [("Host", "127.0.0.1")] if "Host" not in names else []
        if body is not None:
            is_form = body.startswith("seat_number=")
            media_type = "application/x-www-form-urlencoded" if is_form else "application/json"
            sent += [("Content-Type", media_type)] if "Content-Type" not in names else []
            sent.append(("Content-Length", str(len(body.encode()))))
        if who:
            sent.append(("Authorization", self.authorizations[who]))
        sent += [(name, value.replace("LAST", last_etag)) for name, value in more_headers]
        path = path.format(*self.shows, **self.values)
        self.connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent:
            self.connection.putheader(name, value)
        self.connection.endheaders((body or "").encode())
        response = self.connection.getresponse()
        content = RANDOM.sub(rb"\1", response.read())
        headers = [
            (name, RANDOM_ID.sub("random", value) if name.lower() == "x-request-id" else value)
            for name, value in response.getheaders()
            if name.lower() != "date"
        ]
        # Each request opens a connection, because the server closes one that is idle for 5 seconds. On a busy
        # machine, these can pass between two requests.
        self.connection.close()
        return response.status, headers, content, response.headers.get("ETag", "")


@pytest.fixture
def authorizations():
    users = {name: UserFactory(username=name) for name in ("alice", "bob", "deleted", "changed")}
    users["staff"] = UserFactory(username="staff", staff=True, is_superuser=True)
    tokens = {name: AccessToken.for_user(user) for name, user in users.items()}
    for token in tokens.values():
        token.set_exp(lifetime=timedelta(days=1))
    tokens["expired"] = AccessToken.for_user(users["alice"])
    tokens["expired"].set_exp(lifetime=timedelta(days=-1))
    tokens["refresh"] = RefreshToken.for_user(users["alice"])
    users["deleted"].delete()
    users["changed"].set_password("plum-tart-42")
    users["changed"].save()
    return {name: f"Bearer {token}" for name, token in tokens.items()} | {"junk": "Bearer a.b.c"}


@pytest.fixture
def shows(db):
    prices = add_price_list([("", "Adult", 1250), ("", "Child", 900)])
    shows = [ShowFactory(total_seats=12), ShowFactory(total_seats=300), ShowFactory(price_list=prices)]
    return [*shows, ShowFactory(begun=True), ShowFactory(status="cancelled")]


@pytest.fixture
def bookings(shows):
    """The ids of the next bookings."""
    last = BookingFactory(show=shows[0]).pk
    return range(last, last + 60)


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
def servers(authorizations, bookings, tmp_path):
    with ExitStack() as stack:
        urls = {name: copy_of_database(name, tmp_path, stack) for name in ("on", "off")}
        yield [stack.enter_context(Server(1, DATABASE_URL=url, FAST_PATH=name)) for name, url in urls.items()]


@pytest.mark.scaled
def test_every_answer_is_the_same_with_and_without_the_fast_path(
    servers, authorizations, shows, bookings, full_size
):
    callers = [Caller(server, authorizations, shows, bookings) for server in servers]
    statuses, last_etag = set(), ""

    def compare(requests):
        nonlocal last_etag
        for request in requests:
            with_fast_path, without = (caller.send(*request, last_etag) for caller in callers)
            for one, other in zip(with_fast_path, without, strict=True):
                assert one == other, request
            statuses.add(without[0])
            last_etag = without[3] or last_etag

    @given(st.lists(REQUEST, min_size=REQUESTS_PER_EXAMPLE, max_size=REQUESTS_PER_EXAMPLE))
    @settings(
        max_examples=(REQUESTS if full_size else REQUESTS_BY_DEFAULT) // REQUESTS_PER_EXAMPLE,
        deadline=None,
        database=None,
        # The servers keep their state, so a shorter sequence would not fail in the same way.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def compare_random(requests):
        compare(requests)

    compare(USUAL)
    compare_random()
    assert statuses >= {200, 201, 304, 400, 401, 404, 409}
