"""`POST /shows/<id>/admit/`: staff scan tickets, and each ticket admits once."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from cinema.seats.booking import door, services
from cinema.seats.exceptions import AlreadyAdmitted, AlreadyCancelled
from cinema.seats.models import Booking
from cinema.seats.tickets.codes import booking_code, order_code
from tests.assertions import assert_consistent, assert_invalid, assert_problem, wire_time
from tests.concurrency import run_concurrently
from tests.conftest import Caller
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory, permit

pytestmark = pytest.mark.django_db


@pytest.fixture
def scanner(sam):
    return Caller(permit(sam, "admit_booking"))


def admit(caller, show, ticket):
    return caller.post(f"/shows/{show.pk}/admit/", {"ticket": ticket})


def book_order(caller, show, *seats):
    """Books the seats with one call. Returns the bookings as JSON."""
    caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": seats}, format="json")
    return caller.post(f"/shows/{show.pk}/hold/book/").json()


def test_ticket_admits_its_booking_once(scanner, as_alice, show):
    first, second = book_order(as_alice, show, 1, 2)

    response = admit(scanner, show, first["ticket"])

    assert response.status_code == 200
    (admitted,) = response.json()["admitted"]
    moment = admitted["admitted_at"]
    assert wire_time(Booking.objects.get(pk=first["id"]).admitted_at) == moment
    assert admitted == first | {"admitted_at": moment, "guest_name": "", "sold_by": None}
    assert_problem(admit(scanner, show, first["ticket"]), 409, "already_admitted", admitted_at=moment)
    assert admit(scanner, show, second["ticket"]).status_code == 200


def test_order_ticket_admits_those_that_are_live_and_not_admitted_yet(scanner, as_alice, show):
    bookings = book_order(as_alice, show, 1, 2, 3, 4)
    other = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 9}).json()
    order_ticket = bookings[0]["order_ticket"]
    admit(scanner, show, bookings[1]["ticket"])
    as_alice.post(f"/bookings/{bookings[2]['id']}/cancel/")

    admitted = admit(scanner, show, order_ticket).json()["admitted"]

    assert [booking["seat_number"] for booking in admitted] == [1, 4]
    moment = admitted[0]["admitted_at"]
    assert_problem(admit(scanner, show, order_ticket), 409, "already_admitted", admitted_at=moment)
    assert Booking.objects.get(pk=other["id"]).admitted_at is None


def test_cancelled_ticket_is_rejected(scanner, as_alice, show):
    (booking,) = book_order(as_alice, show, 1)
    as_alice.post(f"/bookings/{booking['id']}/cancel/")
    for name in ("ticket", "order_ticket"):
        assert_problem(admit(scanner, show, booking[name]), 409, "already_cancelled")


def test_ticket_of_another_show_is_rejected(scanner, as_alice, show):
    other = ShowFactory()
    (booking,) = book_order(as_alice, other, 1)
    for name in ("ticket", "order_ticket"):
        assert_problem(admit(scanner, show, booking[name]), 409, "wrong_show", show=other.pk)
    assert Booking.objects.get(pk=booking["id"]).admitted_at is None


@pytest.mark.parametrize("ticket", ["B1-1", "31", "1" * 200, "B1-1.x", "Ä"])
def test_forged_ticket_is_rejected(scanner, show, ticket):
    assert_problem(admit(scanner, show, ticket), 400, "invalid_ticket")


def test_ticket_of_a_booking_that_does_not_exist_is_rejected(scanner, show):
    for code in (
        booking_code(show.pk, UNUSED_ID),
        booking_code(show.pk, 10**18 - 1),
        order_code(show.pk, "AAAA-AAAA"),
    ):
        assert_problem(admit(scanner, show, code), 400, "invalid_ticket")


@pytest.mark.parametrize(
    "body", [{}, {"ticket": ""}, {"ticket": None}, {"ticket": "x" * 201}, {"ticket": "\0"}]
)
def test_body_without_a_ticket_is_rejected(scanner, show, body):
    assert_invalid(scanner.post(f"/shows/{show.pk}/admit/", body), "ticket")


def test_unknown_show_is_not_found(scanner, show):
    assert_problem(scanner.post(f"/shows/{UNUSED_ID}/admit/", {"ticket": "x"}), 404, "not_found")


def test_only_staff_with_the_permission_admit(as_alice, as_staff, anyone, bob, show):
    (booking,) = book_order(as_alice, show, 1)
    assert_problem(admit(anyone, show, booking["ticket"]), 401, "not_authenticated")
    for caller in (as_alice, as_staff, Caller(permit(bob, "admit_booking"))):
        assert_problem(admit(caller, show, booking["ticket"]), 403, "permission_denied")
    assert Booking.objects.get(pk=booking["id"]).admitted_at is None


def test_ticket_is_admitted_after_the_start(scanner, as_alice, show):
    (booking,) = book_order(as_alice, show, 1)
    type(show).objects.update(date_time=timezone.now() - timedelta(seconds=1))
    assert admit(scanner, show, booking["ticket"]).status_code == 200


def test_owner_cannot_cancel_an_admitted_booking_but_staff_can(scanner, as_alice, show):
    (booking,) = book_order(as_alice, show, 1)
    moment = admit(scanner, show, booking["ticket"]).json()["admitted"][0]["admitted_at"]

    refused = as_alice.post(f"/bookings/{booking['id']}/cancel/")
    assert_problem(refused, 409, "already_admitted", admitted_at=moment)
    assert Booking.objects.get(pk=booking["id"]).is_live

    services.cancel(booking_id=booking["id"])
    assert Booking.objects.get(pk=booking["id"]).admitted_at is None
    assert_problem(admit(scanner, show, booking["ticket"]), 409, "already_cancelled")
    assert_consistent()


def test_booking_of_a_deleted_user_stays_if_it_is_admitted(scanner, as_alice, alice, show):
    admitted, other = book_order(as_alice, show, 1, 2)
    admit(scanner, show, admitted["ticket"])
    get_user_model().objects.get(pk=alice.pk).delete()
    assert Booking.objects.get(pk=admitted["id"]).is_live
    assert not Booking.objects.get(pk=other["id"]).is_live
    assert_consistent()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_order", [False, True])
def test_one_of_50_scanners_admits_and_49_are_told_when(server, sam, alice, show, is_order):
    permit(sam, "admit_booking")
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=range(1, 9))
    bookings = services.book_hold(user_id=alice.pk, show_id=show.pk)
    code = order_code(show.pk, bookings[0].order) if is_order else booking_code(show.pk, bookings[0].pk)
    scan = partial(server.call, "POST", f"/shows/{show.pk}/admit/", {"ticket": code}, user=sam)

    responses = run_concurrently([scan] * 50)

    assert Counter(response.code or response.status for response in responses) == {
        200: 1,
        "already_admitted": 49,
    }
    (first,) = [response for response in responses if response.status == 200]
    assert len(first.body["admitted"]) == (8 if is_order else 1)
    moments = {response.body["admitted_at"] for response in responses if response.code}
    assert moments == {first.body["admitted"][0]["admitted_at"]}


@pytest.mark.django_db(transaction=True)
def test_ticket_is_either_admitted_or_cancelled_by_its_owner(alice, show):
    outcomes = Counter()
    for _ in range(20):
        booking = BookingFactory(user=alice, show=show, seat_number=1)
        code = booking_code(show.pk, booking.pk)
        actions = [
            partial(door.admit, show_id=show.pk, code=code),
            partial(services.cancel, booking_id=booking.pk, user_id=alice.pk),
        ]
        admitted, cancelled = run_concurrently(actions)
        booking.refresh_from_db()
        if booking.is_live:
            assert booking.admitted_at
            assert isinstance(cancelled, AlreadyAdmitted)
            services.cancel(booking_id=booking.pk)
        else:
            assert booking.admitted_at is None
            assert isinstance(admitted, AlreadyCancelled)
        outcomes[booking.status] += 1
    assert_consistent()
