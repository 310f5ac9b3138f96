"""The fast path: which requests it answers, what it counts and logs, and what breaks its connections."""

import json

import pytest
from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.models import Booking
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.live_server import environment
from tests.selection import first_by_default
from tests.server.fast_path.calls import fast_server, lists, reaches_a_view

pytestmark = pytest.mark.django_db(transaction=True)

ON_POSTGRESQL = connection.vendor == "postgresql"


def test_usual_requests_reach_no_view(server, show, alice):
    for view in ("seats", "availability"):
        path = f"/shows/{show.pk}/{view}/"
        assert not reaches_a_view(server, "GET", path)
        etag = server.call("GET", path).headers["ETag"]
        unchanged = {"headers": {"If-None-Match": etag}}
        assert not reaches_a_view(server, "GET", path, **unchanged)
        assert server.call("GET", path, **unchanged).status == 304
        assert not reaches_a_view(server, "GET", path, headers={"X-Request-ID": "abc"}, user=alice)
    for path in lists(show):
        assert not reaches_a_view(server, "GET", path, user=alice), path
    assert not reaches_a_view(server, "GET", "/movies/?page_size=2")
    path = f"/shows/{show.pk}/book/"
    assert not reaches_a_view(server, "POST", path, {"seat_number": 1}, user=alice)
    assert not reaches_a_view(server, "POST", path, {"seat_number": "2"}, user=alice)
    assert Booking.objects.live().count() == 3
    assert_consistent()


UNUSUAL = [
    ("HEAD", "seats/", None, {}),
    ("GET", "seats", None, {}),
    ("GET", "hold/", None, {}),
    ("GET", "seats/", None, {"Range": "bytes=0-1"}),
    ("GET", "seats/", None, {"Cookie": "a=1"}),
    ("GET", "seats/", None, {"X-Unknown": "1"}),
    ("GET", "availability/", None, {"Origin": "https://app.example"}),
    ("POST", "book", {"seat_number": 1}, {}),
    ("POST", "book/", {"seat_number": 2}, {"Idempotency-Key": "k"}),
    ("POST", "book/", {"seat_number": 3, "kind": "Adult"}, {}),
    ("POST", "book/", {"seat_number": 4.0}, {}),
    ("POST", "book/", {"seat_number": 300}, {}),
    ("POST", "book/", {"seat_number": 301}, {}),
    ("POST", "book/", b"seat_number=5", {"Content-Type": "application/x-www-form-urlencoded"}),
]


def test_unusual_requests_and_refusals_reach_a_view(server, show, alice):
    for method, path, body, headers in UNUSUAL:
        request = (method, f"/shows/{show.pk}/{path}", body)
        assert reaches_a_view(server, *request, headers=headers, user=alice), (path, body, headers)
    for path in ("/movies/?page=1", "/movies", "/movies/999999/shows/", "/shows/999999/"):
        assert reaches_a_view(server, "GET", path), path
    assert reaches_a_view(server, "GET", "/my-bookings/")


@pytest.mark.parametrize(
    "environment",
    first_by_default([{"FAST_PATH": "off"}, {"BOOKING_MAX_SEATS": "9"}, {"ORPHAN_RULE": "on"}]),
    ids=str,
)
def test_bookings_under_rules_reach_the_view(show, alice, environment):
    with fast_server(show, alice, **environment) as server:
        assert reaches_a_view(server, "POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=alice)
        is_off = "FAST_PATH" in environment
        assert reaches_a_view(server, "GET", f"/shows/{show.pk}/seats/") == is_off


def test_users_who_read_their_bookings_at_the_same_time_get_their_own(server, show, alice, bob):
    bookings = {alice: [1, 300], bob: [2, 3]}
    for seat, user in ((1, alice), (2, bob), (3, bob)):
        assert server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": seat}, user=user).status == 201
    users = [alice, bob] * 40
    answers = run_concurrently(
        [lambda user=user: server.call("GET", "/my-bookings/", user=user) for user in users]
    )
    for user, answer in zip(users, answers, strict=True):
        assert sorted(booking["seat_number"] for booking in answer.body["results"]) == bookings[user]


@pytest.mark.parametrize("token", ["expired", "of an inactive user"])
def test_invalid_token_buys_nothing(server, show, bob, token):
    access = AccessToken.for_user(bob)
    if token == "expired":
        access.set_exp(from_time=access.current_time, lifetime=-access.lifetime)
    else:
        bob.is_active = False
        bob.save()
    headers = {"Authorization": f"Bearer {access}"}
    answer = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, headers=headers)
    assert (answer.status, answer.code) == (401, "token_not_valid")
    assert Booking.objects.live().count() == 1


