"""Shows are resized or deleted, and users deleted, while others book, each on its own connection."""

import threading
import time
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models.deletion import Collector

from cinema.seats.booking import services
from cinema.seats.exceptions import SeatTaken
from cinema.seats.models import Booking, Seat
from cinema.shows.exceptions import HasBookings, SeatsInUse, ShowNotFound
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import ShowFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fifty_users(db):
    return UserFactory.create_batch(50)


def test_show_can_be_shrunk_while_its_seats_are_booked(fifty_users):
    show = ShowFactory(total_seats=50)

    def shrink():
        show.total_seats = 5
        show.save()

    book = partial(services.book, show_id=show.pk)
    bookings = [
        partial(book, user_id=user.pk, seat_number=number) for number, user in enumerate(fifty_users, start=1)
    ]
    shrunk, *_ = run_concurrently([shrink, *bookings])
    assert shrunk is None or isinstance(shrunk, SeatsInUse)
    assert_consistent()


def test_shrinking_does_not_deadlock_with_a_hold_of_a_removed_and_a_remaining_seat():
    """Both lock the seats in the order of their numbers."""
    show = ShowFactory(total_seats=6)
    first_seat_is_locked = threading.Event()

    def hold():
        with transaction.atomic():
            for number in (1, 6):
                list(Seat.objects.filter(show=show, number=number).select_for_update())
                first_seat_is_locked.set()
                time.sleep(0.5)

    def shrink():
        first_seat_is_locked.wait(60)
        show.total_seats = 5
        show.save()

    run_concurrently([hold, shrink])
    assert show.seats.count() == 5


def test_show_is_deleted_only_if_none_of_the_concurrent_bookings_succeeds(show, fifty_users):
    book = partial(services.book, show_id=show.pk)
    bookings = [
        partial(book, user_id=user.pk, seat_number=index % 12 + 1) for index, user in enumerate(fifty_users)
    ]
    deleted, *booked = run_concurrently([show.delete, *bookings])
    sold = sum(isinstance(result, Booking) for result in booked)
    assert isinstance(deleted, HasBookings) == (sold > 0)
    assert isinstance(deleted, tuple | HasBookings)
    assert {type(result) for result in booked} <= {Booking, SeatTaken, ShowNotFound}
    assert_consistent()


def test_deleting_a_show_waits_for_an_uncommitted_booking_and_is_rejected(show, alice):
    book = partial(services.book, user_id=alice.pk, show_id=show.pk, seat_number=7)
    booking, deleted = run_while_uncommitted(book, show.delete)
    assert isinstance(booking, Booking)
    assert isinstance(deleted, HasBookings)
    assert_consistent()


@pytest.mark.parametrize("name", ["show", "user"])
def test_booking_made_between_the_two_steps_of_a_delete_does_not_stay_live(show, alice, monkeypatch, name):
    """Django first collects the rows to delete, and then deletes them."""
    delete_collected = Collector.delete

    def book_and_delete_collected(collector):
        monkeypatch.setattr(Collector, "delete", delete_collected)
        booking = services.book(user_id=alice.pk, show_id=show.pk, seat_number=7)
        if name == "show":
            services.cancel(booking_id=booking.pk)
        return delete_collected(collector)

    monkeypatch.setattr(Collector, "delete", book_and_delete_collected)
    (show if name == "show" else alice).delete()
    assert not Booking.objects.exclude(user=None).exists()
    assert not Booking.objects.live().exists()
    assert_consistent()


def test_users_deleted_while_they_book_and_hold_have_no_live_booking_or_hold_afterwards():
    """The other user holds the same seats in between, so that locks in another order would deadlock."""
    other = UserFactory()
    for _ in range(8):
        user, show = UserFactory(), ShowFactory()
        of_user = {"user_id": user.pk, "show_id": show.pk}
        services.book(**of_user, seat_number=5)
        services.hold_seats(**of_user, seat_numbers=[3, 7])
        deleted, *_ = run_concurrently(
            [
                user.delete,
                *(partial(services.book, **of_user, seat_number=number) for number in (1, 3, 9)),
                partial(services.hold_seats, **of_user, seat_numbers=[2, 10]),
                partial(services.book_hold, **of_user),
                partial(services.hold_seats, user_id=other.pk, show_id=show.pk, seat_numbers=[3, 5, 7]),
            ]
        )
        assert isinstance(deleted, tuple), deleted
        assert not Booking.objects.live().exists()
        assert not show.seats.held_by(user.pk).exists()
        assert_consistent()


def test_concurrent_resizes_end_with_the_total_of_one_of_them(show):
    def resize(total):
        copy = type(show).objects.get(pk=show.pk)
        copy.total_seats = total
        copy.save()

    for _ in range(5):
        run_concurrently([partial(resize, total) for total in (20, 40, 8, 30)])
        assert_consistent()
    show.refresh_from_db()
    assert show.total_seats in {20, 40, 8, 30}


def test_each_thread_of_run_concurrently_has_its_own_connection(db):
    """All tests of this file depend on it."""

    def driver_connection():
        connection.ensure_connection()
        return connection.connection

    assert len({id(opened) for opened in run_concurrently([driver_connection] * 5)}) == 5
