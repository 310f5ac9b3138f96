"""The load and the verification of `make chaos` accept a correct database and detect each kind of error."""

import pytest
from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from tests.chaos.buyer import Buyer
from tests.chaos.ledger import Ledger, Sale, verify
from tests.chaos.load import BookingLoad
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.live_server import environment, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def verdict_of(ledger):
    return verify(ledger, environment()["DATABASE_URL"])


@pytest.fixture
def booking(show, alice):
    return BookingFactory(show=show, user=alice, seat_number=3)


@pytest.fixture
def ledger(show, alice, booking):
    """The ledger of a load in which the service confirmed one booking of Alice's."""
    return Ledger(frozenset([show.pk]), confirmed={booking.pk: Sale(alice.pk, show.pk, 3)})


@pytest.fixture
def shows():
    return ShowFactory.create_batch(2, total_seats=20)


@pytest.fixture
def tokens():
    return [str(AccessToken.for_user(user)) for user in UserFactory.create_batch(6)]


class Reader(Buyer):
    act = Buyer.find_available_seat


class Booker(Buyer):
    act = Buyer.book


@pytest.mark.parametrize("client_class", [Reader, Booker])
def test_fast_path_answers_the_load(server_with, shows, tokens, client_class):
    """Otherwise `make chaos` would break only views."""
    # A single process, because each one numbers the answers of its views.
    server = server_with(workers=1, DJANGO_SETTINGS_MODULE="tests.server.counting_settings")
    newest_number = lambda: int(server.call("GET", "/livez").headers["X-Number"])  # noqa: E731
    numbers = [newest_number()]
    show_ids = [show.pk for show in shows]
    with BookingLoad([server.url], tokens, show_ids, seats=20, seed=1, client_class=client_class) as load:
        statuses = load.ledger.statuses
        wait_for(lambda: statuses[200] + statuses[201] > 30)
    numbers.append(newest_number())
    by_fast_path = load.ledger.requests + 1 - (numbers[1] - numbers[0])
    assert by_fast_path > (statuses[200] + statuses[201]) / 2


def test_load_on_a_correct_server_finds_no_fault(server, shows, tokens):
    with BookingLoad([server.url], tokens, [show.pk for show in shows], seats=20, seed=1) as load:
        ledger = load.ledger
        wait_for(lambda: len(ledger.confirmed) > 20 and ledger.keys and ledger.cancelled, timeout_seconds=60)
    assert (ledger.unexpected, ledger.dropped, ledger.timeouts) == ([], 0, 0)
    assert not ledger.maybe_booked | ledger.maybe_cancelled
    assert str(verdict_of(ledger)) == "clean"
    assert Booking.objects.count() == len(ledger.confirmed)


def test_stored_booking_is_clean(ledger):
    assert str(verdict_of(ledger)) == "clean"


def test_missing_booking_is_lost(ledger, booking):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM seats_booking WHERE id = %s", [booking.pk])
    assert "is missing" in "".join(verdict_of(ledger).lost)
    assert verdict_of(ledger).inconsistent


def test_booking_stored_for_another_seat_is_lost(ledger, booking):
    Booking.objects.filter(pk=booking.pk).update(seat_number=4)
    assert "differs" in "".join(verdict_of(ledger).lost)


def test_booking_stored_with_another_key_is_lost(ledger, booking):
    ledger.keys[booking.pk] = "k"
    assert "differs" in "".join(verdict_of(ledger).lost)


def test_booking_cancelled_without_a_request_is_lost(ledger, booking):
    services.cancel(booking_id=booking.pk)
    assert "no cancel was requested" in "".join(verdict_of(ledger).lost)
    ledger.maybe_cancelled.add(booking.pk)
    assert not verdict_of(ledger).lost


def test_booking_stored_as_booked_after_a_confirmed_cancel_is_lost(ledger, booking):
    ledger.cancelled.add(booking.pk)
    assert "its cancel was confirmed" in "".join(verdict_of(ledger).lost)


def test_unconfirmed_booking_is_a_duplicate_unless_it_was_requested(ledger, show, bob):
    unconfirmed = BookingFactory(show=show, user=bob, seat_number=5)
    assert "never requested" in "".join(verdict_of(ledger).duplicates)
    ledger.maybe_booked.add(Sale(bob.pk, show.pk, unconfirmed.seat_number))
    assert str(verdict_of(ledger)) == "clean"


def test_two_live_bookings_of_one_seat_are_duplicates(ledger, show, bob):
    with connection.schema_editor() as editor:
        (unique,) = [it for it in Booking._meta.constraints if it.name == "one_live_booking_per_seat"]
        editor.remove_constraint(Booking, unique)
    try:
        second = Booking.objects.create(show=show, user=bob, seat_number=3)
        ledger.confirmed[second.pk] = Sale(bob.pk, show.pk, 3)
        assert "have 2 live bookings" in "".join(verdict_of(ledger).duplicates)
        second.delete()
    finally:
        with connection.schema_editor() as editor:
            editor.add_constraint(Booking, unique)


def test_taken_seat_without_a_booking_is_inconsistent(ledger, show):
    Seat.objects.filter(show=show, number=7).update(taken=True)
    assert "seat 7" in "".join(verdict_of(ledger).inconsistent)
