"""The admin pages of movies, shows, bookings and users."""

import pytest
from django.urls import reverse
from django.utils import timezone

from cinema.seats.models import Booking
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory
from tests.seats.staff import log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=5)


def show_form(show, **changes):
    data = {
        "movie": show.movie_id,
        "screen_name": show.screen_name,
        "date_time_0": f"{show.date_time:%Y-%m-%d}",
        "date_time_1": f"{show.date_time:%H:%M:%S}",
        "total_seats": show.total_seats,
    }
    return data | changes


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("model", ["shows_movie", "shows_show", "seats_booking", "auth_user"])
def test_list_and_change_page_open(admin_client, booking, model):
    assert admin_client.get(reverse(f"admin:{model}_changelist") + "?q=a").status_code == 200
    pk = {"shows_movie": booking.show.movie_id, "shows_show": booking.show_id, "seats_booking": booking.pk}
    page = reverse(f"admin:{model}_change", args=[pk.get(model, booking.user_id)])
    assert admin_client.get(page).status_code == 200


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
    response = admin_client.post(page, show_form(show, total_seats=4, screen_name="Studio"), follow=True)
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


@pytest.mark.parametrize("model", ["show", "movie"])
def test_show_or_movie_with_live_bookings_is_not_deleted(admin_client, booking, show, model):
    pk = show.pk if model == "show" else show.movie_id
    page = reverse(f"admin:shows_{model}_delete", args=[pk])
    assert "There are live bookings." in text(admin_client.post(page, {"post": "yes"}, follow=True))
    action = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    response = admin_client.post(reverse(f"admin:shows_{model}_changelist"), action, follow=True)
    assert "There are live bookings." in text(response)
    assert Booking.objects.live().exists()
    assert_consistent()


def test_seats_of_a_deleted_user_become_available(admin_client, alice, booking, show):
    response = admin_client.post(
        reverse("admin:auth_user_delete", args=[alice.pk]), {"post": "yes"}, follow=True
    )
    assert "deleted successfully" in text(response)
    assert not show.seats.taken().exists()
    assert_consistent()


def test_seats_of_deleted_bookings_become_available(admin_client, booking, show):
    action = {"action": "delete_selected", "_selected_action": [booking.pk], "post": "yes"}
    admin_client.post(reverse("admin:seats_booking_changelist"), action)
    assert not Booking.objects.exists()
    assert not show.seats.taken().exists()
    assert_consistent()


@pytest.mark.parametrize("word", ["alice", "Vienna", "Studio"])
def test_search_finds_bookings_by_user_movie_and_screen(admin_client, alice, bob, word):
    show = ShowFactory(movie__title="Vienna", screen_name="Studio")
    wanted = BookingFactory(user=alice, show=show)
    other = BookingFactory(user=bob)
    page = text(admin_client.get(reverse("admin:seats_booking_changelist"), {"q": word}))
    assert reverse("admin:seats_booking_change", args=[wanted.pk]) in page
    assert reverse("admin:seats_booking_change", args=[other.pk]) not in page


def test_list_of_bookings_costs_at_most_12_queries(admin_client, alice, django_assert_max_num_queries):
    for _ in range(20):
        BookingFactory(user=alice)
    with django_assert_max_num_queries(12):
        admin_client.get(reverse("admin:seats_booking_changelist"))


def cancel(client, *bookings):
    action = {"action": "cancel", "_selected_action": [booking.pk for booking in bookings]}
    return client.post(reverse("admin:seats_booking_changelist"), action, follow=True)


def test_action_cancels_upcoming_bookings_and_explains_the_others(admin_client, alice, booking, show):
    begun = BookingFactory(user=alice)
    Show.objects.filter(pk=begun.show_id).update(date_time=timezone.now())

    response = text(cancel(admin_client, booking, begun))

    assert "Cancelled 1 booking." in response
    assert f"Booking {begun.pk}: This show has begun." in response
    assert not show.seats.taken().exists()
    assert f"Booking {booking.pk}: This booking is already cancelled." in text(cancel(admin_client, booking))
    assert_consistent()


def test_no_form_adds_or_changes_a_booking(admin_client, booking):
    assert admin_client.get(reverse("admin:seats_booking_add")).status_code == 403
    page = reverse("admin:seats_booking_change", args=[booking.pk])
    assert admin_client.post(page, {"status": "cancelled", "seat_number": 9}).status_code == 403
    booking.refresh_from_db()
    assert (booking.status, booking.seat_number) == ("booked", 5)
    assert_consistent()


def test_cancel_action_requires_the_permission_to_change_bookings(client, sam, booking):
    log_in(client, sam, "view_booking")
    assert client.get(reverse("admin:seats_booking_changelist")).status_code == 200
    cancel(client, booking)
    assert Booking.objects.live().exists()


def test_seats_have_no_admin_page(admin_client):
    assert admin_client.get("/admin/seats/seat/").status_code == 404


def test_admin_pages_open_without_a_trailing_slash(admin_client):
    assert admin_client.get("/admin").status_code == 200
    assert admin_client.get("/admin/shows/show").status_code == 200
