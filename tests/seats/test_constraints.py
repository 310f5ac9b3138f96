"""The database's constraints reject invalid rows, whatever writes them."""

import pytest
from django.apps import apps
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import UniqueConstraint
from django.utils import timezone

from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Movie, Show
from tests.factories import BookingFactory

pytestmark = pytest.mark.django_db


def assert_rejected(action):
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        action()


def test_second_live_booking_of_a_seat_is_rejected(alice, bob, show):
    BookingFactory(user=alice, show=show, seat_number=5)
    assert_rejected(lambda: Booking.objects.bulk_create([Booking(user=bob, show=show, seat_number=5)]))


def test_second_booking_with_the_same_idempotency_key_is_rejected(alice, show):
    bookings = [Booking(user=alice, show=show, seat_number=number, idempotency_key="k") for number in (1, 2)]
    assert_rejected(lambda: Booking.objects.bulk_create(bookings))
    bookings[1].key_place = 0
    assert_rejected(lambda: Booking.objects.bulk_create(bookings))
    bookings[1].key_place = 2
    Booking.objects.bulk_create(bookings)


NOW = timezone.now()


@pytest.mark.parametrize(
    "change",
    [
        {"status": "lost"},
        {"seat_number": 0},
        {"idempotency_key": ""},
        {"created_at": None},
        {"order": "x"},
        {"amount": 1250},
        {"status": "cancelled", "admitted_at": NOW},
    ],
)
def test_invalid_booking_is_rejected(alice, show, change):
    BookingFactory(user=alice, show=show)
    assert_rejected(lambda: Booking.objects.update(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"changes": 0},
        {"label": ""},
        {"number": 0},
        {"taken": None},
        {"pair": 1},
        {"taken": True, "blocked": True},
        {"held_by": 1},
        {"taken": True, "held_by": 1, "held_since": NOW, "held_until": NOW},
    ],
)
def test_invalid_seat_is_rejected(show, change):
    assert_rejected(lambda: Seat.objects.filter(number=1).update(**change))


def test_second_seat_of_a_show_with_the_same_label_is_rejected(show):
    assert_rejected(lambda: Seat.objects.filter(show=show, number=1).update(label="A2"))


def test_seating_plan_without_a_screen_is_rejected():
    assert_rejected(lambda: SeatingPlan.objects.bulk_create([SeatingPlan(screen_name="", plan="A | ..")]))


@pytest.mark.parametrize(
    "change", [{"total_seats": 0}, {"total_seats": 100_001}, {"screen_name": ""}, {"status": "lost"}]
)
def test_invalid_show_is_rejected(show, change):
    assert_rejected(lambda: Show.objects.update(**change))


@pytest.mark.parametrize("change", [{"duration_minutes": 0}, {"duration_minutes": 10_001}, {"title": ""}])
def test_invalid_movie_is_rejected(show, change):
    assert_rejected(lambda: Movie.objects.update(**change))


def test_no_foreign_key_points_at_seats_or_bookings_and_their_keys_begin_with_the_show():
    """Otherwise the two tables could not be distributed by show."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if field.concrete and field.remote_field:
                assert field.remote_field.model not in {Seat, Booking}
    assert [field.attname for field in Seat._meta.pk_fields] == ["show_id", "number"]
    unique_keys = [c.fields for c in Booking._meta.constraints if isinstance(c, UniqueConstraint)]
    assert len(unique_keys) == 3
    assert all(fields[0] == "show" for fields in unique_keys)


def test_no_index_has_a_column_that_a_booking_changes(db):
    """Otherwise PostgreSQL would write to that index at every booking."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, Seat._meta.db_table)
        indexed = [c["columns"] for c in constraints.values() if c["index"] or c["unique"] or c["primary_key"]]
        assert indexed
        assert not any({"taken", "changes"} & set(columns) for columns in indexed)
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'seats_seat'")
            assert cursor.fetchone()[0] == ["fillfactor=70"]
