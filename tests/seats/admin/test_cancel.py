"""Staff cancel bookings on the seat map, after a confirmation that lists them."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.seat_state import block
from tests.seats.staff import log_in, text

QUESTION = "Are you sure you want to cancel"


@pytest.fixture
def page(show):
    return reverse("admin:seats_hall_change", args=[show.pk])


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=1)


def tick(client, page, *seats):
    """Asks to cancel the bookings of these seats, and returns the confirmation page."""
    return text(client.post(page, {"act": "cancel", "seats": seats}, follow=True))


def confirm(client, page, *bookings):
    form = {"act": "cancel_listed", "bookings": [getattr(booking, "pk", booking) for booking in bookings]}
    return text(client.post(page, form, follow=True))


def listed(html):
    """The ids of the bookings that the confirmation page lists."""
    return [int(pk) for pk in re.findall(r'name="bookings" value="(\d+)"', html)]


def live():
    return set(Booking.objects.live().values_list("pk", flat=True))


def test_confirmation_lists_the_bookings_of_the_ticked_seats(admin_client, page, show, booking, bob):
    bob.email = "bob@example.org"
    bob.save()
    other = BookingFactory(user=bob, show=show, seat_number=3)
    html = tick(admin_client, page, 3, 1, 4)
    assert QUESTION in html
    assert "<bdi>A1</bdi>: <bdi>alice</bdi>, " in html
    assert "<bdi>A3</bdi>: <bdi>bob (bob@example.org)</bdi>, " in html
    assert listed(html) == [booking.pk, other.pk]
    assert "Yes, cancel 2 bookings" in html
    assert "1 of the ticked seats is not taken and has no booking to cancel." in html
    assert live() == {booking.pk, other.pk}


def test_confirmed_bookings_are_cancelled_and_their_seats_are_available(
    admin_client, page, show, booking, alice, as_bob
):
    other = BookingFactory(user=alice, show=show, seat_number=3)
    kept = BookingFactory(user=alice, show=show, seat_number=4)
    html = confirm(admin_client, page, *listed(tick(admin_client, page, 1, 3)))
    assert "Cancelled 2 bookings." in html
    assert live() == {kept.pk}
    *each, of_show = LogEntry.objects.order_by("pk")
    assert [(entry.object_id, entry.change_message) for entry in each] == [
        (str(pk), "Cancelled.") for pk in (booking.pk, other.pk)
    ]
    assert f"2 bookings cancelled: [{booking.pk}, {other.pk}]" in of_show.change_message
    assert as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).status_code == 201
    assert_consistent()


def test_seats_that_are_not_taken_have_no_booking_to_cancel(admin_client, page, show, bob):
    services.hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[2])
    block(show, 3)
    services.cancel(booking_id=BookingFactory(user=bob, show=show, seat_number=5).pk)
    html = tick(admin_client, page, 2, 3, 4, 5)
    assert "None of the ticked seats is taken. Tick taken seats to cancel bookings." in html
    assert QUESTION not in html
    assert Seat.objects.filter(held_by=bob.pk).exists()


def test_stale_confirmation_does_not_cancel_a_newer_booking(admin_client, page, show, booking, bob):
    """Between the page and its confirmation, the booking was cancelled and the seat booked again."""
    stale = listed(tick(admin_client, page, 1))
    services.cancel(booking_id=booking.pk)
    newer = BookingFactory(user=bob, show=show, seat_number=1)
    html = confirm(admin_client, page, *stale)
    assert f"Booking {booking.pk}: This booking is already cancelled." in html
    assert live() == {newer.pk}
    assert not LogEntry.objects.exists()
    assert_consistent()


def test_booking_that_cannot_be_cancelled_does_not_stop_the_others(admin_client, page, show, booking, alice):
    others = [BookingFactory(user=alice, show=show, seat_number=number) for number in (2, 3)]
    services.cancel(booking_id=others[0].pk)
    html = confirm(admin_client, page, booking, *others)
    assert "Cancelled 2 bookings." in html
    assert f"Booking {others[0].pk}: This booking is already cancelled." in html
    assert live() == set()
    assert_consistent()


def test_bookings_of_a_show_that_has_begun_are_not_cancelled(admin_client, page, show, booking):
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    html = confirm(admin_client, page, *listed(tick(admin_client, page, 1)))
    assert f"Booking {booking.pk}: This show has started, so its bookings stay as they are." in html
    assert live() == {booking.pk}


def test_booking_of_another_show_is_skipped(admin_client, page, booking):
    elsewhere = BookingFactory(user=UserFactory(), show=ShowFactory())
    html = confirm(admin_client, page, booking, elsewhere, "x", "9" * 30)
    assert "Skipped 1 booking of another show." in html
    assert live() == {elsewhere.pk}


def test_confirmation_lists_no_bookings_of_another_show(admin_client, page, booking):
    BookingFactory(user=UserFactory(), show=ShowFactory())
    assert listed(tick(admin_client, page, 1)) == [booking.pk]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        ("block", "1 seat could not be blocked, because it is taken, held or already blocked."),
        ("unblock", "1 seat could not be unblocked, because it is not blocked."),
    ],
)
def test_taken_seat_is_neither_blocked_nor_unblocked(admin_client, page, booking, act, message):
    assert message in text(admin_client.post(page, {"act": act, "seats": [1]}, follow=True))
    assert live() == {booking.pk}
    assert_consistent()


def checkboxes(html):
    """The numbers of the seats that can be ticked."""
    return {int(number) for number in re.findall(r'name="seats" value="(\d+)"', html)}


def test_cancel_requires_the_permission_to_change_bookings(client, sam, page, booking):
    log_in(client, sam, "view_hall", "change_hall", "view_booking")
    html = text(client.get(page))
    assert "Cancel the bookings" not in html
    assert checkboxes(html) == set(range(2, 13))
    assert client.post(page, {"act": "cancel", "seats": [1]}).status_code == 403
    assert client.post(page, {"act": "cancel_listed", "bookings": [booking.pk]}).status_code == 403
    assert live() == {booking.pk}


def test_permission_to_change_bookings_does_not_allow_to_block_seats(client, sam, page, booking):
    log_in(client, sam, "view_hall", "change_booking")
    html = text(client.get(page))
    assert checkboxes(html) == {1}
    assert "Cancel the bookings of the ticked seats" in html
    assert "Block the ticked seats" not in html
    for act in ("block", "unblock"):
        assert client.post(page, {"act": act, "seats": [2]}).status_code == 403
    confirm(client, page, *listed(tick(client, page, 1)))
    assert live() == set()


def test_cancel_requires_the_permission_to_view_the_seat_map(client, sam, page, booking):
    log_in(client, sam, "change_booking", "view_booking")
    assert client.post(page, {"act": "cancel_listed", "bookings": [booking.pk]}).status_code == 403
    assert live() == {booking.pk}


def test_confirmation_of_any_length_costs_at_most_8_queries(
    admin_client, page, show, alice, django_assert_max_num_queries
):
    for number in range(1, 12):
        BookingFactory(user=UserFactory(), show=show, seat_number=number)
    with django_assert_max_num_queries(8):
        assert len(listed(tick(admin_client, page, *range(1, 12)))) == 11
