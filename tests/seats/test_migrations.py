"""Migrations of a database with bookings: forward, and back."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def migrate():
    """Migrates the app of the seats to this migration. In the end, all migrations are applied again."""

    def migrate(*names):
        executor = MigrationExecutor(connection)
        leaves = [node for node in executor.loader.graph.leaf_nodes() if node[0] == "seats"]
        executor.migrate([("seats", name) for name in names] or leaves)

    yield migrate
    # All apps, because the way back of this app takes others along.
    call_command("migrate", verbosity=0)


def labels(show):
    return dict(Seat.objects.filter(show=show).values_list("number", "label"))


def test_bookings_get_the_labels_of_their_seats_and_repeated_labels_their_numbers(migrate, alice):
    """A re-layout of an earlier version could give a seat the label of a sold one."""
    show = ShowFactory(total_seats=4)
    for number in (2, 4):
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=number)
    before = labels(show)
    migrate("0004_layouts_of_shows")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE seats_seat SET label = 'A2' WHERE show_id = %s AND number <= 2", [show.pk])
    migrate()
    assert labels(show) == before | {1: "A2 (1)", 2: "A2"}
    sold = dict(Booking.objects.values_list("seat_number", "sold_label"))
    assert sold == {2: "A2", 4: before[4]}
    assert_consistent()


def test_idempotency_keys_survive_migrations_and_remember_their_requests(migrate, as_alice, alice, show):
    headers = {"Idempotency-Key": "k"}
    book = f"/shows/{show.pk}/book/"
    first = as_alice.post(book, {"seat_number": 5}, headers=headers).json()
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    services.book_hold(user_id=alice.pk, show_id=show.pk, key="of a hold")
    migrate("0007_folded_search")
    with connection.cursor() as cursor:
        cursor.execute("SELECT seat_number, idempotency_key FROM seats_booking ORDER BY seat_number")
        assert cursor.fetchall() == [(1, "of a hold"), (2, None), (5, "k")]
    migrate()
    assert Booking.objects.filter(key_call="book", key_number=5, key_place=1, idempotency_key="k").exists()
    lost = {"order": None, "order_ticket": None}
    assert as_alice.post(book, {"seat_number": 5}, headers=headers).json() == first | lost
    assert_consistent()


def test_server_of_the_version_before_can_still_sell(migrate, alice, show):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO seats_booking (user_id, show_id, seat_number, status, created_at, idempotency_key) "
            "VALUES (%s, %s, 3, 'booked', CURRENT_TIMESTAMP, 'k')",
            [alice.pk, show.pk],
        )
    booking = Booking.objects.with_details().get()
    assert (booking.sold_label, booking.seat_label, booking.order) == ("", "A3", None)


def test_bookings_of_the_version_before_have_no_order(migrate, alice, show):
    BookingFactory(user=alice, show=show, seat_number=5)
    migrate("0012_bookings_outlive_their_users")
    migrate()
    assert Booking.objects.get().order is None


def test_bookings_without_a_user_are_deleted_by_the_way_back(migrate, alice, bob, show):
    booking = BookingFactory(user=alice, show=show, seat_number=5)
    BookingFactory(user=bob, show=show, seat_number=6)
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    alice.delete()
    assert Booking.objects.get(pk=booking.pk).user is None
    migrate("0011_one_seat_per_label")
    assert list(show.seats.taken().values_list("number", flat=True)) == [6]
    migrate()
    assert Booking.objects.get().user == bob
    assert_consistent()
