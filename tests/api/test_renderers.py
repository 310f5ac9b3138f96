"""Hand-written representations equal those of the serializers' fields, which the schema is made from."""

import json
from datetime import timedelta

import pytest
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import ModelSerializer

from cinema.api.renderers import to_json
from cinema.seats.api.booking_serializers import BookingSerializer
from cinema.seats.models import Booking
from cinema.shows.availability import count_available_seats
from cinema.shows.models import Show
from cinema.shows.serializers import MovieSerializer, ShowSerializer, ShowSummarySerializer
from tests.factories import BookingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    # One time has a fraction of a second, the other has none: orjson and DRF must format both alike.
    show.date_time = show.date_time.replace(microsecond=0) + timedelta(microseconds=120)
    show.save()
    BookingFactory(show=show, user=alice, seat_number=2)
    return Booking.objects.with_details().get()


def counted(show):
    count_available_seats([show])
    return show


@pytest.mark.parametrize(
    ("serializer_class", "instance_of"),
    [
        (MovieSerializer, lambda booking: booking.show.movie),
        (ShowSummarySerializer, lambda booking: booking.show),
        (ShowSerializer, lambda booking: counted(Show.objects.with_details().get())),
        (BookingSerializer, lambda booking: booking),
    ],
)
def test_hand_written_representation_equals_that_of_the_fields(booking, serializer_class, instance_of):
    serializer = serializer_class(instance_of(booking))
    by_fields = ModelSerializer.to_representation(serializer, serializer.instance)
    assert json.loads(to_json(serializer.data)) == json.loads(JSONRenderer().render(by_fields))
    assert list(serializer.data) == list(by_fields)


def test_responses_are_compact_utf_8(anyone, show):
    show.movie.title = "Amélie"
    show.movie.save()
    content = anyone.get("/movies/").content
    assert '"title":"Amélie"'.encode() in content
