"""Tickets: codes in bookings, `GET /bookings/<id>/ticket.svg` and `GET /bookings/<id>/ticket.ics`."""

import re

import pytest
import segno
from icalendar import Calendar

from cinema.seats.tickets.codes import Ticket, booking_code, order_code, read_code
from tests.assertions import assert_invalid, assert_problem
from tests.conftest import Caller
from tests.factories import BookingFactory, MovieFactory, ShowFactory, permit

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=5)


def test_live_booking_has_a_ticket_and_a_cancelled_one_has_none(as_alice, show):
    booked = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 5}).json()
    assert read_code(booked["ticket"]) == Ticket(show.pk, booked["id"], None)
    assert read_code(booked["order_ticket"]) == Ticket(show.pk, None, booked["order"])
    assert booked["admitted_at"] is None
    (listed,) = as_alice.get("/my-bookings/").json()["results"]
    assert listed == booked

    cancelled = as_alice.post(f"/bookings/{booked['id']}/cancel/").json()
    assert (cancelled["ticket"], cancelled["order_ticket"]) == (None, None)


def test_qr_code_contains_the_ticket(as_alice, booking):
    body = as_alice.get(f"/bookings/{booking.pk}/").json()
    for query, name in (("", "ticket"), ("?order=false", "ticket"), ("?order=true", "order_ticket")):
        response = as_alice.get(f"/bookings/{booking.pk}/ticket.svg{query}")
        assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
        drawn = re.search(r' d="([^"]+)"', response.content.decode())[1]
        assert drawn in segno.make_qr(body[name]).svg_inline()


def test_calendar_file_has_the_show_of_the_booking(as_alice, alice, settings):
    settings.CINEMA_NAME = "Rex; Kino, Wien"
    show = ShowFactory(movie=MovieFactory(title="Über uns,\nallein; jetzt", duration_minutes=90))
    booking = BookingFactory(user=alice, show=show, seat_number=5)

    response = as_alice.get(f"/bookings/{booking.pk}/ticket.ics")

    assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert response["Content-Disposition"] == f'attachment; filename="booking-{booking.pk}.ics"'
    (event,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert event["summary"] == "Über uns,\nallein; jetzt"
    assert event["location"] == f"Rex; Kino, Wien, {show.screen_name}"
    assert event["uid"] == f"booking-{booking.pk}@testserver"
    assert event["dtstart"].dt == show.date_time.replace(microsecond=0)
    assert (event["dtend"].dt - event["dtstart"].dt).total_seconds() == 90 * 60
    assert show.seats.get(number=5).label in event["description"]
    assert max(map(len, response.content.split(b"\r\n"))) <= 75


@pytest.mark.parametrize("file", ["ticket.svg", "ticket.ics"])
def test_ticket_belongs_to_the_owner_and_to_staff_with_the_permission(
    as_alice, as_bob, anyone, as_staff, sam, booking, file
):
    path = f"/bookings/{booking.pk}/{file}"
    assert_problem(anyone.get(path), 401, "not_authenticated")
    assert_problem(as_bob.get(path), 404, "not_found")
    assert_problem(as_staff.get(path), 404, "not_found")
    assert Caller(permit(sam, "view_booking")).get(path).status_code == 200
    assert as_alice.get(path + "/").status_code == 200
    assert as_alice.get(path, headers={"Accept": "image/png"}).status_code == 200
    as_alice.post(f"/bookings/{booking.pk}/cancel/")
    assert_problem(as_alice.get(path), 409, "already_cancelled")


def test_order_that_is_no_boolean_is_rejected(as_alice, booking):
    assert_invalid(as_alice.get(f"/bookings/{booking.pk}/ticket.svg?order=perhaps"), "order")


def test_code_outlives_a_new_secret_key_that_keeps_the_old_one_as_fallback(settings):
    old = settings.SECRET_KEY
    codes = booking_code(7, 31), order_code(7, "7K3M-Q9XT")
    settings.SECRET_KEY = "new" * 20
    assert [read_code(code) for code in codes] == [None, None]
    settings.SECRET_KEY_FALLBACKS = [old]
    assert [read_code(code) for code in codes] == [Ticket(7, 31, None), Ticket(7, None, "7K3M-Q9XT")]
    assert booking_code(7, 31) != codes[0]


def test_code_with_another_content_or_signature_is_invalid():
    code = booking_code(7, 31)
    content, signature = code.split(".")
    assert read_code(f" {code}\r\n") == Ticket(7, 31, None)
    for forged in (
        *("", ".", content, signature, f"{content}.", f".{signature}", f"B7-32.{signature}", code[:-1]),
        *(f"B8-31.{signature}", f"O7-31.{signature}", code.lower(), code + "A", f"{code}.{signature}", "\0"),
    ):
        assert read_code(forged) is None, forged
