"""The admin's page that moves a booking, and the links of a booking's page."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from cinema.seats.booking import services
from cinema.seats.models import Booking
from tests.assertions import assert_consistent
from tests.factories import UNUSED_ID, BookingFactory
from tests.seats.staff import log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(show):
    return BookingFactory(show=show, seat_number=1)


@pytest.fixture
def clerk(client, sam):
    return log_in(client, sam, "view_booking", "change_booking")


def move_page(booking):
    return reverse("admin:seats_booking_move", args=[booking.pk])


def test_staff_move_a_booking_to_the_chosen_seat(clerk, booking):
    response = clerk.post(move_page(booking), {"seats": [3]}, follow=True)
    assert f"Booking {booking.pk} was moved from A1 to A3." in response.content.decode()
    assert Booking.objects.get().seat_number == 3
    assert LogEntry.objects.get().change_message == "Moved from A1 to A3."
    assert_consistent()


@pytest.mark.parametrize(
    ("seats", "reason"),
    [
        ([2], "This seat is taken."),
        ([], "Choose the new seat."),
        ([3, 4], "Choose the new seat."),
        ([99], "no such"),
    ],
)
def test_refused_move_changes_nothing_and_says_why(clerk, booking, seats, reason):
    BookingFactory(show=booking.show, seat_number=2)
    html = clerk.post(move_page(booking), {"seats": seats}).content.decode()
    assert "Nothing was moved." in html
    assert reason in html
    assert Booking.objects.get(pk=booking.pk).seat_number == 1


def test_cancelled_booking_is_not_moved(clerk, booking):
    services.cancel(booking_id=booking.pk)
    html = clerk.post(move_page(booking), {"seats": [3]}).content.decode()
    assert "Nothing was moved. This booking is" in html
    assert clerk.get(reverse("admin:seats_booking_move", args=[UNUSED_ID])).status_code == 404


def test_move_offers_the_available_seats_only(clerk, booking):
    html = clerk.get(move_page(booking)).content.decode()
    assert html.count('type="radio"') == booking.show.total_seats - 1


def test_page_of_a_live_booking_leads_to_ticket_move_and_cancel(clerk, booking):
    change = reverse("admin:seats_booking_change", args=[booking.pk])
    links = [move_page(booking), reverse("admin:seats_booking_tickets", args=[booking.pk]), 'value="cancel"']
    html = clerk.get(change).content.decode()
    assert all(link in html for link in links)
    services.cancel(booking_id=booking.pk)
    html = clerk.get(change).content.decode()
    assert not any(link in html for link in links)


def test_page_of_a_booking_shows_viewers_the_tickets_only(client, sam, booking):
    log_in(client, sam, "view_booking")
    html = client.get(reverse("admin:seats_booking_change", args=[booking.pk])).content.decode()
    assert "Print the tickets" in html
    assert move_page(booking) not in html
    assert 'value="cancel"' not in html
