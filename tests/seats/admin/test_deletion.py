"""Deletion in the admin: not of live bookings, nor of the shows, movies and users that have them."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory
from tests.seats.staff import log_in, text

pytestmark = pytest.mark.django_db


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
