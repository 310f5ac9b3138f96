"""A cancelled booking says when and why it was cancelled."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory

pytestmark = pytest.mark.django_db


def test_cancelled_booking_says_when_and_why(as_alice, alice, show):
    mine, other = (BookingFactory(user=alice, show=show, seat_number=number) for number in (1, 2))
    answer = as_alice.post(f"/bookings/{mine.pk}/cancel/").json()
    assert answer == as_alice.get(f"/bookings/{mine.pk}/").json()
    assert answer["cancelled_because"] == "owner"
    assert answer["cancelled_at"] > answer["created_at"]
    services.cancel(booking_id=other.pk)
    assert as_alice.get(f"/bookings/{other.pk}/").json()["cancelled_because"] == "staff"


def test_booking_of_a_deleted_user_was_cancelled_by_its_owner(alice, show):
    """Also while the sale of the show is postponed."""
    booking = BookingFactory(user=alice, show=show)
    Show.objects.update(on_sale_from=show.date_time)
    alice.delete()
    booking.refresh_from_db()
    assert (booking.status, booking.cancelled_because) == ("cancelled", "owner")
    assert booking.cancelled_at is not None
    assert_consistent()


@pytest.mark.parametrize(
    "fields",
    [
        {"cancelled_at": timezone.now(), "cancelled_because": "owner"},
        {"status": "cancelled", "cancelled_at": timezone.now()},
        {"status": "cancelled", "cancelled_because": "owner"},
        {"status": "cancelled", "cancelled_at": timezone.now(), "cancelled_because": "rain"},
    ],
)
def test_database_rejects_half_an_explanation(alice, show, fields):
    BookingFactory(user=alice, show=show)
    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.update(**fields)
