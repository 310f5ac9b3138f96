"""`POST /bookings/<id>/cancel/` cancels a booking and frees its seat."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_problem
from tests.concurrency import rival_after_first_statement
from tests.factories import BookingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=5)


def cancel(caller, booking):
    return caller.post(f"/bookings/{booking.pk}/cancel/")


def test_cancel_frees_the_seat(as_alice, booking, show):
    response = cancel(as_alice, booking)

    assert response.status_code == 200
    assert response.json()["id"] == booking.pk
    assert response.json()["status"] == "cancelled"
    assert response.json()["seat_label"] == show.seats.get(number=5).label
    assert not show.seats.taken().exists()
    assert_consistent()


def test_second_cancel_is_rejected(as_alice, booking):
    cancel(as_alice, booking)
    assert_problem(cancel(as_alice, booking), 409, "already_cancelled")


def test_repeated_cancel_does_not_free_the_seat_of_its_next_buyer(as_alice, bob, booking, show):
    cancel(as_alice, booking)
    BookingFactory(user=bob, show=show, seat_number=5)
    assert_problem(cancel(as_alice, booking), 409, "already_cancelled")
    assert show.seats.get(number=5).taken
    assert_consistent()


def test_booking_of_another_user_is_not_found(as_bob, booking, show):
    assert_problem(cancel(as_bob, booking), 404, "not_found")
    assert show.seats.get(number=5).taken


@pytest.mark.parametrize("booking_id", ["77", "9" * 18, "9" * 30])
def test_unknown_booking_is_not_found(as_alice, booking_id):
    assert_problem(as_alice.post(f"/bookings/{booking_id}/cancel/"), 404, "not_found")


def test_booking_of_a_started_show_cannot_be_cancelled(as_alice, booking, show):
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    assert_problem(cancel(as_alice, booking), 409, "show_started")
    assert show.seats.get(number=5).taken
    assert_consistent()


def test_malformed_body_of_a_cancel_is_ignored(as_alice, booking):
    response = as_alice.post(f"/bookings/{booking.pk}/cancel/", "{", content_type="application/json")
    assert response.status_code == 200


def test_service_without_a_user_cancels_any_booking(booking, show):
    assert services.cancel(booking_id=booking.pk).status == Booking.Status.CANCELLED
    assert not show.seats.taken().exists()


def test_booking_is_cancelled_by_one_conditional_update_before_its_seat_is_freed(as_alice, booking):
    with CaptureQueriesContext(connection) as queries:
        cancel(as_alice, booking)
    statements = " ".join(query["sql"] for query in queries)
    updates = re.findall(r"UPDATE (seats_\w+)\s.*?WHERE (.*?)RETURNING", statements, re.DOTALL)
    assert [table for table, _ in updates] == ["seats_booking", "seats_seat"]
    assert "status = 'booked'" in updates[0][1]
    assert "EXISTS (SELECT 1 FROM shows_show" in updates[0][1]
    assert not any("JOIN" in condition for _, condition in updates)


def test_cancel_that_loses_a_race_against_another_cancel_changes_nothing(as_alice, booking, show):
    with rival_after_first_statement(lambda: services.cancel(booking_id=booking.pk)):
        assert_problem(cancel(as_alice, booking), 409, "already_cancelled")
    assert not show.seats.get(number=5).taken
    assert_consistent()


def test_seat_sold_again_stays_taken_when_an_earlier_cancel_is_repeated(as_alice, booking, show, bob):
    def cancel_and_sell_again():
        services.cancel(booking_id=booking.pk)
        services.book(user_id=bob.pk, show_id=show.pk, seat_number=5)

    with rival_after_first_statement(cancel_and_sell_again):
        assert_problem(cancel(as_alice, booking), 409, "already_cancelled")
    assert show.seats.get(number=5).taken
    assert_consistent()
