import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking
from tests.assertions import assert_consistent, assert_problem
from tests.factories import BookingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=5)


def cancel(caller, booking):
    return caller.post(f"/bookings/{booking.pk}/cancel/")


def test_it_frees_the_seat(as_alice, booking, show):
    response = cancel(as_alice, booking)

    assert response.status_code == 200
    assert response.json()["id"] == booking.pk
    assert response.json()["status"] == "cancelled"
    assert response.json()["seat_label"] == show.seats.get(number=5).label
    assert not show.seats.taken().exists()
    assert_consistent()


def test_a_second_cancel_is_refused(as_alice, booking):
    cancel(as_alice, booking)
    assert_problem(cancel(as_alice, booking), 409, "already_cancelled")


def test_a_stale_cancel_does_not_free_the_seat_of_its_next_buyer(as_alice, bob, booking, show):
    cancel(as_alice, booking)
    BookingFactory(user=bob, show=show, seat_number=5)
    assert_problem(cancel(as_alice, booking), 409, "already_cancelled")
    assert show.seats.get(number=5).taken
    assert_consistent()


def test_anothers_booking_is_not_found(as_bob, booking, show):
    assert_problem(cancel(as_bob, booking), 404, "not_found")
    assert show.seats.get(number=5).taken


@pytest.mark.parametrize("booking_id", ["77", "9" * 18, "9" * 30])
def test_a_booking_that_is_not_there_is_not_found(as_alice, booking_id):
    assert_problem(as_alice.post(f"/bookings/{booking_id}/cancel/"), 404, "not_found")


def test_a_show_that_has_begun_is_refused(as_alice, booking, show):
    show.date_time = timezone.now()
    show.save()
    assert_problem(cancel(as_alice, booking), 409, "show_started")
    assert show.seats.get(number=5).taken
    assert_consistent()


def test_it_needs_no_body_and_minds_none(as_alice, booking):
    response = as_alice.post(f"/bookings/{booking.pk}/cancel/", "{", content_type="application/json")
    assert response.status_code == 200


def test_staff_cancel_anybodys_by_the_service(booking, show):
    assert services.cancel(booking_id=booking.pk).status == Booking.Status.CANCELLED
    assert not show.seats.taken().exists()


def test_the_booking_is_flipped_on_condition_and_first(as_alice, booking):
    """Two UPDATEs, the booking's before the seat's, each with its condition on the row it changes."""
    with CaptureQueriesContext(connection) as queries:
        cancel(as_alice, booking)
    updates = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert [update.split('"')[1] for update in updates] == ["seats_booking", "seats_seat"]
    assert '"seats_booking"."status" = \'booked\'' in updates[0]
    assert "EXISTS(SELECT 1" in updates[0]
    assert '"seats_seat"."taken"' in updates[1].split("WHERE")[1]
    assert not any(" IN (" in update or "JOIN" in update for update in updates)


def test_the_rival_who_cancels_between_the_two_steps_changes_nothing(
    as_alice, alice, booking, show, monkeypatch
):
    """A second cancel of the same booking acts after the first has flipped it."""
    from cinema.seats.models import SeatQuerySet

    mark_available = SeatQuerySet.mark_available
    rivals = []

    def rival_first(seats):
        monkeypatch.setattr(SeatQuerySet, "mark_available", mark_available)
        with pytest.raises(Exception, match="already cancelled"):
            services.cancel(booking_id=booking.pk, user_id=alice.pk)
        rivals.append(1)
        return mark_available(seats)

    monkeypatch.setattr(SeatQuerySet, "mark_available", rival_first)
    assert cancel(as_alice, booking).status_code == 200
    assert rivals
    assert_consistent()
