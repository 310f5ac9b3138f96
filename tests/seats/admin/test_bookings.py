"""The admin pages of movies, shows, bookings and users."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from cinema.seats.admin import bookings
from cinema.seats.booking import services, till
from cinema.seats.models import Booking
from cinema.shows.models import Movie, Show
from tests.admin_forms import show_form
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory
from tests.seats.staff import log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=5)


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


def delete_selected(client, page, *rows):
    action = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    return text(client.post(reverse(page), action, follow=True))


def delete(client, page, row):
    return text(client.post(reverse(page, args=[row.pk]), {"post": "yes"}, follow=True))


def test_live_booking_is_not_deleted(admin_client, booking, bob, show):
    cancelled = BookingFactory(user=bob, show=show, seat_number=7)
    services.cancel(booking_id=cancelled.pk)
    reason = f"booking {booking.pk}, is live. Only cancelled bookings can be deleted. Cancel it first."
    assert reason in delete_selected(admin_client, "admin:seats_booking_changelist", booking, cancelled)
    assert reason in delete(admin_client, "admin:seats_booking_delete", booking)
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    assert reason in delete(admin_client, "admin:seats_booking_delete", booking)
    assert set(Booking.objects.all()) == {booking, cancelled}
    assert not LogEntry.objects.exists()
    assert_consistent()


def test_cancelled_booking_is_deleted_and_logged(admin_client, alice, booking, show):
    other = BookingFactory(user=alice, show=show, seat_number=7)
    kept = BookingFactory(user=alice, show=show, seat_number=8)
    for cancelled in (booking, other):
        services.cancel(booking_id=cancelled.pk)
    assert "Successfully deleted 1 booking." in delete_selected(
        admin_client, "admin:seats_booking_changelist", booking
    )
    assert "was deleted successfully." in delete(admin_client, "admin:seats_booking_delete", other)
    assert set(Booking.objects.all()) == {kept}
    assert {int(entry.object_id) for entry in LogEntry.objects.filter(action_flag=DELETION)} == {
        *(booking.pk, other.pk)
    }
    assert_consistent()


def test_user_with_live_bookings_of_upcoming_shows_is_not_deleted(admin_client, alice, bob, booking):
    reason = "Nothing was changed. alice has live bookings of upcoming shows."
    assert reason in delete(admin_client, "admin:auth_user_delete", alice)
    assert reason in delete_selected(admin_client, "admin:auth_user_changelist", bob, alice)
    assert {alice, bob} <= set(get_user_model().objects.all())
    assert Booking.objects.live().exists()
    assert not LogEntry.objects.exists()


def test_deleted_user_leaves_other_bookings_without_a_name(client, sam, alice, bob, booking, show):
    for user in (alice, bob):
        services.cancel(booking_id=BookingFactory(user=user, show=show, seat_number=7).pk)
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    log_in(
        client, sam, "view_user", "delete_user", "view_booking", "change_booking", "view_hall", "change_hall"
    )
    assert "was deleted successfully" in delete(client, "admin:auth_user_delete", alice)
    assert "Successfully deleted 1 user." in delete_selected(client, "admin:auth_user_changelist", bob)
    assert list(Booking.objects.values_list("user", "status").order_by("pk")) == [
        *((None, "booked"), (None, "cancelled"), (None, "cancelled"))
    ]
    assert client.get(reverse("admin:seats_booking_changelist")).status_code == 200
    assert "deleted user" in text(client.get(reverse("admin:seats_hall_change", args=[show.pk])))
    cancel = {"action": "cancel", "_selected_action": [booking.pk]}
    assert "deleted user" in text(client.post(reverse("admin:seats_booking_changelist"), cancel))
    assert LogEntry.objects.filter(action_flag=DELETION).count() == 2
    assert_consistent()


@pytest.mark.parametrize(
    "words", ["alice", "@example.org", "Vienna", "Studio", "{number}", "A4", "a4", "a4 ALICE", "{number} A4"]
)
def test_search_finds_a_booking_by_number_seat_user_movie_and_screen(admin_client, alice, bob, words):
    alice.email = "a@example.org"
    alice.save()
    show = ShowFactory(movie__title="Vienna", screen_name="Studio", total_seats=60)
    wanted = BookingFactory(user=alice, show=show, seat_number=4)
    other_show = ShowFactory(movie__title="Rope", screen_name="Annex", total_seats=60)
    for number in (1, 14, 41, 42):
        BookingFactory(user=bob, show=other_show, seat_number=number)
    page = admin_client.get(reverse("admin:seats_booking_changelist"), {"q": words.format(number=wanted.pk)})
    assert [booking.pk for booking in page.context["cl"].result_list] == [wanted.pk]


@pytest.mark.parametrize("words", ["bob A4", "9" * 30, "-1", "4.0"])
def test_search_for_another_booking_finds_nothing(admin_client, alice, words):
    BookingFactory(user=alice, seat_number=4)
    page = admin_client.get(reverse("admin:seats_booking_changelist"), {"q": words})
    assert page.context["cl"].result_count == 0


@pytest.mark.parametrize("words", ["Rosa", "ROSÉ", "klein", "rose\u0301"])
def test_guest_is_found_by_name_and_cancelled(admin_client, alice, sam, show, words):
    BookingFactory(user=alice, show=show, seat_number=1)
    (sold,) = till.sell(clerk_id=sam.pk, show_id=show.pk, seat_numbers=[5], guest_name="Rosa Rosé-Klein")
    changelist = reverse("admin:seats_booking_changelist")
    response = admin_client.get(changelist, {"q": words})
    assert [row.pk for row in response.context["cl"].result_list] == [sold.pk]
    assert "Rosa Rosé-Klein" in text(response)
    page = text(admin_client.get(reverse("admin:seats_booking_change", args=[sold.pk])))
    assert "Rosa Rosé-Klein" in page
    assert "sam" in page
    form = {"action": "cancel", "_selected_action": [sold.pk]}
    assert "Rosa Rosé-Klein" in text(admin_client.post(changelist, form))
    admin_client.post(changelist, form | {"post": "yes"})
    assert not Booking.objects.get(pk=sold.pk).is_live
    assert_consistent()


def test_list_of_bookings_costs_at_most_12_queries(admin_client, alice, django_assert_max_num_queries):
    for _ in range(20):
        BookingFactory(user=alice)
    with django_assert_max_num_queries(12):
        admin_client.get(reverse("admin:seats_booking_changelist"))


def cancel(client, *bookings, **form):
    action = {"action": "cancel", "_selected_action": [booking.pk for booking in bookings], **form}
    return text(client.post(reverse("admin:seats_booking_changelist"), action, follow=True))


def confirm(client, html):
    """Submits the confirmation of a page."""
    form = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html):
        form.setdefault(name, []).append(value)
    return text(client.post(reverse("admin:seats_booking_changelist"), form, follow=True))


def test_action_cancels_nothing_before_the_confirmation(admin_client, alice, booking, show):
    other = BookingFactory(user=alice, show=show, seat_number=7)
    already_cancelled = BookingFactory(user=alice, show=show, seat_number=8)
    services.cancel(booking_id=already_cancelled.pk)
    html = cancel(admin_client, booking, other, already_cancelled)
    assert "Are you sure you want to cancel these bookings?" in html
    assert "<bdi>B1</bdi>: <bdi>alice</bdi>, " in html
    assert str(show) in html
    assert "1 of the selected bookings is already cancelled." in html
    assert Booking.objects.live().count() == 2
    assert not LogEntry.objects.exists()
    html = confirm(admin_client, html)
    assert "Cancelled 2 bookings." in html
    assert not Booking.objects.live().exists()
    assert_consistent()


def test_each_cancelled_booking_has_a_line_in_its_history(admin_client, admin_user, booking):
    confirm(admin_client, cancel(admin_client, booking))
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.object_repr) == (admin_user, str(booking.pk), str(booking))
    history = text(admin_client.get(reverse("admin:seats_booking_history", args=[booking.pk])))
    assert "Cancelled." in history


def test_action_cancels_upcoming_bookings_and_explains_the_others(admin_client, alice, booking, show):
    begun = BookingFactory(user=alice)
    Show.objects.filter(pk=begun.show_id).update(date_time=timezone.now() - timedelta(seconds=1))

    response = confirm(admin_client, cancel(admin_client, booking, begun))

    assert "Cancelled 1 booking." in response
    assert f"Booking {begun.pk}: This show has started, so its bookings stay as they are." in response
    assert not show.seats.taken().exists()
    assert "All selected bookings are already cancelled." in cancel(admin_client, booking)
    assert f"Booking {booking.pk}: This booking is already cancelled." in cancel(
        admin_client, booking, post="yes"
    )
    assert LogEntry.objects.count() == 1
    assert_consistent()


def test_action_refuses_more_bookings_than_one_page_can_list(admin_client, alice, show, monkeypatch):
    monkeypatch.setattr(bookings, "MAX_SELECTED", 2)
    selected = [BookingFactory(user=alice, show=show, seat_number=number) for number in (1, 2, 3)]
    assert "Select at most 2 bookings at once." in cancel(admin_client, *selected, select_across=1)
    assert "Are you sure" in cancel(admin_client, *selected[:2])
    assert Booking.objects.live().count() == 3


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
    cancel(client, booking, post="yes")
    assert Booking.objects.live().exists()


def test_seats_have_no_admin_page(admin_client):
    assert admin_client.get("/admin/seats/seat/").status_code == 404


def test_admin_pages_open_without_a_trailing_slash(admin_client):
    assert admin_client.get("/admin").status_code == 200
    assert admin_client.get("/admin/shows/show").status_code == 200
