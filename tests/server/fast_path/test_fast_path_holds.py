"""The fast path: holds, and bookings of held seats."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.models import Booking, Seat
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.factories import BookingFactory, ShowFactory
from tests.live_server import environment
from tests.selection import first_by_default
from tests.server.fast_path.calls import fast_server, reaches_a_view

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(server, show, alice):
    hold_and_book_once(server, show, alice)
    return server


def hold(show, *seats):
    return "PUT", f"/shows/{show.pk}/hold/", {"seat_numbers": list(seats)}


def book_hold(show, body=None):
    return "POST", f"/shows/{show.pk}/hold/book/", body


def hold_and_book_once(server, show, user):
    """The views answer, and the fast path learns their headers."""
    assert server.call(*hold(show, 299), user=user).status == 200
    assert server.call(*book_hold(show), user=user).status == 201


def held_by(user, show):
    return sorted(Seat.objects.filter(show=show).held_by(user.pk).values_list("number", flat=True))


def test_holds_and_their_bookings_reach_no_view(server, show, bob):
    version = server.call("GET", f"/shows/{show.pk}/availability/").body["version"]
    assert not reaches_a_view(server, *hold(show, 6, 5, 5), user=bob)
    assert held_by(bob, show) == [5, 6]
    assert not reaches_a_view(server, *hold(show, 6, 7), user=bob)
    assert held_by(bob, show) == [6, 7]
    assert not reaches_a_view(server, *book_hold(show), user=bob)
    assert not reaches_a_view(server, *hold(show, 9), user=bob)
    assert not reaches_a_view(server, *book_hold(show, {}), user=bob)
    assert sorted(Booking.objects.by(bob.pk).values_list("seat_number", flat=True)) == [6, 7, 9]
    assert server.call("GET", f"/shows/{show.pk}/availability/").body["version"] > version
    assert_consistent()


UNUSUAL = [
    ("PUT", "hold", {"seat_numbers": [1]}, {}),
    ("POST", "hold/", {"seat_numbers": [1]}, {}),
    ("GET", "hold/", None, {}),
    ("DELETE", "hold/", None, {}),
    ("PUT", "hold/", {"best": 1}, {}),
    ("PUT", "hold/", {"seat_numbers": []}, {}),
    ("PUT", "hold/", {"seat_numbers": [0]}, {}),
    ("PUT", "hold/", {"seat_numbers": ["1"]}, {}),
    ("PUT", "hold/", {"seat_numbers": [1, 299]}, {}),
    ("PUT", "hold/", {"seat_numbers": [301]}, {}),
    ("PUT", "hold/", {"seat_numbers": list(range(1, 12))}, {}),
    ("PUT", "hold/", b"seat_numbers=5", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("PUT", "hold/", {"seat_numbers": [1]}, {"X-Unknown": "1"}),
    ("POST", "hold/book/", None, {"Idempotency-Key": "k"}),
    ("POST", "hold/book/", {"kinds": {"5": "Child"}}, {}),
    ("POST", "hold/book/", b"[]", {}),
    ("PUT", "hold/book/", None, {}),
    # A body that is too large is not read.
    ("POST", "hold/book/", None, {"Content-Length": "9999999"}),
]


def test_other_forms_and_refusals_reach_a_view(server, show, alice):
    for seat, (method, path, body, headers) in enumerate(UNUSUAL, 20):
        # The fast path refuses nothing, so there must be a hold that it could book.
        assert server.call(*hold(show, seat), user=alice).status == 200
        request = (method, f"/shows/{show.pk}/{path}", body)
        assert reaches_a_view(server, *request, headers=headers, user=alice), (path, body, headers)


def test_refused_calls_change_nothing_and_get_the_views_reason(server, show, alice, bob):
    assert server.call(*hold(show, 1, 2), user=alice).status == 200
    BookingFactory(show=show, seat_number=3)
    for seats, code in (([2, 4], "seat_held"), ([3], "seat_taken"), ([4, 301], "seat_not_found")):
        assert server.call(*hold(show, *seats), user=bob).code == code
    for unavailable, code in (
        (ShowFactory(begun=True), "show_started"),
        (ShowFactory(status="cancelled"), "show_cancelled"),
    ):
        assert server.call(*hold(unavailable, 1), user=bob).code == code
    assert server.call(*book_hold(show), user=bob).code == "no_hold"
    assert (held_by(alice, show), held_by(bob, show)) == ([1, 2], [])
    assert not Booking.objects.by(bob.pk).exists()
    assert_consistent()


def test_expired_hold_is_not_booked(server, show, alice):
    assert server.call(*hold(show, 1), user=alice).status == 200
    hour = timedelta(hours=1)
    times = {"held_since": F("held_since") - hour, "held_until": F("held_until") - hour}
    Seat.objects.filter(show=show, number=1).update(**times)
    assert server.call(*book_hold(show), user=alice).code == "no_hold"
    assert_consistent()


def test_inactive_user_holds_and_books_nothing(server, show, bob):
    headers = {"Authorization": f"Bearer {AccessToken.for_user(bob)}"}
    assert server.call(*hold(show, 1), headers=headers).status == 200
    bob.is_active = False
    bob.save()
    for request in (hold(show, 2), book_hold(show)):
        answer = server.call(*request, headers=headers)
        assert (answer.status, answer.code) == (401, "token_not_valid")
    assert Booking.objects.by(bob.pk).count() == 0
    assert held_by(bob, show) == [1]


@pytest.mark.parametrize(
    "environment",
    first_by_default([{"BOOKING_MAX_SEATS": "9"}, {"FAST_PATH": "off"}, {"ORPHAN_RULE": "on"}]),
    ids=str,
)
def test_holds_under_rules_reach_the_view(show, alice, environment):
    with fast_server(show, alice, **environment) as server:
        hold_and_book_once(server, show, alice)
        assert reaches_a_view(server, *hold(show, 1, 2), user=alice)
        assert reaches_a_view(server, *book_hold(show), user=alice)


@pytest.mark.slow
def test_throttle_counts_holds_and_bookings_together(show, alice, bob):
    with fast_server(show, alice, THROTTLE_BOOKING="5/min") as server:
        hold_and_book_once(server, show, alice)
        calls = [hold(show, 1), book_hold(show), book_hold(show), hold(show, 2), hold(show, 3), book_hold(show)]
        # The third call: the fast path books nothing, and the view refuses.
        statuses = [server.call(*call, user=bob).status for call in calls]
        assert statuses == [200, 201, 404, 200, 200, 429]


@pytest.mark.slow
def test_log_and_metrics_are_the_same_for_both_paths(show, alice, capfd):
    token = "a-long-metrics-token"
    with fast_server(show, alice, LOG_LEVEL="INFO", LOG_FORMAT="json", METRICS_TOKEN=token) as server:
        hold_and_book_once(server, show, alice)
        for request in (hold(show, 1), book_hold(show)):
            answer = server.call(*request, user=alice, headers={"X-Request-ID": "fast"})
            assert answer.headers["X-Request-ID"] == "fast"
        page = server.call("GET", "/metrics", headers={"Authorization": f"Bearer {token}"}).body.decode()
    for method, call, status in (("PUT", "hold/", 200), ("POST", "hold/book/", 201)):
        labels = f'method="{method}",route="shows/<id:show_id>/{call}"'
        assert f'cinema_requests_total{{{labels},status="{status}"}} 2.0' in page
        assert f"cinema_request_seconds_count{{{labels}}} 2.0" in page
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if '"cinema.access"' in line]
    by_path = {}
    for line in lines:
        if "/hold/" in line["path"]:
            assert [line.pop(name) for name in ("time", "duration_ms", "request_id")]
            assert line["user"] == alice.pk
            by_path.setdefault(line["path"], []).append(line)
    assert [len(same) for same in by_path.values()] == [2, 2]
    assert all(first == second for first, second in by_path.values())


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has network connections")
def test_lost_connection_costs_503_and_books_a_hold_at_most_once(show, alice):
    # The name of its connections, because other tests share servers.
    url = f"{environment()['DATABASE_URL']}?application_name=loses-holds"
    with fast_server(show, alice, DATABASE_URL=url) as server:
        hold_and_book_once(server, show, alice)
        assert not reaches_a_view(server, *hold(show, 1), user=alice)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'loses-holds'"
            )
        answers = [server.call(*book_hold(show), user=alice) for _ in range(2)]
    assert [answer.status for answer in answers] == [503, 201]
    assert Booking.objects.filter(show=show, seat_number=1).live().count() == 1
    assert_consistent()


def test_users_who_hold_the_same_seats_at_the_same_time_get_all_or_none(server, show, alice, bob):
    """The holds cross each other: each wants its neighbor's seat, too, and releases what its user had."""
    calls = [(user, hold(show, seat, seat + 1)) for seat in range(1, 20) for user in (alice, bob)]
    answers = run_concurrently(
        [lambda user=user, call=call: server.call(*call, user=user) for user, call in calls]
    )
    assert {answer.status for answer in answers} <= {200, 409}
    booked = 0
    for user in (alice, bob):
        held = held_by(user, show)
        assert len(held) == 2
        answer = server.call(*book_hold(show), user=user)
        assert [booking["seat_number"] for booking in answer.body] == held
        booked += len(held)
    assert Booking.objects.filter(show=show, seat_number__lte=20).live().count() == booked
    assert_consistent()