@pytest.mark.slow
def test_throttle_counts_each_attempt_once(show, alice, bob):
    with fast_server(show, alice, THROTTLE_BOOKING="4/min") as server:

        def book(user, seat):
            return server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": seat}, user=user).status

        # Seat 1 again: the fast path sells nothing, and the view refuses.
        assert [book(bob, seat) for seat in (1, 1, 2, 3, 4, 5)] == [201, 409, 201, 201, 429, 429]
        # The first one booked seat 300.
        assert [book(alice, seat) for seat in (6, 7, 8, 9)] == [201, 201, 201, 429]


@pytest.mark.slow
def test_log_has_the_same_line_for_both_paths(show, alice, capfd):
    with fast_server(show, alice, LOG_LEVEL="INFO", LOG_FORMAT="json") as server:
        paths = [f"/shows/{show.pk}/seats/", f"/shows/{show.pk}/availability/", *lists(show)]
        for path in paths:
            server.call("GET", path, user=alice, headers={"X-Request-ID": "fast"})
        server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=alice)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if '"cinema.access"' in line]
    answered = [line for line in lines if line["status"] in {200, 201} and line["path"] != "/readyz"]
    by_path = {}
    for line in answered:
        assert [line.pop(name) for name in ("time", "duration_ms", "request_id")]
        by_path.setdefault(line["path"], []).append(line)
    assert [len(same) for same in by_path.values()] == [2] * 8
    assert all(first == second for first, second in by_path.values())
    assert {path for path, lines in by_path.items() if "user" in lines[0]} == {
        f"/shows/{show.pk}/book/",
        "/my-bookings/",
    }


@pytest.mark.slow
def test_metrics_count_both_paths_alike(show, alice):
    token = "a-long-metrics-token"
    with fast_server(show, alice, METRICS_TOKEN=token) as server:
        for seat in range(1, 4):
            server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": seat}, user=alice)
        page = server.call("GET", "/metrics", headers={"Authorization": f"Bearer {token}"}).body.decode()
    labels = 'method="POST",route="shows/<id:show_id>/book/"'
    assert f'cinema_requests_total{{{labels},status="201"}} 4.0' in page
    assert f"cinema_request_seconds_count{{{labels}}} 4.0" in page


@pytest.mark.skipif(not ON_POSTGRESQL, reason="only PostgreSQL has network connections")
def test_lost_connections_cost_503_and_no_acknowledged_booking(show, alice):
    # The name of its connections, because other tests share servers.
    url = f"{environment()['DATABASE_URL']}?application_name=loses-connections"
    with fast_server(show, alice, DATABASE_URL=url) as server:
        path = f"/shows/{show.pk}/book/"
        assert not reaches_a_view(server, "POST", path, {"seat_number": 299}, user=alice)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'loses-connections'"
            )
        statuses = [
            server.call("POST", path, {"seat_number": seat}, user=alice).status for seat in range(1, 11)
        ]
        reads = [server.call("GET", f"/shows/{show.pk}/availability/").status for _ in range(10)]
    assert set(statuses) == {201, 503}
    assert (statuses[-1], reads[-1]) == (201, 200)
    assert Booking.objects.live().count() == 2 + statuses.count(201)
    assert_consistent()


@pytest.mark.skipif(not ON_POSTGRESQL, reason="only PostgreSQL prepares statements")
def test_migration_costs_no_booking_and_no_seat_map(server, show, alice):
    """A statement that was prepared before a column changed its type can't run any more."""
    for seat in range(1, 4):
        server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": seat}, user=alice)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE seats_seat ALTER label TYPE varchar(201)")
        cursor.execute("ALTER TABLE seats_booking ALTER sold_label TYPE varchar(201)")
    try:
        book = lambda seat: server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": seat}, user=alice)  # noqa: E731
        assert [book(seat).status for seat in range(4, 8)] == [201] * 4
        assert server.call("GET", f"/shows/{show.pk}/seats/").status == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE seats_seat ALTER label TYPE varchar(200)")
            cursor.execute("ALTER TABLE seats_booking ALTER sold_label TYPE varchar(200)")
