import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.conftest import Caller
from tests.factories import BookingFactory, ShowFactory
from tests.live_server import Server

pytestmark = pytest.mark.django_db


def book(caller, show, seat_number=5, **kwargs):
    return caller.post(f"/shows/{show.pk}/book/", {"seat_number": seat_number}, **kwargs)


def test_it_sells_the_seat(as_alice, alice, show):
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
            "screen_name": "Screen 1",
            "date_time": show.date_time.isoformat().replace("+00:00", "Z"),
        },
        "seat_number": 5,
        "seat_label": show.seats.get(number=5).label,
        "status": "booked",
        "created_at": booking.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert list(show.seats.taken().values_list("number", flat=True)) == [5]
    assert_consistent()


def test_the_answer_is_what_my_bookings_says(as_alice, show):
    booked = book(as_alice, show).json()
    assert as_alice.get("/my-bookings/").json()["results"] == [booked]


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
def test_it_takes_json_forms_and_multipart(as_alice, show, body, content_type):
    response = as_alice.post(f"/shows/{show.pk}/book/", body, content_type=content_type)
    assert response.status_code == 201
    assert response.json()["seat_number"] == 5


def test_a_taken_seat_is_refused(as_alice, as_bob, show):
    book(as_alice, show)
    assert_problem(book(as_bob, show), 409, "seat_taken")
    assert Booking.objects.count() == 1
    assert_consistent()


def test_ones_own_seat_is_refused_with_its_booking(as_alice, show):
    booked = book(as_alice, show).json()
    assert_problem(book(as_alice, show), 409, "already_yours", booking=booked["id"])


@pytest.mark.parametrize("seconds_ago", [0.05, 0.5, 60])
def test_a_show_that_has_begun_is_refused(as_alice, db, seconds_ago):
    show = ShowFactory(date_time=timezone.now() - timedelta(seconds=seconds_ago))
    assert_problem(book(as_alice, show), 409, "show_started")
    assert not show.seats.taken().exists()


@pytest.mark.parametrize("seat_number", [0, -1, 13, 2**31, 2**63, 10**30, "13", "0", "-1"])
def test_a_seat_that_is_not_there_is_refused_with_the_range(as_alice, show, seat_number):
    body = assert_problem(book(as_alice, show, seat_number), 400, "seat_not_found")
    assert "1 to 12" in body["detail"]


@pytest.mark.parametrize(
    "alias",
    [
        *(None, True, False, 1.0, 1.5, 1e3, [], [5], {}, "", " ", "x", "five"),
        *("05", "+5", " 5", "5 ", "5.0", "5e0", "0x5", "5_0", "-0", "５", "٥", "५", "5\n", "5\x00", "9" * 5000),
    ],
)
def test_a_seat_has_one_spelling(as_alice, show, alias):
    assert_invalid(book(as_alice, show, alias), "seat_number")
    assert not show.seats.taken().exists()


@pytest.mark.parametrize("body", ["{}", '{"seat": 5}', "[]", "5", '"5"', "null", "[[]]"])
def test_a_body_without_a_seat_is_invalid(as_alice, show, body):
    response = as_alice.post(f"/shows/{show.pk}/book/", body, content_type="application/json")
    assert_problem(response, 400, "invalid")


@pytest.mark.parametrize("show_id", ["999999", "9" * 18, "9" * 30, "0"])
def test_a_show_that_is_not_there_is_not_found(as_alice, db, show_id):
    assert_problem(as_alice.post(f"/shows/{show_id}/book/", {"seat_number": 1}), 404, "not_found")


def test_a_cancelled_seat_is_sold_again_and_again(as_alice, as_bob, show):
    for _ in range(3):
        for caller in (as_alice, as_bob):
            booked = book(caller, show)
            assert booked.status_code == 201
            assert caller.post(f"/bookings/{booked.json()['id']}/cancel/").status_code == 200
    assert Booking.objects.count() == 6
    assert_consistent()


def test_losing_in_the_backstop_is_the_same_refusal(as_bob, alice, show):
    """A live booking whose seat says free, as if the two had come apart: the index still says no."""
    BookingFactory(show=show, user=alice, seat_number=5)
    Seat.objects.filter(show=show).update(taken=False)

    assert_problem(book(as_bob, show), 409, "seat_taken")
    assert Booking.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_sale_costs_two_statements_at_most(as_alice, show):
    """In all: the buyer's check, the sale, the record, and what the answer says of the show."""
    with CaptureQueriesContext(connection) as queries:
        assert book(as_alice, show).status_code == 201
    statements = [
        query["sql"] for query in queries if query["sql"] not in {"BEGIN", "COMMIT", "BEGIN IMMEDIATE"}
    ]
    assert len(statements) == (1 if connection.vendor == "postgresql" else 2), statements


