"""`POST /bookings/<id>/move/`: the booking gets another seat, and keeps its id, order and ticket."""

import random
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from cinema.seats.booking import door, services
from cinema.seats.booking.move import move
from cinema.seats.exceptions import AlreadyAdmitted, AlreadyCancelled, SeatHeld, SeatTaken
from cinema.seats.models import Booking, SeatingPlan
from cinema.seats.tickets.codes import booking_code
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.conftest import Caller
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory, UserFactory, add_price_list, permit
from tests.seat_state import block, statuses_of, version_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    """Alice's booking of seat 5."""
    return BookingFactory(user=alice, show=show, seat_number=5)


@pytest.fixture
def usher(sam):
    return Caller(permit(sam, "change_booking"))


def post_move(caller, booking, seat_number):
    return caller.post(f"/bookings/{booking.pk}/move/", {"seat_number": seat_number})


def hold(caller, show, *numbers):
    return caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": numbers}, format="json")


def assert_not_moved(booking):
    assert Booking.objects.get(pk=booking.pk).seat_number == booking.seat_number
    assert booking.show.seats.get(number=booking.seat_number).taken
    assert_consistent()


# --- moves ----------------------------------------------------------------------------


def test_move_takes_the_new_seat_and_frees_the_old_one(as_alice, booking, show):
    before = as_alice.get(f"/bookings/{booking.pk}/").json()
    version = version_of(show)

    response = post_move(as_alice, booking, 7)

    assert response.status_code == 200
    label = show.seats.get(number=7).label
    assert response.json() == before | {"seat_number": 7, "seat_label": label}
    assert response.json() == as_alice.get(f"/bookings/{booking.pk}/").json()
    assert statuses_of(show) == "aaaaaataaaaa"
    assert version_of(show) == version + 4
    assert_consistent()


def test_repeated_move_changes_nothing(as_alice, booking, show):
    first = post_move(as_alice, booking, 7)
    version = version_of(show)
    assert post_move(as_alice, booking, 7).json() == first.json()
    assert version_of(show) == version


def test_move_to_a_seat_of_an_own_hold_ends_the_hold_of_that_seat(as_alice, booking, show):
    hold(as_alice, show, 7, 8)
    assert post_move(as_alice, booking, 7).status_code == 200
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [8]
    assert_consistent()


def test_retry_of_the_booking_gets_the_first_answer_after_a_move(as_alice, show):
    book = partial(
        as_alice.post, f"/shows/{show.pk}/book/", {"seat_number": 5}, headers={"Idempotency-Key": "k"}
    )
    first = book().json()
    as_alice.post(f"/bookings/{first['id']}/move/", {"seat_number": 7})
    as_alice.post(f"/bookings/{first['id']}/move/", {"seat_number": 8})
    assert book().json() == first


def test_staff_with_the_permission_move_bookings_of_others(usher, booking, show):
    assert post_move(usher, booking, 7).status_code == 200
    assert statuses_of(show) == "aaaaaataaaaa"
    assert_consistent()


def test_staff_move_an_admitted_booking_and_its_owner_does_not(usher, as_alice, booking, show):
    door.admit(show_id=show.pk, code=booking_code(show.pk, booking.pk))
    moment = as_alice.get(f"/bookings/{booking.pk}/").json()["admitted_at"]

    assert_problem(post_move(as_alice, booking, 7), 409, "already_admitted", admitted_at=moment)
    assert_not_moved(booking)
    assert post_move(usher, booking, 7).json()["admitted_at"] == moment


# --- refusals ---------------------------------------------------------------------------


def test_move_to_an_unavailable_seat_is_rejected(as_alice, as_bob, bob, booking, show):
    BookingFactory(user=bob, show=show, seat_number=1)
    hold(as_bob, show, 2)
    block(show, 3)
    for seat, code in ((1, "seat_taken"), (2, "seat_held"), (3, "seat_blocked")):
        assert_problem(post_move(as_alice, booking, seat), 409, code)
    assert_not_moved(booking)
    assert statuses_of(show) == "thbataaaaaaa"


def test_move_to_the_seat_of_another_own_booking_is_rejected(as_alice, alice, booking, show):
    other = BookingFactory(user=alice, show=show, seat_number=6)
    assert_problem(post_move(as_alice, booking, 6), 409, "already_yours", booking=other.pk)
    assert_not_moved(booking)


