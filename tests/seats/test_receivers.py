"""Seats and live bookings stay consistent when the ORM saves or deletes bookings, shows, movies or users."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking
from cinema.shows.exceptions import HasBookings
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=5)


def test_deleting_a_user_cancels_their_bookings_of_upcoming_shows_and_frees_the_seats(
    alice, bob, booking, show
):
    BookingFactory(user=bob, show=show, seat_number=6)
    alice.delete()
    booking.refresh_from_db()
    assert (booking.status, booking.user) == ("cancelled", None)
    assert list(show.seats.taken().values_list("number", flat=True)) == [6]
    assert services.book(user_id=bob.pk, show_id=show.pk, seat_number=5)
    assert_consistent()


def test_deleting_all_users_at_once_frees_their_seats(booking, show):
    get_user_model().objects.all().delete()
    assert not show.seats.taken().exists()
    assert_consistent()


@pytest.mark.parametrize("is_active", [True, False])
def test_deleting_a_user_ends_their_holds_and_no_others(alice, bob, show, is_active):
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    services.hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[3])
    alice.is_active = is_active
    alice.save()
    alice.delete()
    assert list(show.seats.filter(held_by__isnull=False).values_list("number", flat=True)) == [3]
    assert services.hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[1, 2])


def test_deleting_a_booking_frees_its_seat(booking, show):
    booking.delete()
    assert not show.seats.taken().exists()
    assert_consistent()


def test_deleting_all_bookings_at_once_frees_their_seats(booking, bob, show):
    BookingFactory(user=bob, show=show, seat_number=6)
    Booking.objects.all().delete()
    assert not show.seats.taken().exists()
    assert_consistent()


def test_deleting_a_cancelled_booking_does_not_free_the_seat_of_its_next_buyer(booking, bob, show):
    services.cancel(booking_id=booking.pk)
    BookingFactory(user=bob, show=show, seat_number=5)
    booking.delete()
    assert show.seats.get(number=5).taken
    assert_consistent()


def test_booking_saved_by_the_orm_takes_its_seat_and_frees_it_when_cancelled(alice, show):
    booking = Booking.objects.create(user=alice, show=show, seat_number=7)
    assert show.seats.get(number=7).taken
    assert_consistent()
    booking.status = Booking.Status.CANCELLED
    booking.save()
    assert not show.seats.get(number=7).taken
    assert_consistent()


def test_booking_moved_by_the_orm_takes_its_new_seat_and_frees_the_old_one(booking, show):
    other = ShowFactory()
    booking.seat_number = 9
    booking.save()
    assert list(show.seats.taken().values_list("number", flat=True)) == [9]
    booking.show = other
    booking.save()
    assert not show.seats.taken().exists()
    assert list(other.seats.taken().values_list("number", flat=True)) == [9]
    assert_consistent()


def test_booking_saved_by_the_orm_gets_the_label_of_its_seat(alice, show):
    booking = Booking.objects.create(user=alice, show=show, seat_number=7)
    assert Booking.objects.get().sold_label == "B3"
    booking.seat_number = 9
    booking.save(update_fields=["seat_number"])
    assert Booking.objects.get().sold_label == booking.sold_label == "C1"
    assert_consistent()


@pytest.mark.parametrize("name", ["show", "movie", "shows", "movies"])
def test_show_or_movie_with_live_bookings_cannot_be_deleted(booking, show, name):
    to_delete = {
        "show": show,
        "movie": show.movie,
        "shows": Show.objects.all(),
        "movies": Movie.objects.all(),
    }[name]
    with pytest.raises(HasBookings), transaction.atomic():
        to_delete.delete()
    assert Booking.objects.live().exists()
    assert_consistent()


def test_deleting_a_show_deletes_its_cancelled_bookings(booking, show):
    services.cancel(booking_id=booking.pk)
    show.delete()
    assert not Booking.objects.exists()
    assert_consistent()


def test_show_that_moves_with_its_bookings_keeps_its_taken_seats(booking, show):
    show.date_time += timedelta(days=1)
    show.keep_bookings = True
    show.save()
    assert show.seats.get(number=5).taken
    assert_consistent()


def test_bookings_of_past_shows_stay_without_a_user_when_the_user_is_deleted(alice, booking, show):
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    alice.delete()
    assert not get_user_model().objects.exists()
    booking.refresh_from_db()
    assert (booking.status, booking.user) == ("booked", None)
    assert show.seats.get(number=5).taken
    assert_consistent()