@pytest.mark.django_db(transaction=True)
def test_all_that_must_hold_stands_in_one_update(as_alice, show):
    """No join and no `IN (SELECT …)`: the free flag is on the very row that is changed."""
    with CaptureQueriesContext(connection) as queries:
        book(as_alice, show)
    (update,) = (query["sql"] for query in queries if "UPDATE seats_seat" in query["sql"])
    where = update[update.index("WHERE") : update.index("RETURNING")]
    assert "AND NOT taken AND NOT blocked" in where
    assert "held_until IS NULL OR held_until <= " in where
    assert " IN " not in where
    assert "JOIN" not in where
    assert len(re.findall(r"EXISTS \(\s*SELECT 1 FROM", where)) == 2
    assert "date_time > " in where
    assert "is_active" in where
    assert "password" in where


def test_the_buyer_is_checked_in_the_sale_itself(alice, show):
    """Not before: a user deactivated a moment ago buys nothing."""
    alice.is_active = False
    alice.save()
    with pytest.raises(Exception, match="no active account"):
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
    assert not show.seats.taken().exists()


def test_too_many_attempts_are_throttled(as_alice, bob, show, throttle):
    throttle("booking", "2/min")
    for seat_number in (1, 2):
        assert book(as_alice, show, seat_number).status_code == 201
    assert_problem(book(as_alice, show, 3), 429, "throttled")
    assert book(Caller(bob), show, 3).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_sales_go_on_when_redis_does_not_answer(alice, show):
    nowhere = {"REDIS_URL": "redis://127.0.0.1:1/0", "THROTTLE_BOOKING": "1000/min", "THROTTLE_LOGIN": "10/min"}
    with Server(workers=1, **nowhere) as server:
        answer = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 5}, user=alice)
        assert answer.status == 201
        login = server.call("POST", "/login", {"username": "alice", "password": "x"})
        assert (login.status, login.code) == (503, "unavailable")
        assert login.headers["Retry-After"]


class TestIdempotencyKey:
    KEY = {"Idempotency-Key": "7f0c"}

    def test_a_retry_gets_the_first_answer_again(self, as_alice, show):
        first = book(as_alice, show, headers=self.KEY)
        again = book(as_alice, show, headers=self.KEY)
        assert first.status_code == again.status_code == 201
        assert first.json() == again.json()
        assert Booking.objects.count() == 1
        assert_consistent()

    def test_it_does_so_after_the_booking_was_cancelled_and_the_show_began(self, as_alice, show):
        first = book(as_alice, show, headers=self.KEY)
        as_alice.post(f"/bookings/{first.json()['id']}/cancel/")
        assert book(as_alice, show, headers=self.KEY).json() == first.json()
        show.date_time = timezone.now()
        show.save()
        assert book(as_alice, show, headers=self.KEY).json()["id"] == first.json()["id"]
        assert not show.seats.taken().exists()
        assert_consistent()

    def test_the_key_with_another_seat_is_refused(self, as_alice, show):
        book(as_alice, show, headers=self.KEY)
        assert_problem(book(as_alice, show, 6, headers=self.KEY), 422, "idempotency_key_reused")
        assert list(show.seats.taken().values_list("number", flat=True)) == [5]
        assert_consistent()

    def test_a_key_is_of_one_user_and_one_show(self, as_alice, as_bob, show):
        assert book(as_alice, show, 5, headers=self.KEY).status_code == 201
        assert book(as_bob, show, 6, headers=self.KEY).status_code == 201
        assert book(as_alice, ShowFactory(), 6, headers=self.KEY).status_code == 201

    def test_a_key_does_not_open_anothers_seat(self, as_alice, as_bob, show):
        book(as_alice, show, headers=self.KEY)
        assert_problem(book(as_bob, show, headers=self.KEY), 409, "seat_taken")

    def test_a_refused_attempt_uses_up_no_key(self, as_alice, as_bob, show):
        book(as_bob, show, 5)
        assert_problem(book(as_alice, show, 5, headers=self.KEY), 409, "seat_taken")
        assert book(as_alice, show, 6, headers=self.KEY).status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "\x7f"])
    def test_a_key_that_makes_no_sense_is_invalid(self, as_alice, show, key):
        assert_invalid(book(as_alice, show, headers={"Idempotency-Key": key}), "Idempotency-Key")
        assert not show.seats.taken().exists()

    @pytest.mark.parametrize("key", ["x", "x" * 200, "with space", " ", "n\xe9"])
    def test_any_printable_key_will_do(self, as_alice, show, key):
        assert book(as_alice, show, headers={"Idempotency-Key": key}).status_code == 201


def test_already_yours_names_the_live_booking_and_not_one_that_was_cancelled(as_alice, show):
    def book():
        return as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1})

    as_alice.post(f"/bookings/{book().json()['id']}/cancel/")
    again = book().json()["id"]
    assert_problem(book(), 409, "already_yours", booking=again)
