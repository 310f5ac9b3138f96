import pytest

from cinema.seats.booking import services
from cinema.seats.models import Booking
from tests.assertions import assert_invalid, assert_problem
from tests.conftest import Caller
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory, permit

pytestmark = pytest.mark.django_db


def test_list_has_only_the_users_bookings_newest_first(as_alice, alice, bob, show):
    first = BookingFactory(user=alice, show=show, seat_number=1)
    BookingFactory(user=bob, show=show, seat_number=2)
    second = BookingFactory(user=alice, show=show, seat_number=3)

    body = as_alice.get("/my-bookings/").json()

    assert set(body) == {"count", "next", "previous", "results"}
    assert [row["id"] for row in body["results"]] == [second.pk, first.pk]
    fields = {"id", "show", "seat_number", "seat_label", "status", "created_at", "order"}
    fields |= {"admitted_at", "ticket", "order_ticket", "cancelled_at", "cancelled_because"}
    fields |= {"kind", "amount", "currency"}
    assert set(body["results"][0]) == fields
    assert set(body["results"][0]["show"]) == {"id", "movie", "screen_name", "date_time", "local_time"}
    assert set(body["results"][0]["show"]["movie"]) == {"id", "title", "duration_minutes"}


def test_list_is_filtered_by_status(as_alice, alice, show):
    booked = BookingFactory(user=alice, show=show, seat_number=1)
    cancelled = BookingFactory(user=alice, show=show, seat_number=2)
    services.cancel(booking_id=cancelled.pk)

    def listed(query):
        return [row["id"] for row in as_alice.get(f"/my-bookings/{query}").json()["results"]]

    assert listed("") == [cancelled.pk, booked.pk]
    assert listed("?status=booked") == [booked.pk]
    assert listed("?status=cancelled") == [cancelled.pk]
    assert_invalid(as_alice.get("/my-bookings/?status=lost"), "status")


def test_bookings_of_the_same_time_are_sorted_by_id(as_alice, alice, show):
    for seat_number in range(1, 6):
        BookingFactory(user=alice, show=show, seat_number=seat_number)
    Booking.objects.update(created_at=show.date_time)
    ids = [row["id"] for row in as_alice.get("/my-bookings/").json()["results"]]
    assert ids == sorted(ids, reverse=True)


def test_list_of_any_length_costs_one_query(as_alice, alice, django_assert_num_queries):
    """It checks the user, counts the bookings, and reads shows, movies and seat labels."""
    for _ in range(3):
        show = ShowFactory()
        for seat_number in range(1, 6):
            BookingFactory(user=alice, show=show, seat_number=seat_number)
    with django_assert_num_queries(1):
        assert as_alice.get("/my-bookings/").json()["count"] == 15


def test_booking_keeps_the_label_of_a_removed_seat(as_alice, alice, show):
    booking = BookingFactory(user=alice, show=show, seat_number=12)
    services.cancel(booking_id=booking.pk)
    show.total_seats = 5
    show.save()
    assert as_alice.get("/my-bookings/").json()["results"][0]["seat_label"] == "C4"


def test_booking_by_a_server_of_an_older_version_has_the_label_of_its_seat(as_alice, alice, show):
    """Such a server stores no label. It may still run after the migration."""
    booking = BookingFactory(user=alice, show=show, seat_number=12)
    Booking.objects.update(sold_label="")
    assert as_alice.get("/my-bookings/").json()["results"][0]["seat_label"] == "C4"
    assert as_alice.post(f"/bookings/{booking.pk}/cancel/").json()["seat_label"] == "C4"


def test_owner_gets_a_booking_and_nobody_else(as_alice, as_bob, as_staff, anyone, alice, show):
    booking = BookingFactory(user=alice, show=show)
    path = f"/bookings/{booking.pk}/"
    assert as_alice.get(path).json() == as_alice.get("/my-bookings/").json()["results"][0]
    assert_problem(as_bob.get(path), 404, "not_found")
    assert_problem(as_staff.get(path), 404, "not_found")
    assert_problem(anyone.get(path), 401, "not_authenticated")
    assert_problem(as_alice.get(f"/bookings/{UNUSED_ID}/"), 404, "not_found")


def test_staff_who_may_view_bookings_get_every_booking(sam, alice, bob, show):
    booking = BookingFactory(user=alice, show=show)
    permit(sam, "view_booking")
    permit(bob, "view_booking")
    assert Caller(sam).get(f"/bookings/{booking.pk}/").json()["id"] == booking.pk
    assert_problem(Caller(bob).get(f"/bookings/{booking.pk}/"), 404, "not_found")
