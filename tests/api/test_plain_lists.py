"""Lists in the plain form equal those of the ordinary view byte for byte. Their counts may be a second old."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from cinema.shows import availability, plain_lists
from cinema.shows.models import Movie, Price, PriceList, Show
from tests.factories import BookingFactory, MovieFactory, ShowFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme(alice, bob):
    """Five movies and seven shows: started, called off, on sale later, with prices, an empty list, plain."""
    movies = [MovieFactory(title=title) for title in ("Amélie", "Vertigo", "Ran", "Léon", "שלום")]
    Movie.objects.filter(pk=movies[0].pk).update(description='A "quote" and\n a line', language="Français")
    prices = PriceList.objects.create(name="Evenings")
    for amount in (1250, 900):
        Price.objects.create(price_list=prices, position=1, kind=f"Kind {amount}", amount=amount)
    shows = [ShowFactory(movie=movies[0], total_seats=12) for _ in range(7)]
    now = timezone.now()
    changes = [
        {"date_time": now - timedelta(hours=1)},
        {"status": "cancelled", "date_time": now.replace(microsecond=0) + timedelta(days=1)},
        {"on_sale_from": now + timedelta(hours=1), "format": "OV 3D"},
        {"price_list": prices},
        {"price_list": PriceList.objects.create(name="Empty")},
        {"movie": movies[1]},
        {},
    ]
    for show, change in zip(shows, changes, strict=True):
        Show.objects.filter(pk=show.pk).update(**change)
    mine = [BookingFactory(user=alice, show=shows[3], seat_number=number) for number in range(1, 6)]
    BookingFactory(user=bob, show=shows[3], seat_number=6)
    services.book(user_id=alice.pk, show_id=shows[3].pk, seat_number=7)
    services.cancel(booking_id=mine[1].pk, user_id=alice.pk)
    Booking.objects.filter(pk=mine[2].pk).update(admitted_at=now)
    # Sold by a server of an older version, and one whose seat is gone.
    Booking.objects.filter(pk__in=[mine[3].pk, mine[1].pk]).update(sold_label="")
    Seat.objects.filter(show=shows[3], number=2).delete()
    return shows


def answer(client, path):
    """The content and the headers, and whether the ORM's statement of the list ran."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    headers = [item for item in response.items() if item[0] != "X-Request-ID"]
    return (response.status_code, headers, response.content), any('"shows_' in q["sql"] for q in queries)


PATHS = [
    "/movies/",
    "/movies?page_size=2",
    "/movies/?page_size=999",
    "/shows/",
    "/shows/?page_size=3",
    "/shows/?upcoming=true",
    "/shows/?upcoming=true&page_size=3",
    "/movies/{movie}/shows/",
    "/movies/{movie}/shows/?upcoming=true",
    "/my-bookings/",
    "/my-bookings/?page_size=2",
    "/my-bookings/?status=booked",
    "/my-bookings/?status=cancelled&page_size=1",
    "/my-bookings/?order={order}",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_plain_list_equals_that_of_the_ordinary_view(as_alice, programme, settings, path, zone):
    settings.TIME_ZONE = zone
    order = Booking.objects.exclude(order=None).exclude(status="cancelled")[0].order
    path = path.format(movie=programme[0].movie_id, order=order)
    plain, by_orm = answer(as_alice, path)
    assert not by_orm, "The list did not take the plain form."
    # `page` is no plain parameter, so this is the ordinary view.
    ordinary, by_orm = answer(as_alice, f"{path}{'&' if '?' in path else '?'}page=1")
    assert by_orm
    assert plain == ordinary
    assert plain[0] == 200
    assert b'"results":[{' in plain[2]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_plain_show_equals_that_of_the_ordinary_view(anyone, programme, settings, monkeypatch, zone):
    settings.TIME_ZONE = zone
    paths = [f"/shows/{show.pk}/" for show in programme]
    plain = [answer(anyone, path)[0] for path in paths]
    monkeypatch.setattr(plain_lists, "one_show", lambda show_id: None)
    assert [answer(anyone, path)[0] for path in paths] == plain


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/movies/?page_size=0", 400),
        ("/movies/?page_size=2&page_size=3", 200),
        ("/movies/?search=Ran", 200),
        ("/movies/?page=2", 404),
        ("/movies/999999/shows/", 404),
        ("/shows/999999/", 404),
        ("/shows/?upcoming=1", 200),
        ("/shows/?upcoming=maybe", 400),
        ("/shows/?movie=%31", 200),
        ("/my-bookings/?status=lost", 400),
        ("/my-bookings/?order=7K3M", 400),
    ],
)
def test_other_requests_get_the_ordinary_view(as_alice, programme, path, status):
    assert as_alice.get(path).status_code == status


def test_list_of_bookings_needs_an_active_user_with_this_password(as_alice, programme, alice, anyone):
    assert anyone.get("/my-bookings/").json()["code"] == "not_authenticated"
    alice.set_password("another password, long enough")
    alice.save()
    assert as_alice.get("/my-bookings/").json()["code"] == "token_not_valid"


def test_counts_of_many_seats_are_at_most_a_second_old(anyone, alice):
    show = ShowFactory(total_seats=availability.MIN_CACHED_SEATS)

    def available():
        (member,) = anyone.get("/shows/").json()["results"]
        return member["available_seats"]

    assert available() == show.total_seats
    services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
    time.sleep(availability.COUNT_CACHE_SECONDS)
    assert available() == show.total_seats - 1
    # A show by itself is always counted.
    services.book(user_id=alice.pk, show_id=show.pk, seat_number=2)
    assert anyone.get(f"/shows/{show.pk}/").json()["available_seats"] == show.total_seats - 2


def test_counts_of_few_seats_are_never_old(anyone, alice):
    show = ShowFactory(total_seats=12)
    for sold in range(3):
        assert anyone.get("/shows/").json()["results"][0]["available_seats"] == 12 - sold
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=sold + 1)


def test_number_of_kept_counts_is_limited(anyone, monkeypatch):
    monkeypatch.setattr(availability, "MIN_CACHED_SEATS", 1)
    monkeypatch.setattr(availability, "MAX_CACHED_SHOWS", 3)
    for _ in range(5):
        ShowFactory()
        anyone.get("/shows/?page_size=2")
        assert len(availability._counts) <= 3
    availability._counts.clear()
