"""Bookings of one call share an order, a code that people can read aloud and type."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cinema.seats.booking import services
from cinema.seats.models import Booking
from cinema.seats.orders import ALPHABET, new_order
from tests.assertions import assert_invalid
from tests.factories import BookingFactory

pytestmark = pytest.mark.django_db

FORM = re.compile(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")


def book_held(caller, show, *numbers, **kwargs):
    caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": numbers}, format="json")
    return caller.post(f"/shows/{show.pk}/hold/book/", **kwargs).json()


def book(caller, show, number, **kwargs):
    return caller.post(f"/shows/{show.pk}/book/", {"seat_number": number}, **kwargs).json()


def test_alphabet_has_no_characters_that_look_alike():
    for alike in ("0O", "1IL", "2Z", "5S", "8B", "UV"):
        assert len(set(alike) & set(ALPHABET)) <= 1
    assert not set("01OIL") & set(ALPHABET)


def test_codes_use_the_whole_alphabet_and_do_not_repeat():
    codes = {new_order() for _ in range(2000)}
    assert len(codes) == 2000
    assert all(FORM.fullmatch(code) for code in codes)
    assert set("".join(codes)) == {*ALPHABET, "-"}


def test_bookings_of_one_call_share_an_order_and_other_calls_have_their_own(as_alice, show):
    held = [booking["order"] for booking in book_held(as_alice, show, 1, 2, 3)]
    single = book(as_alice, show, 4)["order"]
    assert FORM.fullmatch(held[0])
    assert held == [held[0]] * 3
    assert FORM.fullmatch(single)
    assert single != held[0]
    assert set(Booking.objects.values_list("order", flat=True)) == {held[0], single}


def test_retry_and_cancel_answer_with_the_first_order(as_alice, show):
    key = {"Idempotency-Key": "k"}
    first = book(as_alice, show, 1, headers=key)
    assert book(as_alice, show, 1, headers=key)["order"] == first["order"]
    assert as_alice.post(f"/bookings/{first['id']}/cancel/").json()["order"] == first["order"]
    key = {"Idempotency-Key": "held"}
    held = book_held(as_alice, show, 2, 3, headers=key)
    assert as_alice.post(f"/shows/{show.pk}/hold/book/", headers=key).json() == held


def test_order_is_found_in_any_letter_case_with_or_without_its_dash(as_alice, as_bob, show):
    order = book_held(as_alice, show, 1, 2)[0]["order"]
    book(as_alice, show, 3)
    for typed in (order, order.lower(), order.replace("-", ""), f" {order.lower().replace('-', '')} "):
        results = as_alice.get("/my-bookings/", {"order": typed}).json()["results"]
        assert [booking["seat_number"] for booking in results] == [2, 1]
        assert as_bob.get("/my-bookings/", {"order": typed}).json()["count"] == 0
    assert as_alice.get("/my-bookings/", {"order": order, "status": "cancelled"}).json()["count"] == 0


@pytest.mark.parametrize(
    "typed",
    [
        "7K3M",
        "7K3M-Q9X0",
        "7K3-MQ9XT",
        "7K3M--Q9XT",
        "7K3M-Q9XT-",
        "７K3M-Q9XT",
        "7K3M-Q9XT\n7",
        "\u212a" * 8,
    ],
)
def test_order_that_no_booking_can_have_is_invalid(as_alice, typed):
    assert_invalid(as_alice.get("/my-bookings/", {"order": typed}), "order")


def test_order_without_bookings_is_an_empty_list(as_alice):
    assert as_alice.get("/my-bookings/?order=7K3M-Q9XT").json()["count"] == 0


def test_booking_saved_by_the_orm_gets_an_order_and_keeps_it(alice, show):
    booking = Booking.objects.create(user=alice, show=show, seat_number=1)
    assert FORM.fullmatch(booking.order)
    Booking.objects.get().save()
    assert Booking.objects.get().order == booking.order


@pytest.mark.parametrize("order", ["", "7K3MQ9XT", "7k3m-q9xt", "7K3M-Q9X0", "7K3M-Q9X", "x7K3M-Q9X"])
def test_database_rejects_an_order_of_another_form(alice, show, order):
    BookingFactory(user=alice, show=show)
    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.update(order=order)


def test_booking_of_an_earlier_version_has_no_order(as_alice, alice, show):
    booking = BookingFactory(user=alice, show=show)
    Booking.objects.update(order=None)
    assert as_alice.get(f"/bookings/{booking.pk}/").json()["order"] is None
    assert as_alice.post(f"/bookings/{booking.pk}/cancel/").json()["order"] is None


def test_admin_finds_an_order_in_any_letter_case_with_or_without_its_dash(admin_client, alice, bob, show):
    wanted = services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
    BookingFactory(user=bob, show=show, seat_number=2)
    for typed in (wanted.order, wanted.order.lower(), wanted.order.replace("-", ""), f"{wanted.order} alice"):
        page = admin_client.get(reverse("admin:seats_booking_changelist"), {"q": typed})
        assert [booking.pk for booking in page.context["cl"].result_list] == [wanted.pk]


def test_admin_finds_a_user_whose_name_reads_like_an_order(admin_client, alice, show):
    alice.username = "rachaeda"
    alice.save()
    booking = BookingFactory(user=alice, show=show)
    page = admin_client.get(reverse("admin:seats_booking_changelist"), {"q": "rachaeda"})
    assert [found.pk for found in page.context["cl"].result_list] == [booking.pk]
