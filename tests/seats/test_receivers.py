"""Other doors than the services: the ORM, cascades, edits. Seats and live bookings agree after each."""

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking
from cinema.shows.exceptions import HasBookings
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=5)


def test_a_deleted_users_seats_are_free_again(alice, bob, booking, show):
    BookingFactory(user=bob, show=show, seat_number=6)
    alice.delete()
    assert list(show.seats.taken().values_list("number", flat=True)) == [6]
    assert_consistent()


def test_users_deleted_together_free_theirs(booking, show):
    get_user_model().objects.all().delete()
    assert not show.seats.taken().exists()
    assert_consistent()


def test_a_deleted_bookings_seat_is_free_again(booking, show):
    booking.delete()
    assert not show.seats.taken().exists()
    assert_consistent()


def test_bookings_deleted_together_free_theirs(booking, bob, show):
    BookingFactory(user=bob, show=show, seat_number=6)
    Booking.objects.all().delete()
    assert not show.seats.taken().exists()
    assert_consistent()


def test_deleting_a_cancelled_booking_leaves_the_next_buyers_seat(booking, bob, show):
    services.cancel(booking_id=booking.pk)
    BookingFactory(user=bob, show=show, seat_number=5)
    booking.delete()
    assert show.seats.get(number=5).taken
    assert_consistent()


def test_a_booking_saved_by_the_orm_takes_its_seat_and_gives_it_back(alice, show):
    booking = Booking.objects.create(user=alice, show=show, seat_number=7)
    assert show.seats.get(number=7).taken
    assert_consistent()
    booking.status = Booking.Status.CANCELLED
    booking.save()
    assert not show.seats.get(number=7).taken
    assert_consistent()


def test_a_booking_moved_by_the_orm_takes_its_new_seat_and_leaves_the_old(booking, show):
    other = ShowFactory()
    booking.seat_number = 9
    booking.save()
    assert list(show.seats.taken().values_list("number", flat=True)) == [9]
    booking.show = other
    booking.save()
    assert not show.seats.taken().exists()
    assert list(other.seats.taken().values_list("number", flat=True)) == [9]
    assert_consistent()


@pytest.mark.parametrize("what", ["show", "movie", "shows", "movies"])
def test_what_has_live_bookings_is_not_deleted(booking, show, what):
    doomed = {
        "show": show,
        "movie": show.movie,
        "shows": Show.objects.all(),
        "movies": type(show.movie).objects.all(),
    }[what]
    from django.db import transaction

    with pytest.raises(HasBookings), transaction.atomic():
        doomed.delete()
    assert Booking.objects.live().exists()
    assert_consistent()


def test_a_show_goes_with_its_cancelled_bookings(booking, show):
    services.cancel(booking_id=booking.pk)
    show.delete()
    assert not Booking.objects.exists()
    assert_consistent()


def test_moving_a_show_to_the_past_keeps_what_was_sold(booking, show):
    show.date_time = timezone.now()
    show.save()
    assert show.seats.get(number=5).taken
    assert_consistent()


def test_a_users_bookings_of_the_past_go_with_them(alice):
    show = ShowFactory()
    BookingFactory(user=alice, show=show)
    Show.objects.update(date_time=timezone.now())
    alice.delete()
    assert_consistent()
    assert not UserFactory._meta.model.objects.exists()