@pytest.mark.parametrize("seat", [0, -1, 13, 2**31, 10**30])
def test_move_to_a_seat_that_does_not_exist_is_rejected(as_alice, booking, seat):
    assert_problem(post_move(as_alice, booking, seat), 400, "seat_not_found")
    assert_not_moved(booking)


@pytest.mark.parametrize("body", [{}, {"seat_number": None}, {"seat_number": "7.0"}, {"seat_number": [7]}])
def test_body_without_a_seat_number_is_rejected(as_alice, booking, body):
    assert_invalid(as_alice.post(f"/bookings/{booking.pk}/move/", body), "seat_number")


def test_cancelled_booking_is_not_moved(as_alice, booking, show):
    services.cancel(booking_id=booking.pk)
    for seat in (5, 7):
        assert_problem(post_move(as_alice, booking, seat), 409, "already_cancelled")
    assert statuses_of(show) == "a" * 12


def test_booking_of_another_user_is_not_found(as_bob, as_staff, booking):
    """Also for staff without the permission, and for users with the permission who are no staff."""
    for caller in (as_bob, as_staff, Caller(permit(UserFactory(), "change_booking"))):
        existing = post_move(caller, booking, 7)
        missing = caller.post(f"/bookings/{UNUSED_ID}/move/", {"seat_number": 7})
        assert_problem(existing, 404, "not_found")
        assert existing.json() | {"request_id": ""} == missing.json() | {"request_id": ""}
    assert_not_moved(booking)


def test_booking_of_a_started_show_is_not_moved(as_alice, usher, booking, show):
    type(show).objects.update(date_time=timezone.now() - timedelta(seconds=1))
    for caller in (as_alice, usher):
        assert_problem(post_move(caller, booking, 7), 409, "show_started")
    assert_not_moved(booking)


def test_before_the_sale_begins_only_staff_move_bookings(as_alice, usher, booking, show):
    type(show).objects.update(on_sale_from=show.date_time)
    assert_problem(post_move(as_alice, booking, 7), 409, "not_on_sale")
    assert post_move(usher, booking, 7).status_code == 200


def test_owner_moves_only_to_seats_of_the_same_price_and_staff_to_any(as_alice, usher, booking, show):
    show.seats.filter(number__gt=6).update(category="Box")
    show.price_list = add_price_list([("", "Adult", 1250), ("", "Child", 900), ("Box", "Child", 1100)])
    show.save()
    Booking.objects.update(kind="Child", amount=900, currency="EUR")

    assert_problem(post_move(as_alice, booking, 7), 409, "other_price")
    assert_not_moved(booking)
    assert post_move(as_alice, booking, 6).status_code == 200
    moved = post_move(usher, booking, 7).json()
    assert (moved["kind"], moved["amount"], moved["currency"]) == ("Child", 900, "EUR")
    # The amount that was paid counts, not the price of the seat that the booking leaves.
    assert_problem(post_move(as_alice, booking, 8), 409, "other_price")
    assert post_move(as_alice, booking, 5).status_code == 200
    assert_consistent()


def test_booking_without_a_price_is_moved_only_where_seats_have_none(as_alice, booking, show):
    show.price_list = add_price_list([("", "Adult", 0)])
    show.save()
    assert_problem(post_move(as_alice, booking, 7), 409, "other_price")
    assert_not_moved(booking)


def test_owner_leaves_no_orphan_seat_and_staff_may(as_alice, usher, alice, settings):
    settings.ORPHAN_RULE = True
    SeatingPlan.objects.create(screen_name="Drawn", plan="A | .......\nB | .......")
    show = ShowFactory(screen_name="Drawn", total_seats=14)
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    BookingFactory(show=show, seat_number=8)

    assert_problem(post_move(as_alice, booking, 10), 409, "leaves_single_seat", seats=[9])
    assert_not_moved(booking)
    # The seat that the booking leaves is available, so seat 2 leaves no seat between unavailable ones.
    assert post_move(as_alice, booking, 9).status_code == 200
    assert post_move(usher, booking, 10).status_code == 200
    assert_consistent()


