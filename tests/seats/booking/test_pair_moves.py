"""Sofas are moved whole, and only to other sofas."""

import pytest
from django.db import transaction
from django.utils import timezone

from cinema.seats.booking import statements
from cinema.seats.models import Booking, SeatingPlan
from tests.assertions import assert_consistent, assert_problem
from tests.factories import ShowFactory
from tests.seat_state import block, statuses_of
from tests.seats.booking.sofas import PLAN, book, hold, sell_sofa

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def show():
    SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)
    return ShowFactory(screen_name="Screen 1", total_seats=8)


def test_booking_does_not_move_from_a_sofa_to_a_chair_nor_to_half_a_sofa(as_alice, show):
    first, _ = sell_sofa(as_alice, show)
    chair = book(as_alice, show, 1).json()["id"]
    for booking, number, seats in ((first, 8, [4, 5]), (first, 5, [4, 5]), (chair, 6, [6, 7])):
        response = as_alice.post(f"/bookings/{booking}/move/", {"seat_number": number})
        assert_problem(response, 409, "sold_together", seats=seats)
    assert statuses_of(show) == "taattaaa"
    assert_consistent()


def move(caller, booking, number):
    return caller.post(f"/bookings/{booking}/move/", {"seat_number": number})


def test_sofa_is_moved_whole_to_another_sofa(as_alice, show):
    first, second = sell_sofa(as_alice, show)
    before = as_alice.get(f"/bookings/{first}/").json()

    response = move(as_alice, first, 7)

    assert response.status_code == 200
    assert response.json() == before | {"seat_number": 7, "seat_label": "B4"}
    other = as_alice.get(f"/bookings/{second}/").json()
    assert (other["seat_number"], other["seat_label"]) == (6, "B3")
    assert statuses_of(show) == "aaaaatta"
    assert move(as_alice, first, 7).json() == response.json()
    assert_consistent()


@pytest.mark.parametrize("other", ["taken", "held", "blocked"])
def test_sofa_is_not_moved_to_a_sofa_with_an_unavailable_half(as_alice, as_bob, show, other):
    first, second = sell_sofa(as_alice, show)
    if other == "blocked":
        block(show, 6)
    else:
        assert hold(as_bob, show, 6, 7).status_code == 200
    if other == "taken":
        as_bob.post(f"/shows/{show.pk}/hold/book/")
    for booking, number in ((first, 6), (second, 7)):
        assert_problem(move(as_alice, booking, number), 409, f"seat_{other}")
    assert list(Booking.objects.filter(pk__in=[first, second]).values_list("seat_number", flat=True)) == [5, 4]
    assert_consistent()


@pytest.mark.parametrize(("new", "is_pair"), [((1, 2), True), ((6, 1), True), ((6,), False)])
def test_statement_moves_sofas_to_sofas_and_chairs_to_chairs(alice, show, new, is_pair):
    """The plan of the hall may have changed since the service looked for the other half of the new seat."""
    with transaction.atomic():
        moved = statements.change_seats(show_id=show.pk, user_id=alice.pk, old=[], new=new, is_pair=is_pair)
    assert moved == {}
    assert statuses_of(show) == "aaaaaaaa"


def test_sofa_with_an_admitted_half_is_not_moved_by_its_owner(as_alice, show):
    first, second = sell_sofa(as_alice, show)
    Booking.objects.filter(pk=second).update(admitted_at=timezone.now())
    assert move(as_alice, first, 6).json()["code"] == "already_admitted"
    assert statuses_of(show) == "aaattaaa"


def test_sofa_is_not_moved_by_its_owner_if_one_half_has_another_price(as_alice, show):
    first, second = sell_sofa(as_alice, show)
    Booking.objects.filter(pk=second).update(kind="Adult", amount=900, currency="EUR")
    assert_problem(move(as_alice, first, 6), 409, "other_price")
    assert statuses_of(show) == "aaattaaa"
    assert_consistent()


def test_half_that_was_sold_alone_is_moved_alone(as_alice, alice, show):
    halves = [Booking.objects.create(user=alice, show=show, seat_number=number) for number in (4, 5)]
    assert_problem(move(as_alice, halves[0].pk, 6), 409, "sold_together", seats=[6, 7])
    assert move(as_alice, halves[0].pk, 8).status_code == 200
    assert statuses_of(show) == "aaaataat"
    assert_consistent()
