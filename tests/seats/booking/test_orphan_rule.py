"""The orphan rule: a choice must not leave a single available seat between two that are not available.

Halls are drawn as plans in the text form: `.` is a seat, `#` an accessible one.
"""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.exceptions import LeavesSingleSeat
from cinema.seats.models import Booking, Seat, SeatingPlan
from tests.assertions import assert_consistent, assert_problem
from tests.concurrency import run_concurrently
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.seat_state import block

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _orphan_rule(settings):
    settings.ORPHAN_RULE = True


def hold(caller, show, *numbers, **options):
    body = {"seat_numbers": list(numbers)} if numbers else options
    return caller.put(f"/shows/{show.pk}/hold/", body, format="json")


def book(caller, show, number, **kwargs):
    return caller.post(f"/shows/{show.pk}/book/", {"seat_number": number}, **kwargs)


def book_hold(caller, show):
    return caller.post(f"/shows/{show.pk}/hold/book/")


def drawn_show(plan, *taken):
    """A show in the drawn hall, with these seats sold. The service is not used, because the rule binds it."""
    plan = SeatingPlan.objects.create(screen_name="Drawn", plan=plan)
    show = ShowFactory(screen_name="Drawn", total_seats=len(plan.places()))
    for number in taken:
        Booking.objects.create(user=UserFactory(), show=show, seat_number=number)
    return show


def test_seats_that_leave_an_orphan_seat_are_rejected(as_alice, as_bob, alice, show):
    BookingFactory(user=alice, show=show, seat_number=1)
    assert_problem(hold(as_bob, show, 3), 409, "leaves_single_seat", seats=[2])
    assert_problem(book(as_bob, show, 3), 409, "leaves_single_seat", seats=[2])
    assert hold(as_bob, show, 2).status_code == 200
    assert book(as_alice, show, 3).status_code == 201
    assert Booking.objects.count() == 2
    assert_consistent()


def test_orphan_seat_is_allowed_if_no_other_choice_is_left(as_bob, alice):
    show = ShowFactory(total_seats=4)
    Seat.objects.filter(show=show).update(row="A", y=1)
    for number in (1, 2, 3, 4):
        Seat.objects.filter(show=show, number=number).update(x=number, column=number)
    BookingFactory(user=alice, show=show, seat_number=1)
    BookingFactory(user=alice, show=show, seat_number=4)
    assert hold(as_bob, show, 2).status_code == 200


def test_orphan_seat_is_allowed_if_the_rule_is_off(as_bob, alice, show, settings):
    settings.ORPHAN_RULE = False
    BookingFactory(user=alice, show=show, seat_number=1)
    assert hold(as_bob, show, 3).status_code == 200


def test_orphan_seat_is_allowed_if_the_wanted_category_has_no_other_choice(as_bob, alice):
    """Seats of another category are no choice for a user who wants this one."""
    show = ShowFactory(total_seats=12)
    Seat.objects.filter(show=show, row="A").update(category="VIP")
    Seat.objects.filter(show=show, row="A", column__gt=4).update(category="Standard")
    BookingFactory(user=alice, show=show, seat_number=1)
    BookingFactory(user=alice, show=show, seat_number=4)
    assert hold(as_bob, show, best=1, category="VIP").status_code == 200


# --- A choice is compared with choices of its kind -------------------------------------

VIP = "seat v: VIP #c9a227\n\n"


@pytest.mark.parametrize("call", [hold, book])
@pytest.mark.parametrize(
    ("plan", "taken", "number"),
    [
        ("A | #...\nB | .....", [3], 1),
        (f"{VIP}A | v...\nB | .....", [3], 1),
        ("A | ....\nB | #", [1, 4], 2),
        (f"{VIP}A | ....\nB | v", [1, 4], 2),
    ],
    ids=["only accessible seat", "only seat of a category", "only plain seats", "only standard seats"],
)
def test_seat_is_allowed_if_no_other_seat_of_its_kind_avoids_orphan_seats(as_bob, plan, taken, number, call):
    show = drawn_show(plan, *taken)
    assert call(as_bob, show, number).status_code in (200, 201)
    assert_consistent()


def test_both_accessible_seats_are_allowed_if_no_other_two_are_adjacent(as_bob):
    show = drawn_show("A | ##..\nB | #....", 4)
    assert hold(as_bob, show, 1, 2).status_code == 200


@pytest.mark.parametrize("row_b", ["#....", "v...."])
def test_seat_is_rejected_if_another_of_its_kind_leaves_no_orphan_seat(as_bob, row_b):
    show = drawn_show(f"{VIP}A | {row_b[0]}...\nB | {row_b}", 3)
    assert_problem(hold(as_bob, show, 1), 409, "leaves_single_seat", seats=[2])
    assert_problem(book(as_bob, show, 1), 409, "leaves_single_seat", seats=[2])
    assert hold(as_bob, show, 5).status_code == 200


