"""`POST /shows/<id>/book/` sells a seat."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema.seats.api.tried_sales import FAILED_SALE
from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_invalid, assert_problem, wire_time
from tests.conftest import Caller
from tests.factories import BookingFactory, ShowFactory
from tests.live_server import Server

pytestmark = pytest.mark.django_db


def book(caller, show, seat_number=5, **kwargs):
    return caller.post(f"/shows/{show.pk}/book/", {"seat_number": seat_number}, **kwargs)


def test_booking_sells_the_seat(as_alice, alice, show):
    response = book(as_alice, show)

    assert response.status_code == 201
    booking = Booking.objects.get()
    assert (booking.user, booking.show, booking.seat_number) == (alice, show, 5)
    assert abs((timezone.now() - booking.created_at).total_seconds()) < 60
    assert response.json() == {
        "id": booking.pk,
        "show": {
            "id": show.pk,
            "movie": {"id": show.movie_id, "title": show.movie.title, "duration_minutes": 120},
            "screen_name": show.screen_name,
            "date_time": wire_time(show.date_time),
            "local_time": wire_time(show.date_time),
        },
        "seat_number": 5,
        "seat_label": show.seats.get(number=5).label,
        "status": "booked",
        "created_at": booking.created_at.isoformat().replace("+00:00", "Z"),
        "order": booking.order,
        "kind": None,
        "amount": None,
        "currency": None,
        "cancelled_at": None,
        "cancelled_because": None,
        "admitted_at": None,
        "ticket": booking.ticket,
        "order_ticket": booking.order_ticket,
    }
    assert list(show.seats.taken().values_list("number", flat=True)) == [5]
    assert_consistent()


def test_response_is_the_booking_as_my_bookings_lists_it(as_alice, show):
    booking = book(as_alice, show).json()
    assert as_alice.get("/my-bookings/").json()["results"] == [booking]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"seat_number": 5}', "application/json"),
        ('{"seat_number": "5"}', "application/json; charset=utf-8"),
        ("seat_number=5", "application/x-www-form-urlencoded"),
        (
            '--b\r\nContent-Disposition: form-data; name="seat_number"\r\n\r\n5\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
    ],
)
def test_body_may_be_json_a_form_or_multipart(as_alice, show, body, content_type):
    response = as_alice.post(f"/shows/{show.pk}/book/", body, content_type=content_type)
    assert response.status_code == 201
    assert response.json()["seat_number"] == 5


def test_booking_a_taken_seat_is_rejected(as_alice, as_bob, show):
    book(as_alice, show)
    assert_problem(book(as_bob, show), 409, "seat_taken")
    assert Booking.objects.count() == 1
    assert_consistent()


def test_booking_a_seat_again_is_rejected_with_the_id_of_the_first_booking(as_alice, show):
    booking = book(as_alice, show).json()
    assert_problem(book(as_alice, show), 409, "already_yours", booking=booking["id"])


@pytest.mark.parametrize("seconds_ago", [0.05, 0.5, 60])
def test_booking_for_a_started_show_is_rejected(as_alice, db, seconds_ago):
    show = ShowFactory(date_time=timezone.now() - timedelta(seconds=seconds_ago))
    assert_problem(book(as_alice, show), 409, "show_started")
    assert not show.seats.taken().exists()


@pytest.mark.parametrize("seat_number", [0, -1, 13, 2**31, 2**63, 10**30, "13", "0", "-1"])
def test_unknown_seat_is_rejected_with_the_range_of_numbers(as_alice, show, seat_number):
    body = assert_problem(book(as_alice, show, seat_number), 400, "seat_not_found")
    assert "1 to 12" in body["detail"]


@pytest.mark.parametrize(
    "seat_number",
    [
        *(None, True, False, 1.0, 1.5, 1e3, [], [5], {}, "", " ", "x", "five"),
        *("05", "+5", " 5", "5 ", "5.0", "5e0", "0x5", "5_0", "-0", "５", "٥", "५", "5\n", "5\x00", "9" * 5000),
    ],
)
def test_seat_number_that_is_no_canonical_integer_is_rejected(as_alice, show, seat_number):
    assert_invalid(book(as_alice, show, seat_number), "seat_number")
    assert not show.seats.taken().exists()


@pytest.mark.parametrize("body", ["{}", '{"seat": 5}', "[]", "5", '"5"', "null", "[[]]"])
def test_booking_without_a_seat_number_is_rejected(as_alice, show, body):
    response = as_alice.post(f"/shows/{show.pk}/book/", body, content_type="application/json")
    assert_problem(response, 400, "invalid")


@pytest.mark.parametrize("show_id", ["999999", "9" * 18, "9" * 30, "0"])
def test_unknown_show_is_not_found(as_alice, db, show_id):
    assert_problem(as_alice.post(f"/shows/{show_id}/book/", {"seat_number": 1}), 404, "not_found")


def test_seat_of_a_cancelled_booking_can_be_sold_again(as_alice, as_bob, show):
    for _ in range(3):
        for caller in (as_alice, as_bob):
            response = book(caller, show)
            assert response.status_code == 201
            assert caller.post(f"/bookings/{response.json()['id']}/cancel/").status_code == 200
    assert Booking.objects.count() == 6
    assert_consistent()


def test_unique_index_rejects_a_second_live_booking_of_an_inconsistent_seat(as_bob, alice, show):
    """The seat has a live booking, but its row says available."""
    BookingFactory(show=show, user=alice, seat_number=5)
    Seat.objects.filter(show=show).update(taken=False)

    assert_problem(book(as_bob, show), 409, "seat_taken")
    assert Booking.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_booking_runs_one_statement_on_postgresql_and_two_on_sqlite(as_alice, show):
    """They check the buyer, take the seat, record the booking and read what the response says of the show."""
    with CaptureQueriesContext(connection) as queries:
        assert book(as_alice, show).status_code == 201
    statements = [
        query["sql"] for query in queries if query["sql"] not in {"BEGIN", "COMMIT", "BEGIN IMMEDIATE"}
    ]
    assert len(statements) == (1 if connection.vendor == "postgresql" else 2), statements


@pytest.mark.django_db(transaction=True)
def test_all_conditions_of_a_sale_stand_in_the_where_of_one_update(as_alice, show):
    """PostgreSQL would not re-check a join or an `IN (SELECT …)` after it has waited for the seat's row."""
    with CaptureQueriesContext(connection) as queries:
        book(as_alice, show)
    (update,) = (query["sql"] for query in queries if "UPDATE seats_seat" in query["sql"])
    where = update[update.index("WHERE") : update.index("RETURNING")]
    assert "AND NOT taken AND NOT blocked" in where
    assert "held_until IS NULL OR held_until <= " in where
    assert not re.search(r"\bIN\s*\(\s*SELECT", where)
    assert "JOIN" not in where
    assert len(re.findall(r"EXISTS \(\s*SELECT 1 FROM", where)) == 4
    assert "date_time > " in where
    assert "on_sale_from <= " in where
    assert "status = 'scheduled'" in where
    assert "is_active" in where
    assert "password" in where