# --- races --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_of_50_movers_gets_the_seat_and_49_keep_theirs(server):
    show = ShowFactory(total_seats=51)
    bookings = [BookingFactory(show=show, seat_number=number) for number in range(1, 51)]

    responses = run_concurrently(
        [
            partial(
                server.call, "POST", f"/bookings/{booking.pk}/move/", {"seat_number": 51}, user=booking.user
            )
            for booking in bookings
        ]
    )

    assert Counter(response.code or response.status for response in responses) == {200: 1, "seat_taken": 49}
    for booking, response in zip(bookings, responses, strict=True):
        expected = 51 if response.status == 200 else booking.seat_number
        assert Booking.objects.get(pk=booking.pk).seat_number == expected
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_concurrent_swaps_of_neighbors_neither_deadlock_nor_lose_a_booking():
    """Twelve bookings move at random among 13 seats: each waits for seats that others want to leave."""
    show = ShowFactory(total_seats=13)
    bookings = [BookingFactory(show=show, seat_number=number) for number in range(1, 13)]

    def move_often(booking):
        moved = 0
        for _ in range(20):
            try:
                move(booking_id=booking.pk, seat_number=random.randint(1, 13), user_id=booking.user_id)
                moved += 1
            except SeatTaken:
                pass
        return moved

    assert sum(run_concurrently([partial(move_often, booking) for booking in bookings])) > 0
    assert Booking.objects.live().values("seat_number").distinct().count() == 12
    assert show.seats.taken().count() == 12
    assert_consistent()


@pytest.fixture
def moves(alice, booking):
    """Moves Alice's booking from seat 5 to the seat of this number."""
    return lambda number: partial(move, booking_id=booking.pk, seat_number=number, user_id=alice.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("target", [2, 9])
def test_cancel_that_waits_for_a_move_frees_the_new_seat(alice, booking, show, moves, target):
    cancel = partial(services.cancel, booking_id=booking.pk, user_id=alice.pk)
    moved, cancelled = run_while_uncommitted(moves(target), cancel)
    assert moved.seat_number == cancelled.seat_number == target
    assert moved.seat_label == cancelled.seat_label
    assert statuses_of(show) == "a" * 12
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_move_that_waits_for_a_cancel_changes_nothing(booking, show, moves):
    _, moved = run_while_uncommitted(partial(services.cancel, booking_id=booking.pk), moves(7))
    assert isinstance(moved, AlreadyCancelled)
    assert statuses_of(show) == "a" * 12
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_owner_does_not_move_a_booking_that_is_being_admitted(booking, show, moves):
    admit = partial(door.admit, show_id=show.pk, code=booking_code(show.pk, booking.pk))
    _, moved = run_while_uncommitted(admit, moves(7))
    assert isinstance(moved, AlreadyAdmitted)
    assert_not_moved(booking)


@pytest.mark.django_db(transaction=True)
def test_booking_that_is_being_moved_is_admitted_to_its_new_seat(booking, show, moves):
    admit = partial(door.admit, show_id=show.pk, code=booking_code(show.pk, booking.pk))
    _, (admitted,) = run_while_uncommitted(moves(7), admit)
    assert admitted.seat_number == 7
    assert admitted.admitted_at
    assert_consistent()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("target", [2, 9])
def test_move_that_waits_for_a_sale_or_hold_of_the_new_seat_is_rejected(bob, booking, show, moves, target):
    sale = partial(services.book, user_id=bob.pk, show_id=show.pk, seat_number=target)
    hold = partial(services.hold_seats, user_id=bob.pk, show_id=show.pk, seat_numbers=[target])
    for rival, refusal in ((hold, SeatHeld), (sale, SeatTaken)):
        assert isinstance(run_while_uncommitted(rival, moves(target))[1], refusal)
        assert_not_moved(booking)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("target", [2, 9])
def test_sale_that_waits_for_a_move_is_rejected_and_hold_of_the_old_seat_is_granted(
    bob, booking, show, moves, target
):
    sale = partial(services.book, user_id=bob.pk, show_id=show.pk)
    _, refused = run_while_uncommitted(moves(target), partial(sale, seat_number=target))
    assert isinstance(refused, SeatTaken)
    hold = partial(services.hold_seats, user_id=bob.pk, show_id=show.pk, seat_numbers=[target])
    assert run_while_uncommitted(moves(5), hold)[1].seat_numbers == [target]
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_move_that_waits_for_a_cancel_of_the_new_seat_gets_it(bob, booking, show, moves):
    other = BookingFactory(user=bob, show=show, seat_number=7)
    _, moved = run_while_uncommitted(partial(services.cancel, booking_id=other.pk), moves(7))
    assert moved.seat_number == 7
    assert statuses_of(show) == "aaaaaataaaaa"
    assert_consistent()
