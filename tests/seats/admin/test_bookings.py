"""The admin pages of bookings: the search, the action that cancels, and what no form changes."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from cinema.seats.admin import bookings
from cinema.seats.booking import services, till
from cinema.seats.models import Booking
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory
from tests.seats.staff import log_in, text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ["shows_movie", "shows_show", "seats_booking", "auth_user"])
def test_list_and_change_page_open(admin_client, booking, model):
    assert admin_client.get(reverse(f"admin:{model}_changelist") + "?q=a").status_code == 200
    pk = {"shows_movie": booking.show.movie_id, "shows_show": booking.show_id, "seats_booking": booking.pk}
    page = reverse(f"admin:{model}_change", args=[pk.get(model, booking.user_id)])
    assert admin_client.get(page).status_code == 200


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
