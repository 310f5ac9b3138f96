"""What the database itself refuses, with no code of ours in the way."""

import pytest
from django.apps import apps
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import UniqueConstraint

from cinema.seats.models import Booking, Seat
from cinema.shows.models import Movie, Show
from tests.factories import BookingFactory

pytestmark = pytest.mark.django_db


def refused(action):
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        action()


def test_two_live_bookings_of_one_seat(alice, bob, show):
    BookingFactory(user=alice, show=show, seat_number=5)
    refused(lambda: Booking.objects.bulk_create([Booking(user=bob, show=show, seat_number=5)]))


def test_one_idempotency_key_twice(alice, show):
    def two():
        Booking.objects.bulk_create(
            Booking(user=alice, show=show, seat_number=number, idempotency_key="k") for number in (1, 2)
        )

    refused(two)


@pytest.mark.parametrize(
    "change", [{"status": "lost"}, {"seat_number": 0}, {"idempotency_key": ""}, {"created_at": None}]
)
def test_a_booking_that_makes_no_sense(alice, show, change):
    BookingFactory(user=alice, show=show)
    refused(lambda: Booking.objects.update(**change))


@pytest.mark.parametrize("change", [{"changes": 0}, {"label": ""}, {"number": 0}, {"taken": None}])
def test_a_seat_that_makes_no_sense(show, change):
    refused(lambda: Seat.objects.filter(number=1).update(**change))


@pytest.mark.parametrize("change", [{"total_seats": 0}, {"total_seats": 100_001}, {"screen_name": ""}])
def test_a_show_that_makes_no_sense(show, change):
    refused(lambda: Show.objects.update(**change))


@pytest.mark.parametrize("change", [{"duration_minutes": 0}, {"duration_minutes": 10_001}, {"title": ""}])
def test_a_movie_that_makes_no_sense(show, change):
    refused(lambda: Movie.objects.update(**change))


def test_nothing_points_at_seats_or_bookings_and_their_keys_begin_with_the_show():
    """So that both tables can be distributed by show."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if field.concrete and field.remote_field:
                assert field.remote_field.model not in {Seat, Booking}
    assert [field.attname for field in Seat._meta.pk_fields] == ["show_id", "number"]
    unique = [c.fields for c in Booking._meta.constraints if isinstance(c, UniqueConstraint)]
    assert len(unique) == 2
    assert all(fields[0] == "show" for fields in unique)


def test_no_index_is_on_what_a_sale_changes(db):
    """Else PostgreSQL would rewrite indexes at every sale."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, Seat._meta.db_table)
        indexed = [c["columns"] for c in constraints.values() if c["index"] or c["unique"] or c["primary_key"]]
        assert indexed
        assert not any({"taken", "changes"} & set(columns) for columns in indexed)
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'seats_seat'")
            assert cursor.fetchone()[0] == ["fillfactor=70"]
