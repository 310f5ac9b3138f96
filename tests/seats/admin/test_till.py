"""The admin's pages that sell seats to guests and print tickets."""

import re

import pytest
from django.urls import reverse

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory, UserFactory, add_price_list
from tests.seat_state import block
from tests.seats.staff import log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def show(db):
    prices = add_price_list([("", "Adult", 1250), ("", "Child", 905)])
    return ShowFactory(price_list=prices, movie__title="Metropolis")


@pytest.fixture
def clerk(client, sam):
    return log_in(client, sam, "view_booking", "sell_seats")


def sell_page(show):
    return reverse("admin:seats_booking_sell", args=[show.pk])


def post_sale(client, show, **fields):
    """Sends the form as the browser would, with its key."""
    key = re.search(r'name="key" value="([^"]+)"', client.get(sell_page(show)).content.decode())[1]
    return client.post(sell_page(show), {"key": key, **fields}, follow=True)


def text_of(response):
    return " ".join(re.sub("<[^>]*>", " ", response.content.decode()).split())


def test_clerk_sells_seats_to_a_guest_and_gets_the_tickets(clerk, sam, show):
    response = post_sale(clerk, show, seats=[5, 6], guest_name="Rosa Klein", kind_6="Child")
    first, second = Booking.objects.order_by("seat_number")
    assert [(b.seat_number, b.kind, b.guest_name, b.sold_by) for b in (first, second)] == [
        (5, "Adult", "Rosa Klein", sam),
        (6, "Child", "Rosa Klein", sam),
    ]
    assert response.redirect_chain == [(reverse("admin:seats_booking_tickets", args=[first.pk]), 302)]
    text = text_of(response)
    assert "2 seats sold for 21.55 EUR." in text
    for part in ("Metropolis", f"Order {first.order}", "Adult , 12.50 EUR", "Child , 9.05 EUR", "Rosa Klein"):
        assert part in text
    assert all(f"Code of booking {booking.pk}" in text for booking in (first, second))
    assert_consistent()


def test_form_that_is_sent_twice_sells_once(clerk, show):
    key = re.search(r'name="key" value="([^"]+)"', clerk.get(sell_page(show)).content.decode())[1]
    form = {"key": key, "seats": [5, 6]}
    first, second = (clerk.post(sell_page(show), form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Booking.objects.count() == 2


def test_form_that_has_sold_other_seats_asks_to_check_them(clerk, show):
    key = re.search(r'name="key" value="([^"]+)"', clerk.get(sell_page(show)).content.decode())[1]
    clerk.post(sell_page(show), {"key": key, "seats": [5]})
    response = clerk.post(sell_page(show), {"key": key, "seats": [6]})
    assert "Nothing was sold. This form has already sold other seats." in text_of(response)
    new_key = re.search(r'name="key" value="([^"]+)"', response.content.decode())[1]
    assert new_key != key
    assert clerk.post(sell_page(show), {"key": new_key, "seats": [6]}).status_code == 302


def test_taken_seat_is_refused_with_its_label_and_the_other_choices_stay(clerk, show):
    BookingFactory(show=show, seat_number=5)
    response = post_sale(clerk, show, seats=[5, 6], guest_name="Rosa", kind_6="Child")
    assert "Nothing was sold. B1: This seat is taken." in text_of(response)
    html = response.content.decode()
    assert re.search(r'name="seats" value="6"[^>]* checked', html)
    assert 'value="Rosa"' in html
    assert '{"kind_6": "Child"}' in html
    assert Booking.objects.count() == 1


def test_blocked_seat_is_sold_only_on_purpose(clerk, show):
    block(show, 5)
    assert "B1: This seat is not for sale." in text_of(post_sale(clerk, show, seats=[5]))
    assert "1 seat sold" in text_of(post_sale(clerk, show, seats=[5], also_blocked="on"))
    assert not Seat.objects.get(show=show, number=5).blocked


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "Choose at least one seat."),
        ({"seats": ["x", "9" * 30]}, "Choose at least one seat."),
        ({"seats": [99]}, "This show has no such seat."),
        ({"seats": [5], "kind_5": "Duke"}, "There is no such price for this seat."),
        ({"seats": [5], "guest_name": "x" * 201}, "at most 200 characters"),
        ({"seats": [5], "guest_name": "a\0b"}, "Null characters are not allowed."),
        ({"seats": [5], "key": ""}, "Sell"),
    ],
)
def test_form_that_makes_no_sense_sells_nothing(clerk, show, fields, reason):
    response = post_sale(clerk, show, **fields)
    assert response.status_code == 200
    assert reason in text_of(response)
    assert not Booking.objects.exists()


def test_show_that_was_called_off_or_archived_has_no_form(clerk, show):
    services.call_off(show_id=show.pk)
    assert "This show was called off." in text_of(clerk.get(sell_page(show)))
    assert "called off" in text_of(clerk.post(sell_page(show), {"key": "x", "seats": [5]}))
    archived = ShowFactory(archived=True)
    assert "its seats were removed" in text_of(clerk.get(sell_page(archived)))
    assert clerk.get(reverse("admin:seats_booking_sell", args=[UNUSED_ID])).status_code == 404
    assert not Booking.objects.exists()


def test_show_without_prices_sells_without_an_amount(clerk):
    assert "1 seat sold." in text_of(post_sale(clerk, ShowFactory(), seats=[1]))


@pytest.mark.parametrize("permission", ["view_booking", "sell_seats"])
def test_sale_needs_the_permissions_to_sell_and_to_see_bookings(client, sam, show, permission):
    log_in(client, sam, permission)
    assert client.get(sell_page(show)).status_code == 403
    assert client.post(sell_page(show), {"key": "x", "seats": [5]}).status_code == 403
    assert not Booking.objects.exists()


def test_board_links_to_the_sale_for_clerks_until_the_movie_ends(clerk, sam, show):
    day = reverse("admin:seats_booking_day") + f"?date={show.date_time:%Y-%m-%d}"
    assert sell_page(show) in clerk.get(day).content.decode()
    Show.objects.filter(pk=show.pk).update(status="cancelled")
    assert sell_page(show) not in clerk.get(day).content.decode()
    Show.objects.filter(pk=show.pk).update(status="scheduled")
    assert sell_page(show) not in log_in(clerk, sam, "view_booking").get(day).content.decode()


def test_tickets_are_those_of_the_live_bookings_of_the_order(admin_client, show):
    user = UserFactory()
    services.hold_seats(user_id=user.pk, show_id=show.pk, seat_numbers=[5, 6, 7])
    bookings = services.book_hold(user_id=user.pk, show_id=show.pk)
    services.cancel(booking_id=bookings[0].pk)
    url = reverse("admin:seats_booking_tickets", args=[bookings[0].pk])
    html = admin_client.get(url).content.decode()
    assert [f"Ticket {b.pk}" in html for b in bookings] == [False, True, True]
    for booking in bookings[1:]:
        services.cancel(booking_id=booking.pk)
    assert "All bookings of this order are cancelled" in admin_client.get(url).content.decode()
    assert admin_client.get(reverse("admin:seats_booking_tickets", args=[UNUSED_ID])).status_code == 404


def test_booking_without_an_order_has_a_ticket_of_its_own(admin_client, show):
    first, second = (BookingFactory(show=show, seat_number=number) for number in (1, 2))
    Booking.objects.update(order=None)
    html = admin_client.get(reverse("admin:seats_booking_tickets", args=[first.pk])).content.decode()
    assert f"Ticket {first.pk}" in html
    assert f"Ticket {second.pk}" not in html
