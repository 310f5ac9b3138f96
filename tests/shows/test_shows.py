from datetime import timedelta

import pytest
from django.utils import timezone

from cinema.seats.booking import services
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_invalid, assert_problem, wire_time
from tests.factories import UNUSED_ID, BookingFactory, MovieFactory, ShowFactory
from tests.seat_state import block

pytestmark = pytest.mark.django_db
SHOW = {"screen_name": "Screen 1", "date_time": "2030-01-01T19:00:00+01:00", "total_seats": 30}


def test_blocked_seats_are_not_available(anyone, show):
    block(show, 1, 2)
    assert anyone.get(f"/shows/{show.pk}/").json()["available_seats"] == show.total_seats - 2


def test_list_has_the_shows_of_the_movie_sorted_by_time(anyone, alice):
    movie = MovieFactory()
    late = ShowFactory(movie=movie, date_time=timezone.now() + timedelta(days=2))
    early = ShowFactory(movie=movie, total_seats=20)
    ShowFactory()
    BookingFactory(show=early, user=alice, seat_number=3)

    body = anyone.get(f"/movies/{movie.pk}/shows/").json()

    assert [row["id"] for row in body["results"]] == [early.pk, late.pk]
    assert body["results"][0] == {
        "id": early.pk,
        "movie": movie.pk,
        "movie_title": movie.title,
        "movie_age_rating": movie.age_rating,
        "movie_poster_url": movie.poster_url,
        "screen_name": early.screen_name,
        "date_time": wire_time(early.date_time),
        "local_time": wire_time(early.date_time),
        "ends_at": wire_time(early.date_time + timedelta(hours=2)),
        "format": "",
        "on_sale_from": None,
        "price_list": None,
        "price_from": None,
        "status": "scheduled",
        "total_seats": 20,
        "available_seats": 19,
    }


def test_upcoming_leaves_out_shows_that_have_begun(anyone):
    movie = MovieFactory()
    ShowFactory(movie=movie, begun=True)
    coming = ShowFactory(movie=movie)
    assert anyone.get(f"/movies/{movie.pk}/shows/").json()["count"] == 2
    body = anyone.get(f"/movies/{movie.pk}/shows/?upcoming=true").json()
    assert [row["id"] for row in body["results"]] == [coming.pk]
    assert_invalid(anyone.get(f"/movies/{movie.pk}/shows/?upcoming=banana"), "upcoming")


def test_unknown_movie_is_not_found(anyone, as_staff):
    assert_problem(anyone.get(f"/movies/{UNUSED_ID}/shows/"), 404, "not_found")
    assert_problem(as_staff.post(f"/movies/{UNUSED_ID}/shows/", SHOW), 404, "not_found")


def test_list_of_any_length_costs_two_queries(anyone, django_assert_num_queries):
    movie = MovieFactory()
    ShowFactory.create_batch(10, movie=movie)
    with django_assert_num_queries(2):
        anyone.get(f"/movies/{movie.pk}/shows/")


def test_new_show_has_all_its_seats(as_staff, anyone):
    movie = MovieFactory()
    added = as_staff.post(f"/movies/{movie.pk}/shows/", SHOW)

    assert added.status_code == 201
    assert added.json() == SHOW | {
        "id": added.json()["id"],
        "movie": movie.pk,
        "movie_title": movie.title,
        "movie_age_rating": movie.age_rating,
        "movie_poster_url": movie.poster_url,
        "date_time": "2030-01-01T18:00:00Z",
        "local_time": "2030-01-01T18:00:00Z",
        "ends_at": "2030-01-01T20:00:00Z",
        "format": "",
        "on_sale_from": None,
        "price_list": None,
        "price_from": None,
        "status": "scheduled",
        "available_seats": 30,
    }
    path = f"/shows/{added.json()['id']}/"
    assert anyone.get(path).json() == added.json()
    assert anyone.get(f"{path}seats/").json()["counts"]["available"] == 30


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"total_seats": 0}, "total_seats"),
        ({"total_seats": -5}, "total_seats"),
        ({"total_seats": 10**9}, "total_seats"),
        ({"total_seats": "many"}, "total_seats"),
        ({"total_seats": 10.0}, "total_seats"),
        ({"screen_name": ""}, "screen_name"),
        ({"screen_name": "x" * 101}, "screen_name"),
        ({"date_time": "tomorrow"}, "date_time"),
        ({"date_time": "0001-01-01T00:00:00+14:00"}, "date_time"),
        ({"date_time": "9999-12-31T23:59:59-14:00"}, "date_time"),
        ({"date_time": "+1d 18:00"}, "date_time"),
        ({"date_time": None}, "date_time"),
    ],
)
def test_invalid_value_is_rejected_with_its_field(as_staff, change, field):
    movie = MovieFactory()
    assert_invalid(as_staff.post(f"/movies/{movie.pk}/shows/", SHOW | change), field)
    assert not Show.objects.exists()


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_only_staff_write_shows(as_alice, anyone, show, method):
    assert_problem(getattr(as_alice, method)(f"/shows/{show.pk}/", {}), 403, "permission_denied")
    assert_problem(getattr(anyone, method)(f"/shows/{show.pk}/", {}), 401, "not_authenticated")
    assert_problem(as_alice.post(f"/movies/{show.movie_id}/shows/", SHOW), 403, "permission_denied")


def test_larger_total_adds_seats(as_staff, show):
    response = as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 40})
    assert response.status_code == 200
    assert response.json()["available_seats"] == 40
    assert_consistent()


def test_smaller_total_removes_available_seats(as_staff, show):
    response = as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 5})
    assert response.json()["available_seats"] == 5
    assert_consistent()


def test_total_below_a_taken_seat_is_rejected(as_staff, show, alice):
    BookingFactory(show=show, user=alice, seat_number=6)
    assert_problem(as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 5}), 409, "seats_in_use")
    show.refresh_from_db()
    assert show.total_seats == 12
    assert_consistent()
    assert as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 6}).status_code == 200
    assert_consistent()


def test_patch_of_one_field_keeps_the_others(as_staff, show):
    before = as_staff.get(f"/shows/{show.pk}/").json()
    after = as_staff.patch(f"/shows/{show.pk}/", {"screen_name": "Studio"}).json()
    assert after == before | {"screen_name": "Studio"}
    assert as_staff.patch(f"/shows/{show.pk}/", {}).json() == after


def test_show_with_live_bookings_is_not_deleted(as_staff, show, alice):
    booking = BookingFactory(show=show, user=alice)
    assert_problem(as_staff.delete(f"/shows/{show.pk}/"), 409, "has_bookings")
    services.cancel(booking_id=booking.pk)
    assert as_staff.delete(f"/shows/{show.pk}/").status_code == 204
    assert not Show.objects.exists()
