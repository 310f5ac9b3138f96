"""The admin pages of movies and shows: adding them, and changing the number of seats."""

import pytest
from django.urls import reverse

from cinema.shows.models import Movie, Show
from tests.admin_forms import show_form
from tests.assertions import assert_consistent
from tests.seats.staff import text

pytestmark = pytest.mark.django_db


def test_added_show_has_its_seats(admin_client, show):
    admin_client.post(reverse("admin:shows_show_add"), show_form(show, total_seats=30, screen_name="Studio"))
    added = Show.objects.latest("pk")
    assert added.seats.count() == 30


def test_movie_is_added_together_with_its_shows(admin_client):
    form = {
        "title": "Metropolis",
        "duration_minutes": 153,
        "shows-TOTAL_FORMS": 1,
        "shows-INITIAL_FORMS": 0,
        "shows-0-screen_name": "Screen 1",
        "shows-0-date_time_0": "2030-01-01",
        "shows-0-date_time_1": "18:00:00",
        "shows-0-total_seats": 24,
    }
    admin_client.post(reverse("admin:shows_movie_add"), form)
    assert Movie.objects.get().shows.get().seats.count() == 24
    assert_consistent()


def test_occupancy_is_on_the_page_and_in_the_list_of_shows(admin_client, booking):
    assert "1 of 12 (8 %)" in text(admin_client.get(reverse("admin:shows_show_change", args=[booking.show_id])))
    assert "1 of 12 (8 %)" in text(admin_client.get(reverse("admin:shows_show_changelist")))


def test_larger_total_adds_seats(admin_client, show):
    admin_client.post(reverse("admin:shows_show_change", args=[show.pk]), show_form(show, total_seats=40))
    assert show.seats.count() == 40
    assert_consistent()


@pytest.mark.parametrize("total", ["0", "-1", "", "x", "100001", "9" * 30])
def test_invalid_total_is_rejected_by_the_form(admin_client, booking, show, total):
    page = reverse("admin:shows_show_change", args=[show.pk])
    response = admin_client.post(page, show_form(show, total_seats=total))
    assert "Please correct the error below." in text(response)
    assert "1 of 12 (8 %)" in text(response)
    assert show.seats.count() == 12


def test_total_below_a_taken_seat_is_rejected_with_a_message(admin_client, booking, show):
    page, screen_name = reverse("admin:shows_show_change", args=[show.pk]), show.screen_name
    response = admin_client.post(
        page, show_form(show, total_seats=4, screen_name="Studio", keep_bookings="on"), follow=True
    )
    assert "Nothing was changed. Seats beyond the new total are taken or held." in text(response)
    show.refresh_from_db()
    assert (show.total_seats, show.screen_name) == (12, screen_name)
    assert_consistent()


def test_total_below_a_taken_seat_is_rejected_on_the_page_of_the_movie(admin_client, booking, show):
    form = {
        "title": "Renamed",
        "duration_minutes": 100,
        "shows-TOTAL_FORMS": 1,
        "shows-INITIAL_FORMS": 1,
        "shows-0-id": show.pk,
        **{f"shows-0-{name}": value for name, value in show_form(show, total_seats=4).items()},
    }
    response = admin_client.post(reverse("admin:shows_movie_change", args=[show.movie_id]), form, follow=True)
    assert "Nothing was changed." in text(response)
    assert Movie.objects.get().title != "Renamed"
    assert_consistent()
