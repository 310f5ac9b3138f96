"""Sofas: pairs of seats that are held, sold and cancelled whole."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat, SeatingPlan
from tests.assertions import assert_consistent, assert_problem
from tests.factories import ShowFactory
from tests.seat_state import block, statuses_of, unblock
from tests.seats.booking.sofas import PLAN, book, cancel, hold, sell_sofa

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def show():
    SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)
    return ShowFactory(screen_name="Screen 1", total_seats=8)


def test_seat_map_names_the_other_half_of_each_sofa(anyone, show):
    seats = anyone.get(f"/shows/{show.pk}/seats/").json()["seats"]
    assert [seat["pair"] for seat in seats] == [None, None, None, 5, 4, 7, 6, None]


@pytest.mark.parametrize("call", [book, hold])
def test_half_a_sofa_is_refused_and_both_halves_are_named(as_alice, show, call):
    assert_problem(call(as_alice, show, 5), 409, "sold_together", seats=[4, 5])
    assert statuses_of(show) == "aaaaaaaa"


def test_hold_that_names_half_a_sofa_changes_nothing(as_alice, show):
    assert hold(as_alice, show, 1, 2).status_code == 200
    assert_problem(hold(as_alice, show, 1, 3, 4, 5, 6), 409, "sold_together", seats=[6, 7])
    assert statuses_of(show) == "hhaaaaaa"


def test_sofa_is_held_booked_and_cancelled_whole(as_alice, show):
    first, second = sell_sofa(as_alice, show, 4, 5, 1)[1:]
    assert statuses_of(show) == "taattaaa"
    response = cancel(as_alice, second)
    assert response.status_code == 200
    assert (response.json()["id"], response.json()["status"]) == (second, "cancelled")
    assert response.json()["seat_number"] == 5
    assert statuses_of(show) == "taaaaaaa"
    assert_problem(cancel(as_alice, first), 409, "already_cancelled")
    assert sell_sofa(as_alice, show)
    assert_consistent()


@pytest.mark.parametrize("other", ["taken", "held", "blocked"])
def test_sofa_with_an_unavailable_half_is_not_available(as_alice, as_bob, show, other):
    if other == "blocked":
        block(show, 4)
    else:
        assert hold(as_bob, show, 4, 5).status_code == 200
    if other == "taken":
        as_bob.post(f"/shows/{show.pk}/hold/book/")
    code, seats = f"seat_{other}", [4] if other == "blocked" else [4, 5]
    body = assert_problem(hold(as_alice, show, 4, 5), 409, code, seats=seats)
    # An alternative can be booked alone, so no half of the other sofa is one.
    assert set(body["alternatives"]) == {1, 2, 3, 8}


def test_sofa_with_a_blocked_half_is_in_no_best_block_until_it_is_unblocked(as_alice, show):
    block(show, 4)
    block(show, 7)
    assert_problem(hold(as_alice, show, best=2, category="Sofa"), 409, "no_adjacent_seats", largest=0)
    unblock(show, 4)
    assert hold(as_alice, show, best=2, category="Sofa").json()["seat_numbers"] == [4, 5]


def test_best_seats_have_whole_sofas_only(as_alice, show):
    assert hold(as_alice, show, best=3).json()["seat_numbers"] in ([1, 2, 3], [6, 7, 8])
    assert hold(as_alice, show, best=2, category="Sofa").json()["seat_numbers"] in ([4, 5], [6, 7])
    assert_problem(hold(as_alice, show, best=1, category="Sofa"), 409, "no_adjacent_seats", largest=4)
    assert hold(as_alice, show, best=5).json()["seat_numbers"] == [4, 5, 6, 7, 8]


def test_orphan_rule_compares_sofas_with_sofas(as_alice, settings, show):
    settings.ORPHAN_RULE = True
    block(show, 1)
    # Seats 2 and 3 would leave no orphan seat, but they are no sofa.
    assert hold(as_alice, show, 4, 5).status_code == 200
    Seat.objects.filter(show=show, number=8).update(blocked=True)
    assert hold(as_alice, show, 6, 7).status_code == 200


def test_half_a_sofa_that_nobody_can_get_is_no_orphan_seat(as_alice, settings):
    settings.ORPHAN_RULE = True
    SeatingPlan.objects.create(screen_name="Row", plan="seat s: Sofa pair\n\nA | ss..")
    show = ShowFactory(screen_name="Row", total_seats=4)
    block(show, 1)
    assert hold(as_alice, show, 3).status_code == 200


def test_staff_cancel_both_halves_by_naming_one(as_alice, show):
    first, second = sell_sofa(as_alice, show)
    booking = services.cancel(booking_id=first)
    assert (booking.pk, booking.other_half.pk) == (first, second)
    assert statuses_of(show) == "aaaaaaaa"
    assert_consistent()


def test_staff_cancel_ticked_halves_in_the_admin_without_a_warning(admin_client, as_alice, show):
    halves = sell_sofa(as_alice, show)
    page = f"/admin/seats/hall/{show.pk}/change/"
    response = admin_client.post(page, {"act": "cancel_listed", "bookings": halves}, follow=True)
    texts = [str(message) for message in response.context["messages"]]
    assert texts == ["Cancelled 2 bookings."]


def test_half_that_was_sold_by_another_call_stays_when_the_other_one_is_cancelled(as_alice, alice, show):
    """Staff can split a sofa at the till."""
    halves = [Booking.objects.create(user=alice, show=show, seat_number=number) for number in (4, 5)]
    assert cancel(as_alice, halves[0].pk).status_code == 200
    assert statuses_of(show) == "aaaataaa"
    assert cancel(as_alice, halves[1].pk).status_code == 200
    assert_consistent()


def test_halves_that_two_users_have_are_cancelled_alone(as_alice, alice, bob, show):
    """Servers of an older version sold seats without an order."""
    first, second = [
        Booking.objects.create(user=user, show=show, seat_number=number, order=None)
        for user, number in ((alice, 4), (bob, 5))
    ]
    assert cancel(as_alice, first.pk).status_code == 200
    second.refresh_from_db()
    assert second.is_live
    assert statuses_of(show) == "aaaataaa"
    assert_consistent()


def test_sofa_with_an_admitted_half_is_not_cancelled_by_its_owner(as_alice, show):
    first, second = sell_sofa(as_alice, show)
    Booking.objects.filter(pk=second).update(admitted_at=timezone.now())
    response = cancel(as_alice, first)
    assert (response.status_code, response.json()["code"]) == (409, "already_admitted")
    assert statuses_of(show) == "aaattaaa"


def test_sofa_with_an_admitted_half_stays_whole_when_the_account_is_deleted(as_alice, alice, show):
    sell_sofa(as_alice, show)
    _, second = sell_sofa(as_alice, show, 6, 7)
    Booking.objects.filter(pk=second).update(admitted_at=timezone.now())
    alice.delete()
    assert statuses_of(show) == "aaaaatta"
    assert_consistent()


def test_half_of_another_call_is_cancelled_with_the_account_although_its_other_half_is_admitted(
    as_alice, alice, show
):
    first, second = sell_sofa(as_alice, show)
    Booking.objects.filter(pk=first).update(order=None)
    Booking.objects.filter(pk=second).update(admitted_at=timezone.now())
    alice.delete()
    assert statuses_of(show) == "aaaataaa"


def test_sofa_of_a_started_show_or_of_another_user_is_not_cancelled(as_alice, as_bob, show):
    first, _ = sell_sofa(as_alice, show)
    assert_problem(cancel(as_bob, first), 404, "not_found")
    type(show).objects.update(date_time=timezone.now() - timedelta(seconds=1))
    assert_problem(cancel(as_alice, first), 409, "show_started")
    assert statuses_of(show) == "aaattaaa"


def test_seat_is_not_a_pair_with_itself(show):
    for values in ({"pair": 4}, {"pair": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Seat.objects.filter(show=show, number=4).update(**values)
