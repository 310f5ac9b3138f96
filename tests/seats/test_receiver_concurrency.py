"""Resizes and deletes of shows and users against buyers, on connections of their own."""

import threading
import time
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models.deletion import Collector

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from cinema.shows.exceptions import HasBookings, SeatsInUse
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import ShowFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 50


@pytest.fixture
def crowd(db):
    return UserFactory.create_batch(CROWD)


def test_shrinking_a_show_against_buyers(crowd):
    show = ShowFactory(total_seats=CROWD)

    def shrink():
        show.total_seats = 5
        show.save()

    results = run_concurrently(
        [
            shrink,
            *(
                partial(services.book, user_id=user.pk, show_id=show.pk, seat_number=number)
                for number, user in enumerate(crowd, start=1)
            ),
        ]
    )
    assert results[0] is None or isinstance(results[0], SeatsInUse)
    assert_consistent()


def test_whoever_holds_a_seat_that_goes_and_one_that_stays_does_not_wait_in_a_circle():
    """Holds lock seats in the order of their numbers; so does whoever makes a show smaller."""
    show = ShowFactory(total_seats=6)
    has_the_first = threading.Event()

    def hold():
        with transaction.atomic():
            for number in (1, 6):
                list(Seat.objects.filter(show=show, number=number).select_for_update())
                has_the_first.set()
                time.sleep(0.5)

    def shrink():
        has_the_first.wait(60)
        show.total_seats = 5
        show.save()

    run_concurrently([hold, shrink])
    assert show.seats.count() == 5


def test_deleting_a_show_against_buyers(show, crowd):
    results = run_concurrently(
        [
            show.delete,
            *(
                partial(services.book, user_id=user.pk, show_id=show.pk, seat_number=number % 12 + 1)
                for number, user in enumerate(crowd)
            ),
        ]
    )
    deleted = not isinstance(results[0], HasBookings)
    sold = sum(isinstance(result, Booking) for result in results[1:])
    assert deleted == (sold == 0)
    assert not [
        r
        for r in results
        if type(r).__name__ not in {"tuple", "HasBookings", "Booking", "SeatTaken", "ShowNotFound"}
    ]
    assert_consistent()


def test_deleting_a_show_waits_for_a_sale_under_way_and_sees_it(show, alice):
    buy = partial(services.book, user_id=alice.pk, show_id=show.pk, seat_number=7)
    bought, refused = run_while_uncommitted(buy, show.delete)
    assert isinstance(bought, Booking)
    assert isinstance(refused, HasBookings)
    assert_consistent()


@pytest.mark.parametrize("doomed", ["show", "user"])
def test_a_booking_made_once_a_delete_has_collected_its_rows_goes_too(show, alice, monkeypatch, doomed):
    """The rival acts between Django's two steps: collect what to delete, delete it."""
    delete = Collector.delete

    def rival_first(collector):
        monkeypatch.setattr(Collector, "delete", delete)
        late = services.book(user_id=alice.pk, show_id=show.pk, seat_number=7)
        if doomed == "show":
            services.cancel(booking_id=late.pk)
        return delete(collector)

    monkeypatch.setattr(Collector, "delete", rival_first)
    (show if doomed == "show" else alice).delete()
    assert not Booking.objects.exists()
    assert_consistent()


def test_deleting_a_user_against_their_buying(show):
    for number in range(1, 9):
        user = UserFactory()
        buy = partial(services.book, user_id=user.pk, show_id=show.pk, seat_number=number)
        deleted, bought = run_concurrently([user.delete, buy])
        assert isinstance(deleted, tuple), deleted
        assert type(bought).__name__ in {"Booking", "InvalidToken"}
    assert not show.seats.taken().exists()
    assert_consistent()


def test_two_resizes_at_once_end_with_one_of_them(show):
    def resize(total):
        copy = type(show).objects.get(pk=show.pk)
        copy.total_seats = total
        copy.save()

    for _ in range(5):
        run_concurrently([partial(resize, total) for total in (20, 40, 8, 30)])
        assert_consistent()
    show.refresh_from_db()
    assert show.total_seats in {20, 40, 8, 30}


def test_connections_are_the_threads_own(db):
    """What all of the above rests on."""
    assert (
        len(
            set(
                map(
                    id,
                    run_concurrently(
                        [
                            lambda: (
                                connection.connection or connection.ensure_connection() or connection.connection
                            )
                        ]
                        * 5
                    ),
                )
            )
        )
        == 5
    )
