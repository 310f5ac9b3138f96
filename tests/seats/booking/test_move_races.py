"""Moves of bookings at the same time as other moves, cancels, sales and admissions."""

import random
from collections import Counter
from functools import partial

import pytest

from cinema.seats.booking import door, services
from cinema.seats.booking.move import move
from cinema.seats.exceptions import AlreadyAdmitted, AlreadyCancelled, SeatHeld, SeatTaken
from cinema.seats.models import Booking
from cinema.seats.tickets.codes import booking_code
from tests.assertions import assert_consistent, assert_not_moved
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import BookingFactory, ShowFactory
from tests.seat_state import statuses_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booking(alice, show):
    """Alice's booking of seat 5."""
    return BookingFactory(user=alice, show=show, seat_number=5)


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


@pytest.mark.parametrize("target", [2, 9])
def test_cancel_that_waits_for_a_move_frees_the_new_seat(alice, booking, show, moves, target):
    cancel = partial(services.cancel, booking_id=booking.pk, user_id=alice.pk)
    moved, cancelled = run_while_uncommitted(moves(target), cancel)
    assert moved.seat_number == cancelled.seat_number == target
    assert moved.seat_label == cancelled.seat_label
    assert statuses_of(show) == "a" * 12
    assert_consistent()


def test_move_that_waits_for_a_cancel_changes_nothing(booking, show, moves):
    _, moved = run_while_uncommitted(partial(services.cancel, booking_id=booking.pk), moves(7))
    assert isinstance(moved, AlreadyCancelled)
    assert statuses_of(show) == "a" * 12
    assert_consistent()


def test_owner_does_not_move_a_booking_that_is_being_admitted(booking, show, moves):
    admit = partial(door.admit, show_id=show.pk, code=booking_code(show.pk, booking.pk))
    _, moved = run_while_uncommitted(admit, moves(7))
    assert isinstance(moved, AlreadyAdmitted)
    assert_not_moved(booking)


def test_booking_that_is_being_moved_is_admitted_to_its_new_seat(booking, show, moves):
    admit = partial(door.admit, show_id=show.pk, code=booking_code(show.pk, booking.pk))
    _, (admitted,) = run_while_uncommitted(moves(7), admit)
    assert admitted.seat_number == 7
    assert admitted.admitted_at
    assert_consistent()


@pytest.mark.parametrize("target", [2, 9])
def test_move_that_waits_for_a_sale_or_hold_of_the_new_seat_is_rejected(bob, booking, show, moves, target):
    sale = partial(services.book, user_id=bob.pk, show_id=show.pk, seat_number=target)
    hold = partial(services.hold_seats, user_id=bob.pk, show_id=show.pk, seat_numbers=[target])
    for rival, refusal in ((hold, SeatHeld), (sale, SeatTaken)):
        assert isinstance(run_while_uncommitted(rival, moves(target))[1], refusal)
        assert_not_moved(booking)


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


def test_move_that_waits_for_a_cancel_of_the_new_seat_gets_it(bob, booking, show, moves):
    other = BookingFactory(user=bob, show=show, seat_number=7)
    _, moved = run_while_uncommitted(partial(services.cancel, booking_id=other.pk), moves(7))
    assert moved.seat_number == 7
    assert statuses_of(show) == "aaaaaataaaaa"
    assert_consistent()
