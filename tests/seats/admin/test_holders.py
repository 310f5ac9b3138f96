"""Who sits where, on the drawn hall and in words: for staff who may see bookings, and for nobody else."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cinema.seats.booking import services
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
    """Seat 2, by Bob."""
    services.hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[2])
    return Seat.objects.get(show=show, number=2)


def people(html):
    """The rows of the table, as the texts of their cells."""
    table = html[html.index("Who sits where") :].partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    return [
        [re.sub("<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows
    ]


def utc(moment, seconds=""):
    return f"{moment:%Y-%m-%d %H:%M{seconds}}"


def test_the_drawing_says_who(admin_client, page, booking, held):
    html = admin_client.get(page).content.decode()
    who = f"A1, taken: alice (alice@example.org), booking {booking.pk}"
    assert f"<title>{who}</title>" in html
    assert f'aria-label="{who}"' in html
    until = utc(held.held_until, ":%S")
    assert f"<title>A2, held: bob, until {until} UTC</title>" in html
    assert f'value="{held.number}"' not in html


def test_a_table_says_the_same_in_words(admin_client, page, booking, held):
    html = admin_client.get(page).content.decode()
    assert people(html) == [
        ["A1", "alice (alice@example.org)", f"Booking {booking.pk}", utc(booking.created_at), "taken"],
        ["A2", "bob", "–", utc(held.held_since), f"held until {utc(held.held_until, ':%S')} UTC"],
    ]
    for model, pk in (
        ("seats_booking", booking.pk),
        ("auth_user", booking.user_id),
        ("auth_user", held.held_by),
    ):
        assert f'<a href="{reverse(f"admin:{model}_change", args=[pk])}">' in html


def test_an_empty_hall_has_nobody(admin_client, page):
    assert "Nobody yet." in admin_client.get(page).content.decode()


def test_who_had_a_seat_before_is_not_there(admin_client, page, booking, held):
    Booking.objects.cancel()
    Seat.objects.mark_available()
    Seat.objects.filter(number=2).update(held_until=held.held_since)
    assert "Nobody yet." in admin_client.get(page).content.decode()


def test_people_of_another_show_are_not_there(admin_client, page, show, alice, bob):
    BookingFactory(user=bob, show=show, seat_number=1)
    BookingFactory(user=alice, seat_number=1)
    assert [row[1] for row in people(admin_client.get(page).content.decode())] == ["bob"]


def test_a_cancelled_booking_is_nobodys_seat(admin_client, page, show, alice, bob):
    BookingFactory(user=alice, show=show, seat_number=1)
    Booking.objects.create(user=bob, show=show, seat_number=1, status=Booking.Status.CANCELLED)
    assert [row[1] for row in people(admin_client.get(page).content.decode())] == ["alice"]


def test_a_hold_of_a_deleted_user_names_the_id(admin_client, page, held, bob):
    gone = bob.pk
    bob.delete()
    html = admin_client.get(page).content.decode()
    assert people(html)[0][1] == f"user {gone}, deleted"
    assert "deleted</a>" not in html


def test_a_name_is_text(admin_client, page, show):
    BookingFactory(user=UserFactory(username="<b>&\"'"), show=show)
    html = admin_client.get(page).content.decode()
    assert "<b>&" not in html
    assert "&lt;b&gt;&amp;&quot;" in html


def test_without_the_permission_there_are_no_names(client, sam, page, booking, held):
    html = log_in(client, sam, "view_hall", "change_hall", "view_user", "view_show").get(page).content.decode()
    assert "<title>A1, taken</title>" in html
    assert "<title>A2, held</title>" in html
    for secret in ("alice", "bob", "Who sits where", f"ooking {booking.pk}"):
        assert secret not in html


def test_with_it_there_are_names_and_only_links_that_open(client, sam, page, booking, held):
    html = log_in(client, sam, "view_hall", "view_booking").get(page).content.decode()
    assert [row[1] for row in people(html)] == ["alice (alice@example.org)", "bob"]
    assert reverse("admin:seats_booking_change", args=[booking.pk]) in html
    assert reverse("admin:auth_user_change", args=[booking.user_id]) not in html
    user_seen = log_in(client, sam, "view_hall", "view_booking", "view_user").get(page).content.decode()
    assert reverse("admin:auth_user_change", args=[booking.user_id]) in user_seen


def test_the_page_costs_the_same_however_full_the_hall(admin_client, page, show, booking, held):
    with CaptureQueriesContext(
        connection,
    ) as few:
        admin_client.get(page)
    for number in range(3, 8):
        BookingFactory(show=show, seat_number=number)
        holder = UserFactory()
        services.hold_seats(user_id=holder.pk, show_id=show.pk, seat_numbers=[number + 5])
    with CaptureQueriesContext(connection) as many:
        assert len(people(admin_client.get(page).content.decode())) == 12
    assert len(many) == len(few)


def test_nothing_on_the_page_needs_a_weaker_csp(admin_client, page, booking, held):
    html = admin_client.get(page).content.decode()
    ours = html[html.index('<form method="post">', html.index('id="content"')) : html.index("<footer")]
    assert "style=" not in ours
    assert "<script" not in ours
    assert " onclick" not in ours