@pytest.mark.parametrize("options", [{"accessible": True}, {"category": "VIP"}])
def test_best_seat_of_a_kind_is_held_renewed_and_booked_although_it_leaves_an_orphan_seat(as_bob, options):
    """Seat 1 is the only one of its kind, and seat 2 becomes an orphan seat."""
    show = drawn_show("seat v: VIP #c9a227 accessible\n\nA | v...\nB | .....", 3)
    assert hold(as_bob, show, best=1, **options).json()["seat_numbers"] == [1]
    assert hold(as_bob, show, best=1, **options).json()["seat_numbers"] == [1]
    assert hold(as_bob, show, 1).status_code == 200
    assert book(as_bob, show, 1).status_code == 201


def test_best_seat_is_no_accessible_one_if_all_others_leave_orphan_seats(as_bob):
    show = drawn_show("A | ....\nB | #", 1, 4)
    assert hold(as_bob, show, best=1).json()["seat_numbers"] in ([2], [3])


def test_blocked_neighbor_makes_an_orphan_seat(as_bob, show):
    block(show, 1)
    assert_problem(hold(as_bob, show, 3), 409, "leaves_single_seat", seats=[2])


def test_choice_between_blocked_seats_is_allowed_if_no_other_is_left(as_bob):
    show = drawn_show("A | ....")
    block(show, 1, 4)
    assert hold(as_bob, show, 2).status_code == 200
    assert book(as_bob, show, 3).status_code == 201


# --- A hold is judged once --------------------------------------------------------------


@pytest.fixture
def judged_hold(as_bob, show):
    """Bob holds seats 3 and 4. Since then seat 1 was blocked, so that they make seat 2 an orphan seat."""
    assert hold(as_bob, show, 3, 4).status_code == 200
    block(show, 1)
    return show


@pytest.mark.parametrize(
    "call",
    [
        lambda caller, show: hold(caller, show, 3, 4),
        lambda caller, show: hold(caller, show, 4, 3),
        lambda caller, show: book_hold(caller, show),
        lambda caller, show: book(caller, show, 3),
    ],
    ids=["renewal", "same seats in another order", "book the hold", "book a held seat"],
)
def test_hold_is_not_judged_again(as_bob, judged_hold, call):
    assert call(as_bob, judged_hold).status_code in (200, 201)
    assert_consistent()


def test_other_seats_than_those_of_the_hold_are_judged(as_bob, judged_hold):
    assert_problem(hold(as_bob, judged_hold, 3), 409, "leaves_single_seat", seats=[2])
    assert as_bob.get(f"/shows/{judged_hold.pk}/hold/").json()["seat_numbers"] == [3, 4]


@pytest.mark.parametrize("call", [hold, book])
def test_expired_hold_is_judged_again(as_bob, judged_hold, call):
    past = timezone.now() - timedelta(seconds=1)
    Seat.objects.filter(number__in=[3, 4]).update(held_since=past, held_until=past)
    assert_problem(call(as_bob, judged_hold, 3), 409, "leaves_single_seat", seats=[2])


@pytest.mark.parametrize("call", [hold, book])
def test_hold_of_another_user_does_not_exempt_a_choice(as_alice, as_bob, judged_hold, call):
    as_bob.delete(f"/shows/{judged_hold.pk}/hold/")
    assert hold(as_bob, judged_hold, 5, 6).status_code == 200
    assert_problem(call(as_alice, judged_hold, 3), 409, "leaves_single_seat", seats=[2])


# --- Holds, concurrent bookings and retries -----------------------------------------------


def test_held_seat_can_be_booked_without_the_rest_of_the_hold(as_bob, alice, show):
    BookingFactory(user=alice, show=show, seat_number=1)
    assert hold(as_bob, show, 2, 3).status_code == 200
    assert book(as_bob, show, 3).status_code == 201


def test_other_seats_that_the_buyer_holds_count_as_taken(as_bob):
    show = ShowFactory(total_seats=100)
    assert hold(as_bob, show, 4, 5).status_code == 200
    assert_problem(book(as_bob, show, 2), 409, "leaves_single_seat", seats=[3])


def test_taken_seat_is_rejected_as_taken(as_bob, alice, show):
    BookingFactory(user=alice, show=show, seat_number=1)
    BookingFactory(user=alice, show=show, seat_number=2)
    assert_problem(book(as_bob, show, 2), 409, "seat_taken")


def test_retry_with_the_same_idempotency_key_returns_the_first_response(as_alice, alice, show):
    key = {"Idempotency-Key": "k"}
    first = book(as_alice, show, 1, headers=key)
    as_alice.post(f"/bookings/{first.json()['id']}/cancel/")
    BookingFactory(user=alice, show=show, seat_number=3)
    assert book(as_alice, show, 1, headers=key).json() == first.json()


@pytest.mark.django_db(transaction=True)
def test_two_concurrent_bookings_do_not_leave_an_orphan_seat_between_them():
    """Neither booking alone would leave an orphan seat; both together would."""
    for _ in range(10):
        show = ShowFactory(total_seats=12)
        users = UserFactory.create_batch(2)
        results = run_concurrently(
            [
                partial(services.book, user_id=user.pk, show_id=show.pk, seat_number=number)
                for user, number in zip(users, (1, 3), strict=True)
            ]
        )
        assert {type(result) for result in results} == {Booking, LeavesSingleSeat}
    assert_consistent()
