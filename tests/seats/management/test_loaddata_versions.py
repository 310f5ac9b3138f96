"""The version of a seat map never repeats for another state, whatever `loaddata` and `check_seats` replace."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.concurrency import run_while_uncommitted
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.seat_state import version_of
from tests.seats.management.fixture_rows import MOVIE, SHOW, seat

pytestmark = pytest.mark.django_db


def test_version_grows_when_an_older_dump_is_loaded(dump, alice, show):
    path = dump("shows", "seats")
    versions = {version_of(show)}
    for seat_number in (1, 2, 3):
        BookingFactory(user=alice, show=show, seat_number=seat_number)
        versions.add(version_of(show))
    Booking.objects.all().delete()
    versions.add(version_of(show))
    call_command("loaddata", str(path), verbosity=0)
    assert version_of(show) > max(versions)
    assert_consistent()


def test_version_grows_when_a_dump_replaces_expired_holds(dump, alice, show):
    path = dump("seats.seat")
    now = show.date_time - timedelta(days=2)
    Seat.objects.filter(show=show, number__lte=3).update(held_by=alice.pk, held_since=now, held_until=now)
    version = version_of(show)
    call_command("loaddata", str(path), verbosity=0)
    assert version_of(show) > version


def test_version_grows_when_seats_are_replaced(load, show):
    load(MOVIE, SHOW, *(seat(number) for number in range(1, 13)))
    before = version_of(Show.objects.get(pk=7))
    load(*(seat(number, label=f"Y{number}") for number in range(1, 13)))
    assert version_of(Show.objects.get(pk=7)) > before


@pytest.fixture
def polled(anyone, show):
    """Reads the show's map like a client that keeps maps by ETag, and compares the maps of one ETag."""
    seen = {}

    def poll():
        for path in (f"/shows/{show.pk}/seats/", f"/shows/{show.pk}/availability/"):
            response = anyone.get(path)
            state = {name: value for name, value in response.json().items() if name != "version"}
            assert seen.setdefault((path, response["ETag"]), state) == state
        return response.json()["version"]

    return poll


def book_and_cancel(poll, user, show, seat_number):
    booking = BookingFactory(user=user, show=show, seat_number=seat_number)
    poll()
    services.cancel(booking_id=booking.pk)
    poll()


def test_version_does_not_repeat_if_a_deleted_show_is_loaded_again(dump, polled, alice, show):
    path = dump("shows", "seats")
    polled()
    book_and_cancel(polled, alice, show, 1)
    Show.objects.get(pk=show.pk).delete()
    call_command("loaddata", path, verbosity=0)
    polled()
    book_and_cancel(polled, alice, show, 2)


def test_version_does_not_repeat_if_bookings_alone_are_loaded(dump, polled, alice, show):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    path = dump("seats.booking")
    polled()
    services.cancel(booking_id=booking.pk)
    polled()
    call_command("loaddata", path, verbosity=0)
    assert polled()
    assert_consistent()


def test_dump_has_no_changes_of_seats_and_those_of_an_older_dump_do_not_count(load, dump, alice, polled):
    assert '"changes"' not in dump("seats.seat").read_text()
    load(MOVIE, SHOW, seat(1, changes=2**63 - 1), seat(2, changes=2**63 - 1))
    assert 0 < version_of(Show.objects.get(pk=7)) < 2**53


def test_version_continues_after_a_restored_backup(polled, alice, show):
    backup = list(Seat.objects.filter(show=show))
    polled()
    book_and_cancel(polled, alice, show, 1)
    last = polled()
    Seat.objects.bulk_update(backup, ["changes", "taken"])
    call_command("check_seats", "--renew-versions")
    assert polled() > last
    book_and_cancel(polled, alice, show, 2)


def test_version_continues_after_lost_seats_are_repaired(polled, alice, show):
    book_and_cancel(polled, alice, show, 12)
    Seat.objects.filter(show=show, number__in=(1, 12)).delete()
    call_command("check_seats", "--fix")
    polled()
    book_and_cancel(polled, alice, show, 5)


@pytest.mark.django_db(transaction=True)
def test_version_continues_although_seats_are_sold_while_they_are_loaded(dump):
    show, user = ShowFactory(), UserFactory()
    path = dump("shows", "seats")
    versions = []

    def load_seats():
        with transaction.atomic():
            call_command("loaddata", path, verbosity=0)

    def book_a_seat():
        services.book(user_id=user.pk, show_id=show.pk, seat_number=12)
        versions.append(version_of(show))

    before = version_of(show)
    run_while_uncommitted(load_seats, book_a_seat)
    assert versions[0] > before
    assert show.seats.get(number=12).taken
    assert_consistent()
