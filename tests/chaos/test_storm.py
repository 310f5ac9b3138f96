"""The accounting that `make chaos` goes by: it is content where all is well, and finds what is not."""

import time

import pytest
from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.models import Booking, Seat
from tests.chaos.ledger import Ledger, Sale, verify
from tests.chaos.storm import Storm
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.live_server import environment

pytestmark = pytest.mark.django_db(transaction=True)


def found(ledger):
    return verify(ledger, environment()["DATABASE_URL"])


@pytest.fixture
def booking(show, alice):
    return BookingFactory(show=show, user=alice, seat_number=3)


@pytest.fixture
def ledger(show, alice, booking):
    """Of a storm in which Alice was sold one seat."""
    return Ledger(frozenset([show.pk]), sold={booking.pk: Sale(alice.pk, show.pk, 3)})


def test_a_storm_over_a_sound_server_is_without_fault(server):
    shows = ShowFactory.create_batch(2, total_seats=20)
    tokens = [str(AccessToken.for_user(user)) for user in UserFactory.create_batch(6)]
    with Storm([server.url], tokens, [show.pk for show in shows], seats=20, seed=1) as storm:
        time.sleep(3)
    ledger = storm.ledger
    assert (ledger.faulty, ledger.cut, ledger.hangs) == ([], 0, 0)
    assert len(ledger.sold) > 5
    assert ledger.keys
    assert ledger.cancelled
    assert not ledger.perhaps_sold | ledger.perhaps_cancelled
    assert str(found(ledger)) == "clean"
    assert Booking.objects.count() == len(ledger.sold)


def test_what_was_told_and_is_there_is_clean(ledger):
    assert str(found(ledger)) == "clean"


def test_a_booking_that_is_gone_is_lost(ledger, booking):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM seats_booking WHERE id = %s", [booking.pk])
    assert "is not there" in "".join(found(ledger).lost)
    assert found(ledger).disagreeing


def test_a_booking_of_another_seat_is_lost(ledger, booking):
    Booking.objects.filter(pk=booking.pk).update(seat_number=4)
    assert "is another" in "".join(found(ledger).lost)


def test_a_booking_under_another_key_is_lost(ledger, booking):
    ledger.keys[booking.pk] = "k"
    assert "is another" in "".join(found(ledger).lost)


def test_a_cancel_that_nobody_asked_for_is_a_loss(ledger, booking):
    Booking.objects.filter(pk=booking.pk).cancel()
    assert "nobody asked" in "".join(found(ledger).lost)
    ledger.perhaps_cancelled.add(booking.pk)
    assert not found(ledger).lost


def test_a_cancel_that_was_undone_is_a_loss(ledger, booking):
    ledger.cancelled.add(booking.pk)
    assert "its cancel was acknowledged" in "".join(found(ledger).lost)


def test_a_booking_that_nobody_was_told_of_must_have_been_asked_for(ledger, show, bob):
    stray = BookingFactory(show=show, user=bob, seat_number=5)
    assert "nobody asked" in "".join(found(ledger).doubled)
    ledger.perhaps_sold.add(Sale(bob.pk, show.pk, stray.seat_number))
    assert str(found(ledger)) == "clean"


def test_two_live_bookings_of_a_seat_are_doubled(ledger, show, bob):
    with connection.schema_editor() as editor:
        (backstop,) = [it for it in Booking._meta.constraints if it.name == "one_live_booking_per_seat"]
        editor.remove_constraint(Booking, backstop)
    try:
        second = Booking.objects.create(show=show, user=bob, seat_number=3)
        ledger.sold[second.pk] = Sale(bob.pk, show.pk, 3)
        assert "sold 2 times" in "".join(found(ledger).doubled)
        second.delete()
    finally:
        with connection.schema_editor() as editor:
            editor.add_constraint(Booking, backstop)


def test_a_seat_that_is_taken_by_nobody_disagrees(ledger, show):
    Seat.objects.filter(show=show, number=7).update(taken=True)
    assert "seat 7" in "".join(found(ledger).disagreeing)
