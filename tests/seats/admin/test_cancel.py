"""Bookings cancelled on the drawn hall: asked first, by what was listed, and by the same service as ever."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from cinema.seats.booking import holds, services
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.seats.staff import log_in

QUESTION = "Are you sure you want to cancel"


@pytest.fixture
def page(show):
    return reverse("admin:seats_hall_change", args=[show.pk])


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=1)


def text(response):
    return response.content.decode()


def ask(client, page, *seats):
    return text(client.post(page, {"act": "cancel", "seats": seats}, follow=True))


def confirm(client, page, *bookings):
    form = {"act": "cancel_listed", "bookings": [getattr(booking, "pk", booking) for booking in bookings]}
    return text(client.post(page, form, follow=True))


def listed(html):
    """The bookings that the page of confirmation would cancel."""
    return [int(pk) for pk in re.findall(r'name="bookings" value="(\d+)"', html)]


def live():
    return set(Booking.objects.live().values_list("pk", flat=True))


def test_it_asks_first_and_lists_what_would_be_cancelled(admin_client, page, show, booking, bob):
    bob.email = "bob@example.org"
    bob.save()
    other = BookingFactory(user=bob, show=show, seat_number=3)
    html = ask(admin_client, page, 3, 1, 4)
    assert QUESTION in html
    assert "A1: alice, " in html
    assert "A3: bob (bob@example.org), " in html
    assert listed(html) == [booking.pk, other.pk]
    assert "Yes, cancel 2 bookings" in html
    assert "1 of the ticked seats is not sold, and stays as it is." in html
    assert live() == {booking.pk, other.pk}


def test_confirmed_they_are_cancelled_and_their_seats_are_free(
    admin_client, page, show, booking, alice, as_bob
):
    other = BookingFactory(user=alice, show=show, seat_number=3)
    kept = BookingFactory(user=alice, show=show, seat_number=4)
    html = confirm(admin_client, page, *listed(ask(admin_client, page, 1, 3)))
    assert "Cancelled 2 bookings." in html
    assert live() == {kept.pk}
    assert f"2 bookings cancelled: [{booking.pk}, {other.pk}]" in LogEntry.objects.get().change_message
    assert as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).status_code == 201
    assert_consistent()


def test_seats_that_are_not_sold_have_nothing_to_cancel(admin_client, page, show, bob):
    holds.hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[2])
    Seat.objects.filter(show=show, number=3).block("broken")
    services.cancel(booking_id=BookingFactory(user=bob, show=show, seat_number=5).pk)
    html = ask(admin_client, page, 2, 3, 4, 5)
    assert "None of the ticked seats is sold: there is nothing to cancel." in html
    assert QUESTION not in html
    assert Seat.objects.filter(held_by=bob.pk).exists()


def test_a_stale_confirmation_cancels_nobody_elses_booking(admin_client, page, show, booking, bob):
    """The seat was given back and sold again while staff looked at the list."""
    stale = listed(ask(admin_client, page, 1))
    services.cancel(booking_id=booking.pk)
    sold_since = BookingFactory(user=bob, show=show, seat_number=1)
    html = confirm(admin_client, page, *stale)
    assert f"Booking {booking.pk}: This booking is already cancelled." in html
    assert live() == {sold_since.pk}
    assert not LogEntry.objects.exists()
    assert_consistent()


def test_one_refusal_does_not_undo_the_others(admin_client, page, show, booking, alice):
    others = [BookingFactory(user=alice, show=show, seat_number=number) for number in (2, 3)]
    services.cancel(booking_id=others[0].pk)
    html = confirm(admin_client, page, booking, *others)
    assert "Cancelled 2 bookings." in html
    assert f"Booking {others[0].pk}: This booking is already cancelled." in html
    assert live() == set()
    assert_consistent()


def test_bookings_of_a_show_that_has_begun_stay(admin_client, page, show, booking):
    Show.objects.update(date_time=timezone.now())
    html = confirm(admin_client, page, *listed(ask(admin_client, page, 1)))
    assert f"Booking {booking.pk}: This show has begun." in html
    assert live() == {booking.pk}


def test_a_booking_of_another_show_is_not_cancelled_here(admin_client, page, booking):
    elsewhere = BookingFactory(user=UserFactory(), show=ShowFactory())
    html = confirm(admin_client, page, booking, elsewhere, "x", "9" * 30)
    assert "1 of the listed are no bookings of this show." in html
    assert live() == {elsewhere.pk}


def test_seats_of_another_show_are_not_asked_about(admin_client, page, booking):
    BookingFactory(user=UserFactory(), show=ShowFactory())
    assert listed(ask(admin_client, page, 1)) == [booking.pk]


def test_a_sold_seat_is_neither_blocked_nor_given_back(admin_client, page, booking):
    for act, what in (("block", "blocked"), ("unblock", "given back")):
        html = text(admin_client.post(page, {"act": act, "seats": [1]}, follow=True))
        assert f"1 of the ticked seats could not be {what}: sold, held, or so already." in html
    assert live() == {booking.pk}
    assert_consistent()


def boxes(html):
    return {int(number) for number in re.findall(r'name="seats" value="(\d+)"', html)}


def test_without_the_permission_to_change_bookings_nothing_is_cancelled(client, sam, page, booking):
    log_in(client, sam, "view_hall", "change_hall", "view_booking")
    html = text(client.get(page))
    assert "Cancel the bookings" not in html
    assert boxes(html) == set(range(2, 13))
    assert client.post(page, {"act": "cancel", "seats": [1]}).status_code == 403
    assert client.post(page, {"act": "cancel_listed", "bookings": [booking.pk]}).status_code == 403
    assert live() == {booking.pk}


def test_with_it_alone_bookings_are_cancelled_but_no_seat_is_blocked(client, sam, page, booking):
    log_in(client, sam, "view_hall", "change_booking")
    html = text(client.get(page))
    assert boxes(html) == {1}
    assert "Block the ticked seats" not in html
    for act in ("block", "unblock"):
        assert client.post(page, {"act": act, "seats": [2]}).status_code == 403
    confirm(client, page, *listed(ask(client, page, 1)))
    assert live() == set()


def test_who_may_not_see_the_hall_cancels_nothing_there(client, sam, page, booking):
    log_in(client, sam, "change_booking", "view_booking")
    assert client.post(page, {"act": "cancel_listed", "bookings": [booking.pk]}).status_code == 403
    assert live() == {booking.pk}


def test_the_page_of_confirmation_costs_the_same_however_many(
    admin_client, page, show, alice, django_assert_max_num_queries
):
    for number in range(1, 12):
        BookingFactory(user=UserFactory(), show=show, seat_number=number)
    with django_assert_max_num_queries(8):
        assert len(listed(ask(admin_client, page, *range(1, 12)))) == 11
