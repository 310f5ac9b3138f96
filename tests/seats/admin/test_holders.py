"""The seat map in the admin names the holders of seats, for staff who may view bookings."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cinema.seats.booking import services, till
from cinema.seats.models import Booking, Seat
from tests.factories import BookingFactory, UserFactory
from tests.seats.staff import log_in


@pytest.fixture
def page(show):
    return reverse("admin:seats_hall_change", args=[show.pk])


@pytest.fixture
def booking(alice, show):
    alice.email = "alice@example.org"
    alice.save()
    return BookingFactory(user=alice, show=show, seat_number=1)


@pytest.fixture
def held(bob, show):
    """Seat 2, held by Bob."""
    services.hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[2])
    return Seat.objects.get(show=show, number=2)


def holder_rows(html):
    """The texts of the cells of the table of holders, row by row."""
    table = html[html.index("Seat holders") :].partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    return [
        [re.sub("<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows
    ]


def utc(moment, seconds=""):
    return f"{moment:%Y-%m-%d %H:%M{seconds}}"


def test_drawing_names_the_holders(admin_client, page, booking, held):
    html = admin_client.get(page).content.decode()
    label = f"A1, taken: alice (alice@example.org), booking {booking.pk}"
    assert f"<title>{label}</title>" in html
    assert f'aria-label="{label}"' in html
    until = utc(held.held_until, ":%S")
    assert f"<title>A2, held: bob, until {until}</title>" in html
    assert f'value="{held.number}"' not in html


def test_table_lists_the_holders_with_links(admin_client, page, booking, held):
    html = admin_client.get(page).content.decode()
    assert holder_rows(html) == [
        ["A1", "alice (alice@example.org)", f"Booking {booking.pk}", utc(booking.created_at), "taken"],
        ["A2", "bob", "–", utc(held.held_since), f"held until {utc(held.held_until, ':%S')}"],
    ]
    for model, pk in (
        ("seats_booking", booking.pk),
        ("auth_user", booking.user_id),
        ("auth_user", held.held_by),
    ):
        assert f'<a href="{reverse(f"admin:{model}_change", args=[pk])}">' in html


def test_guests_are_named_also_after_their_clerk_was_deleted(admin_client, page, sam, show):
    till.sell(clerk_id=sam.pk, show_id=show.pk, seat_numbers=[1], guest_name="Rosa <Klein>")
    till.sell(clerk_id=sam.pk, show_id=show.pk, seat_numbers=[2])
    names = [row[1] for row in holder_rows(admin_client.get(page).content.decode())]
    assert names == ["Rosa &lt;Klein&gt;", "guest"]
    sam.delete()
    names = [row[1] for row in holder_rows(admin_client.get(page).content.decode())]
    assert names == ["Rosa &lt;Klein&gt;", "deleted user"]


def test_empty_hall_has_no_holders(admin_client, page):
    assert "No seat is taken or held." in admin_client.get(page).content.decode()


def test_cancelled_bookings_and_expired_holds_are_not_listed(admin_client, page, booking, held):
    services.cancel(booking_id=booking.pk)
    Seat.objects.filter(number=2).update(held_until=held.held_since)
    assert "No seat is taken or held." in admin_client.get(page).content.decode()


def test_holders_of_another_show_are_not_listed(admin_client, page, show, alice, bob):
    BookingFactory(user=bob, show=show, seat_number=1)
    BookingFactory(user=alice, seat_number=1)
    assert [row[1] for row in holder_rows(admin_client.get(page).content.decode())] == ["bob"]


def test_cancelled_booking_of_a_taken_seat_is_not_listed(admin_client, page, show, alice, bob):
    BookingFactory(user=alice, show=show, seat_number=1)
    Booking.objects.create(user=bob, show=show, seat_number=1, status=Booking.Status.CANCELLED)
    assert [row[1] for row in holder_rows(admin_client.get(page).content.decode())] == ["alice"]


def test_username_is_escaped(admin_client, page, show):
    BookingFactory(user=UserFactory(username="<b>&\"'"), show=show)
    html = admin_client.get(page).content.decode()
    assert "<b>&" not in html
    assert "&lt;b&gt;&amp;&quot;" in html


def test_names_require_the_permission_to_view_bookings(client, sam, page, booking, held):
    html = log_in(client, sam, "view_hall", "change_hall", "view_user", "view_show").get(page).content.decode()
    assert "<title>A1, taken</title>" in html
    assert "<title>A2, held</title>" in html
    for secret in ("alice", "bob", "Seat holders", f"ooking {booking.pk}"):
        assert secret not in html


def test_names_link_only_to_pages_that_the_user_may_open(client, sam, page, booking, held):
    html = log_in(client, sam, "view_hall", "view_booking").get(page).content.decode()
    assert [row[1] for row in holder_rows(html)] == ["alice (alice@example.org)", "bob"]
    assert reverse("admin:seats_booking_change", args=[booking.pk]) in html
    assert reverse("admin:auth_user_change", args=[booking.user_id]) not in html
    with_users = log_in(client, sam, "view_hall", "view_booking", "view_user").get(page).content.decode()
    assert reverse("admin:auth_user_change", args=[booking.user_id]) in with_users


def test_query_count_does_not_grow_with_the_holders(admin_client, page, show, booking, held):
    with CaptureQueriesContext(connection) as few:
        admin_client.get(page)
    for number in range(3, 8):
        BookingFactory(show=show, seat_number=number)
        holder = UserFactory()
        services.hold_seats(user_id=holder.pk, show_id=show.pk, seat_numbers=[number + 5])
    with CaptureQueriesContext(connection) as many:
        assert len(holder_rows(admin_client.get(page).content.decode())) == 12
    assert len(many) == len(few)


def test_page_has_no_inline_styles_or_scripts(admin_client, page, booking, held):
    html = admin_client.get(page).content.decode()
    content = html[html.index('<form method="post">', html.index('id="content"')) : html.index("<footer")]
    assert "style=" not in content
    assert "<script" not in content
    assert " onclick" not in content