def test_deactivated_user_cannot_book(alice, show):
    """The sale itself checks the user, because an earlier check would miss a deactivation in between."""
    alice.is_active = False
    alice.save()
    with pytest.raises(Exception, match="no active account"):
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
    assert not show.seats.taken().exists()


def test_bookings_above_the_rate_limit_of_a_user_are_throttled(as_alice, bob, show, throttle):
    throttle("booking", "2/min")
    for seat_number in (1, 2):
        assert book(as_alice, show, seat_number).status_code == 201
    assert_problem(book(as_alice, show, 3), 429, "throttled")
    assert book(Caller(bob), show, 3).status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_bookings_succeed_and_logins_get_503_while_redis_is_down(alice, show):
    redis_is_down = {"REDIS_URL": "redis://127.0.0.1:1/0"}
    rate_limits = {"THROTTLE_BOOKING": "1000/min", "THROTTLE_LOGIN": "10/min"}
    with Server(workers=1, **redis_is_down, **rate_limits) as server:
        response = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 5}, user=alice)
        assert response.status == 201
        login = server.call("POST", "/login", {"username": "alice", "password": "x"})
        assert (login.status, login.code) == (503, "unavailable")
        assert login.headers["Retry-After"]


class TestIdempotencyKey:
    KEY = {"Idempotency-Key": "7f0c"}

    def test_retry_with_the_same_key_returns_the_first_response(self, as_alice, show):
        first = book(as_alice, show, headers=self.KEY)
        second = book(as_alice, show, headers=self.KEY)
        assert first.status_code == second.status_code == 201
        assert first.json() == second.json()
        assert Booking.objects.count() == 1
        assert_consistent()

    def test_retry_returns_the_first_response_after_a_cancel_and_after_the_start(self, as_alice, show):
        first = book(as_alice, show, headers=self.KEY)
        as_alice.post(f"/bookings/{first.json()['id']}/cancel/")
        assert book(as_alice, show, headers=self.KEY).json() == first.json()
        Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
        assert book(as_alice, show, headers=self.KEY).json()["id"] == first.json()["id"]
        assert not show.seats.taken().exists()
        assert_consistent()

    def test_used_key_is_rejected_for_another_seat(self, as_alice, show):
        book(as_alice, show, headers=self.KEY)
        assert_problem(book(as_alice, show, 6, headers=self.KEY), 422, "idempotency_key_reused")
        assert list(show.seats.taken().values_list("number", flat=True)) == [5]
        assert_consistent()

    def test_other_users_and_other_shows_may_use_the_same_key(self, as_alice, as_bob, show):
        assert book(as_alice, show, 5, headers=self.KEY).status_code == 201
        assert book(as_bob, show, 6, headers=self.KEY).status_code == 201
        assert book(as_alice, ShowFactory(), 6, headers=self.KEY).status_code == 201

    def test_key_of_another_user_does_not_return_the_booking_of_that_user(self, as_alice, as_bob, show):
        book(as_alice, show, headers=self.KEY)
        assert_problem(book(as_bob, show, headers=self.KEY), 409, "seat_taken")

    def test_rejected_booking_does_not_use_up_the_key(self, as_alice, as_bob, show):
        book(as_bob, show, 5)
        assert_problem(book(as_alice, show, 5, headers=self.KEY), 409, "seat_taken")
        assert book(as_alice, show, 6, headers=self.KEY).status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "\x7f"])
    def test_empty_overlong_or_unprintable_key_is_rejected(self, as_alice, show, key):
        assert_invalid(book(as_alice, show, headers={"Idempotency-Key": key}), "Idempotency-Key")
        assert not show.seats.taken().exists()

    @pytest.mark.parametrize("key", ["x", "x" * 200, "with space", " ", "n\xe9"])
    def test_printable_key_of_up_to_200_characters_is_accepted(self, as_alice, show, key):
        assert book(as_alice, show, headers={"Idempotency-Key": key}).status_code == 201


def test_already_yours_names_the_live_booking_and_not_a_cancelled_one(as_alice, show):
    as_alice.post(f"/bookings/{book(as_alice, show).json()['id']}/cancel/")
    live_booking = book(as_alice, show).json()
    assert_problem(book(as_alice, show), 409, "already_yours", booking=live_booking["id"])


def test_sale_that_the_fast_path_has_tried_begins_with_the_reason(as_alice, show):
    BookingFactory(show=show, seat_number=5)
    was_tried = {FAILED_SALE: None}
    with CaptureQueriesContext(connection) as queries:
        assert_problem(book(as_alice, show, **was_tried), 409, "seat_taken")
    assert not any("UPDATE" in query["sql"] for query in queries)
    # Seat 6 has become available since, so there is no reason any more.
    assert book(as_alice, show, 6, **was_tried).status_code == 201
    assert_consistent()
