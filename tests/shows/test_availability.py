"""`count_available_seats` sets `available_seats` on shows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Seat
from cinema.shows.availability import count_available_seats
from cinema.shows.models import Show
from tests.factories import BookingFactory, ShowFactory
from tests.seat_state import block

pytestmark = pytest.mark.django_db


def available_seats(show):
    count_available_seats([show])
    return show.available_seats


def test_taken_held_and_blocked_seats_are_not_available(show, alice, bob):
    BookingFactory(user=alice, show=show, seat_number=1)
    services.hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[2, 3])
    block(show, 4, 5, 6)
    assert available_seats(show) == 12 - 1 - 2 - 3


def test_seats_of_expired_holds_are_available(show, bob):
    services.hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[2, 3])
    began = timezone.now() - timedelta(minutes=10)
    Seat.objects.filter(held_by=bob.pk).update(held_since=began, held_until=began + timedelta(minutes=1))
    assert available_seats(show) == 12


def test_show_whose_seats_are_all_blocked_has_no_available_seats(show):
    block(show, *range(1, show.total_seats + 1))
    assert available_seats(show) == 0


def test_one_query_counts_the_seats_of_all_shows(alice, django_assert_num_queries):
    for total_seats in (3, 4, 5):
        BookingFactory(user=alice, show=ShowFactory(total_seats=total_seats), seat_number=1)
    shows = list(Show.objects.order_by("total_seats"))
    with django_assert_num_queries(1):
        count_available_seats(shows)
    assert [show.available_seats for show in shows] == [2, 3, 4]


def test_no_shows_cost_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        count_available_seats([])
