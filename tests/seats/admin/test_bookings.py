"""Staff in the admin: what they see, what they can do, and what no form lets them do."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from cinema.seats.models import Booking
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=5)


def show_form(show, **change):
    form = {
        "movie": show.movie_id,
        "screen_name": show.screen_name,
        "date_time_0": f"{show.date_time:%Y-%m-%d}",
        "date_time_1": f"{show.date_time:%H:%M:%S}",
        "total_seats": show.total_seats,
    }
    return form | change


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("model", ["shows_movie", "shows_show", "seats_booking", "auth_user"])
def test_every_list_and_page_opens(admin_client, booking, model):
    assert admin_client.get(reverse(f"admin:{model}_changelist") + "?q=a").status_code == 200
    pk = {"shows_movie": booking.show.movie_id, "shows_show": booking.show_id, "seats_booking": booking.pk}
    page = reverse(f"admin:{model}_change", args=[pk.get(model, booking.user_id)])
    assert admin_client.get(page).status_code == 200


def test_a_show_made_here_has_its_seats(admin_client, show):
    admin_client.post(reverse("admin:shows_show_add"), show_form(show, total_seats=30))
    made = Show.objects.latest("pk")
    assert made.seats.count() == 30


def test_a_movie_is_made_with_its_shows(admin_client):
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


def test_a_shows_page_shows_how_full_it_is(admin_client, booking):
    assert "1 of 12 (8 %)" in text(admin_client.get(reverse("admin:shows_show_change", args=[booking.show_id])))
    assert "1 of 12 (8 %)" in text(admin_client.get(reverse("admin:shows_show_changelist")))


def test_more_seats_are_laid_out(admin_client, show):
    admin_client.post(reverse("admin:shows_show_change", args=[show.pk]), show_form(show, total_seats=40))
    assert show.seats.count() == 40
    assert_consistent()


@pytest.mark.parametrize("total", ["0", "-1", "", "x", "100001", "9" * 30])
def test_a_total_that_makes_no_sense_is_refused_by_the_form(admin_client, booking, show, total):
    page = reverse("admin:shows_show_change", args=[show.pk])
    response = admin_client.post(page, show_form(show, total_seats=total))
    assert "Please correct the error below." in text(response)
    assert "1 of 12 (8 %)" in text(response)
    assert show.seats.count() == 12


def test_fewer_seats_than_sold_are_refused_in_words(admin_client, booking, show):
    page = reverse("admin:shows_show_change", args=[show.pk])
    response = admin_client.post(page, show_form(show, total_seats=4, screen_name="Studio"), follow=True)
    assert "Nothing was changed. Seats beyond the new total are taken or held." in text(response)
    show.refresh_from_db()
    assert (show.total_seats, show.screen_name) == (12, "Screen 1")
    assert_consistent()


def test_fewer_seats_than_sold_are_refused_on_the_movies_page_too(admin_client, booking, show):
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
def test_what_has_live_bookings_is_not_deleted(admin_client, booking, show, model):
    pk = show.pk if model == "show" else show.movie_id
    page = reverse(f"admin:shows_{model}_delete", args=[pk])
    assert "There are live bookings." in text(admin_client.post(page, {"post": "yes"}, follow=True))
    action = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    response = admin_client.post(reverse(f"admin:shows_{model}_changelist"), action, follow=True)
    assert "There are live bookings." in text(response)
    assert Booking.objects.live().exists()
    assert_consistent()


def test_a_deleted_users_seats_are_free_again(admin_client, alice, booking, show):
    response = admin_client.post(
        reverse("admin:auth_user_delete", args=[alice.pk]), {"post": "yes"}, follow=True
    )
    assert "deleted successfully" in text(response)
    assert not show.seats.taken().exists()
    assert_consistent()


def test_deleted_bookings_seats_are_free_again(admin_client, booking, show):
    action = {"action": "delete_selected", "_selected_action": [booking.pk], "post": "yes"}
    admin_client.post(reverse("admin:seats_booking_changelist"), action)
    assert not Booking.objects.exists()
    assert not show.seats.taken().exists()
    assert_consistent()


@pytest.mark.parametrize("word", ["alice", "Vienna", "Studio"])
def test_bookings_are_found_by_user_movie_and_screen(admin_client, alice, bob, word):
    show = ShowFactory(movie__title="Vienna", screen_name="Studio")
    wanted = BookingFactory(user=alice, show=show)
    other = BookingFactory(user=bob)
    page = text(admin_client.get(reverse("admin:seats_booking_changelist"), {"q": word}))
    assert reverse("admin:seats_booking_change", args=[wanted.pk]) in page
    assert reverse("admin:seats_booking_change", args=[other.pk]) not in page


def test_the_list_of_bookings_costs_the_same_however_long(admin_client, alice, django_assert_max_num_queries):
    for _ in range(20):
        BookingFactory(user=alice)
    with django_assert_max_num_queries(12):
        admin_client.get(reverse("admin:seats_booking_changelist"))


def cancel(client, *bookings):
    action = {"action": "cancel", "_selected_action": [booking.pk for booking in bookings]}
    return client.post(reverse("admin:seats_booking_changelist"), action, follow=True)


def test_cancelling_goes_through_the_service(admin_client, alice, booking, show):
    begun = BookingFactory(user=alice)
    Show.objects.filter(pk=begun.show_id).update(date_time=timezone.now())

    response = text(cancel(admin_client, booking, begun))

    assert "Cancelled 1 booking." in response
    assert f"Booking {begun.pk}: This show has begun." in response
    assert not show.seats.taken().exists()
    assert f"Booking {booking.pk}: This booking is already cancelled." in text(cancel(admin_client, booking))
    assert_consistent()


def test_no_form_makes_or_changes_a_booking(admin_client, booking):
    assert admin_client.get(reverse("admin:seats_booking_add")).status_code == 403
    page = reverse("admin:seats_booking_change", args=[booking.pk])
    assert admin_client.post(page, {"status": "cancelled", "seat_number": 9}).status_code == 403
    booking.refresh_from_db()
    assert (booking.status, booking.seat_number) == ("booked", 5)
    assert_consistent()


def test_cancelling_is_for_those_who_may_change_bookings(client, booking):
    watcher = get_user_model().objects.create_user("watcher", password="x", is_staff=True)
    from django.contrib.auth.models import Permission

    watcher.user_permissions.add(Permission.objects.get(codename="view_booking"))
    client.force_login(watcher)
    assert client.get(reverse("admin:seats_booking_changelist")).status_code == 200
    cancel(client, booking)
    assert Booking.objects.live().exists()


def test_seats_have_no_page_of_their_own(admin_client):
    assert admin_client.get("/admin/seats/seat/").status_code == 404


def test_the_admin_answers_without_a_trailing_slash(admin_client):
    assert admin_client.get("/admin").status_code == 200
    assert admin_client.get("/admin/shows/show").status_code == 200
