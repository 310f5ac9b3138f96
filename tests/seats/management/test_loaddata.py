"""`loaddata` adds missing seats, makes seats agree with bookings, and loads nothing of an invalid fixture."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Movie, Price, Show
from tests.assertions import assert_consistent
from tests.factories import UNUSED_ID, BookingFactory
from tests.seats.management.fixture_rows import MOVIE, SHOW, live_booking, seat

pytestmark = pytest.mark.django_db


def test_show_without_seats_gets_all_of_them(load):
    load(MOVIE, SHOW)
    assert list(Seat.objects.values_list("number", flat=True)) == list(range(1, 13))
    assert_consistent()


def test_show_may_come_before_its_movie(load):
    load(SHOW, MOVIE)
    assert Seat.objects.count() == 12


def test_time_may_be_relative_to_today(load):
    load(MOVIE, SHOW | {"fields": SHOW["fields"] | {"date_time": "+2d 20:15"}})
    day = datetime.now(UTC).date() + timedelta(days=2)
    assert Show.objects.get().date_time == datetime(day.year, day.month, day.day, 20, 15, tzinfo=UTC)


@pytest.mark.parametrize("order", [1, -1])
def test_seats_of_the_fixture_are_kept_in_any_order(load, order):
    load(*[MOVIE, SHOW, *(seat(number) for number in range(1, 13))][::order])
    assert set(Seat.objects.values_list("label", flat=True)) == {f"Z{number}" for number in range(1, 13)}
    assert_consistent()


def test_added_seats_have_labels_and_places_of_their_own(load):
    load(MOVIE, SHOW, seat(2, label="B1", row="B", column=1, x=1, y=2), seat(5, label="A1", row="A", x=1, y=1))
    assert Seat.objects.count() == 12
    assert Seat.objects.values("label").distinct().count() == 12
    assert Seat.objects.values("x", "y").distinct().count() == 12
    assert_consistent()


def test_seats_of_live_bookings_become_taken(load, alice):
    load(MOVIE, SHOW, live_booking(alice), live_booking(alice, seat_number=4) | {"pk": 2})
    assert list(Seat.objects.taken().values_list("number", flat=True)) == [3, 4]
    assert_consistent()


def test_booking_without_a_label_gets_that_of_its_seat_wherever_it_stands(load, alice):
    load(MOVIE, live_booking(alice), SHOW, seat(3, label="Box 3"))
    assert Booking.objects.get().sold_label == "Box 3"


def test_seat_gets_the_label_that_was_sold(load, alice):
    load(MOVIE, SHOW, live_booking(alice, sold_label="Box 3"))
    assert Seat.objects.get(number=3).label == "Box 3"
    assert_consistent()


def test_seats_of_the_fixture_may_have_the_labels_of_other_existing_seats(load):
    load(MOVIE, SHOW)
    load(seat(1, label="A2"), seat(2, label="A1"))
    assert list(Seat.objects.order_by("number").values_list("label", flat=True))[:3] == ["A2", "A1", "A3"]
    assert_consistent()


def test_fixture_with_one_label_for_two_seats_changes_nothing(load):
    load(MOVIE, SHOW)
    with pytest.raises(CommandError, match="Nothing was loaded"):
        load(seat(1, label="A2"))
    assert Seat.objects.get(number=1).label == "A1"


def test_seat_of_a_replaced_booking_becomes_available(load, alice, bob):
    old = BookingFactory(user=bob, seat_number=5)
    show, movie = old.show_id + 1, old.show.movie_id + 1
    load(MOVIE | {"pk": movie}, SHOW | {"pk": show, "fields": SHOW["fields"] | {"movie": movie}})
    replacement = live_booking(alice, show=show) | {"pk": old.pk}
    load(replacement)
    assert not old.show.seats.taken().exists()
    assert_consistent()


def test_show_that_moves_to_a_screen_with_a_plan_gets_its_seats(load):
    load(MOVIE, SHOW)
    SeatingPlan.objects.create(screen_name="Round", plan="Z | " + "." * 12)
    load(SHOW | {"fields": SHOW["fields"] | {"screen_name": "Round"}})
    assert set(Seat.objects.values_list("row", flat=True)) == {"Z"}
    assert_consistent()


def test_loaded_show_with_another_total_is_resized(load, alice):
    load(MOVIE, SHOW)
    load(SHOW | {"fields": SHOW["fields"] | {"total_seats": 20}})
    assert Seat.objects.count() == 20
    load(live_booking(alice, seat_number=20))
    with pytest.raises(CommandError, match="Nothing was loaded"):
        load(SHOW | {"fields": SHOW["fields"] | {"total_seats": 10}})
    assert Seat.objects.count() == 20
    assert_consistent()


@pytest.mark.parametrize(
    "invalid",
    [
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"movie": UNUSED_ID}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"total_seats": 0}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"total_seats": -1}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"total_seats": 10**9}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"date_time": "+1d 25:00"}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"date_time": None}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"color": "red"}},
        MOVIE | {"pk": 2, "fields": {"title": "", "duration_minutes": 1}},
        {"model": "shows.nonsense", "pk": 1, "fields": {}},
    ],
)
def test_invalid_fixture_changes_nothing(load, invalid):
    with pytest.raises(CommandError):
        load(MOVIE, SHOW, invalid)
    for model in (Movie, Show, Seat, Booking):
        assert not model.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [{"seat_number": 13}, {"seat_number": 0}, {"status": "lost"}, {"user": UNUSED_ID}, {"show": UNUSED_ID}],
)
def test_fixture_with_an_invalid_booking_changes_nothing(load, alice, fields):
    with pytest.raises(CommandError):
        load(MOVIE, SHOW, live_booking(alice, **fields))
    for model in (Movie, Show, Seat, Booking):
        assert not model.objects.exists()


def test_fixture_with_two_live_bookings_of_a_seat_changes_nothing(load, alice):
    with pytest.raises(CommandError, match="Nothing was loaded"):
        load(MOVIE, SHOW, live_booking(alice), live_booking(alice) | {"pk": 2})
    assert not Movie.objects.exists()


def test_available_seat_beyond_the_total_is_removed(load):
    load(MOVIE, SHOW, seat(13))
    assert list(Seat.objects.values_list("number", flat=True)) == list(range(1, 13))
    assert_consistent()


def test_show_in_the_past_is_loaded(load):
    load(MOVIE, SHOW | {"fields": SHOW["fields"] | {"date_time": "2001-01-01T18:00:00Z"}})
    assert Show.objects.get().date_time < timezone.now()
    assert_consistent()


def test_prices_of_a_fixture_get_one_position_for_each_kind(load, alice, show):
    """Otherwise a sale without a kind could find a price for any other category before that of the category."""
    rows = [("Standard", "Adult", 5), ("", "Child", 0), ("", "Adult", 0), ("Standard", "Child", 7)]
    prices = [
        {
            "model": "shows.price",
            "pk": 10 + place,
            "fields": {
                "price_list": 1,
                "category": category,
                "kind": kind,
                "amount": 1000 + place,
                "position": position,
            },
        }
        for place, (category, kind, position) in enumerate(rows)
    ]
    load({"model": "shows.pricelist", "pk": 1, "fields": {"name": "Evenings"}}, *prices)
    assert list(Price.objects.order_by("pk").values_list("position", flat=True)) == [2, 1, 2, 1]
    Seat.objects.update(category="Standard")
    show.price_list_id = 1
    show.save()
    booking = services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
    assert (booking.kind, booking.amount) == ("Child", 1003)
