"""Sales of the fast path that wait together, and share a transaction."""

import fcntl
import json
import os
import re
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cinema.seats.booking.statements import BOOK_CALL, BOOK_HELD_CALL, HOLD_CALL, Sale, sell_several
from cinema.seats.models import Booking, Seat
from cinema.server.sales_queue import sell_all
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.factories import BookingFactory, ShowFactory

pytestmark = pytest.mark.django_db(transaction=True)

ON_POSTGRESQL = connection.vendor == "postgresql"


def sale(show, seat, user):
    return Sale(show.pk, (seat,), BOOK_CALL, user.pk, None)


def test_sales_of_one_transaction_are_sold_in_their_order(show, alice, bob):
    BookingFactory(show=show, seat_number=2)
    bookings = sell_several(
        [sale(show, 1, alice), sale(show, 2, bob), sale(show, 3, bob), sale(show, 301, bob)]
    )
    assert [[(booking.seat_number, booking.user_id) for booking in sold] for sold in bookings] == [
        [(1, alice.pk)],
        [],
        [(3, bob.pk)],
        [],
    ]
    assert_consistent()


def test_holds_and_sales_share_a_transaction(show, alice, bob):
    """Each call sees what those before it have changed."""

    def hold(user, *seats):
        return Sale(show.pk, seats, HOLD_CALL, user.pk, None)

    def book_held(user):
        return Sale(show.pk, (), BOOK_HELD_CALL, user.pk, None)

    nothing, first, other, sold, refused, replaced, *booked = sell_several(
        [
            book_held(alice),
            hold(alice, 1, 2),
            hold(bob, 2, 3),
            sale(show, 4, bob),
            sale(show, 1, bob),
            hold(alice, 2, 5),
            book_held(alice),
            book_held(bob),
        ]
    )
    assert (nothing, other, refused) == ([], None, [])
    assert (first.seat_numbers, replaced.seat_numbers) == ([1, 2], [2, 5])
    assert [[(booking.seat_number, booking.user_id) for booking in of_call] for of_call in (sold, *booked)] == [
        [(4, bob.pk)],
        [(2, alice.pk), (5, alice.pk)],
        [],
    ]
    orders = {booking.seat_number: booking.order for booking in Booking.objects.live()}
    assert orders[2] == orders[5] != orders[4]
    assert not Seat.objects.filter(show=show, number=1).taken().exists()
    assert_consistent()


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has one writer at a time")
def test_users_of_holds_are_locked_before_all_seats_and_in_one_order(show, alice, bob):
    """Otherwise two calls of a user could hold too many seats, and two transactions could deadlock."""
    first, second = sorted([alice, bob], key=lambda user: user.pk)
    sales = [
        Sale(show.pk, (1,), HOLD_CALL, second.pk, None),
        Sale(show.pk, (), BOOK_HELD_CALL, first.pk, None),
        sale(show, 2, first),
    ]
    with CaptureQueriesContext(connection) as queries:
        sell_several(sales)
    lock, *others = [sql for query in queries if re.search("seats_seat|advisory", sql := query["sql"])]
    locks = [int(number) % 2**32 for number in re.search(r"\{([\d,]+)\}", lock)[1].split(",")]
    assert locks == [first.pk, second.pk]
    assert "pg_advisory_xact_lock" in lock
    assert len(others) == 3


def test_sale_that_a_constraint_refuses_leaves_nothing_of_its_transaction(show, alice):
    seats = Seat.objects.filter(show=show, number=2)
    BookingFactory(show=show, seat_number=2)
    seats.update(taken=False)
    with pytest.raises(IntegrityError):
        sell_several([sale(show, 1, alice), sale(show, 2, alice), sale(show, 3, alice)])
    assert Booking.objects.live().by(alice.pk).count() == 0
    seats.update(taken=True)
    assert_consistent()


def test_waiting_sales_are_made_by_seat_and_the_first_buyer_of_a_seat_gets_it(show, alice, bob):
    """Two processes that lock seats in the same order can't block each other."""
    buyers = [sale(show, 9, alice), sale(show, 3, bob), sale(show, 3, alice), sale(show, 6, alice)]
    answers = sell_all(buyers)
    sold = [json.loads(answer) if answer else None for answer in answers]
    assert [booking and booking["seat_number"] for booking in sold] == [9, 3, None, 6]
    by_id = Booking.objects.order_by("pk").values_list("seat_number", "user")
    assert list(by_id) == [(3, bob.pk), (6, alice.pk), (9, alice.pk)]


@contextmanager
def busy_queue(show, seat):
    """Makes the sale of this seat wait, and so all sales behind it: for a row, or for SQLite's one writer."""
    with transaction.atomic():
        Seat.objects.select_for_update().get(show=show, number=seat)
        yield


def book_concurrently(server, show, seats, user):
    """The statuses of bookings that are sent at the same time, by seat."""
    answers = {}

    def book(seat):
        answer = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": seat}, user=user)
        answers.setdefault(seat, []).append(answer.status)

    threads = [threading.Thread(target=book, args=[seat]) for seat in seats]
    for thread in threads:
        thread.start()
    return threads, answers


def test_sales_that_waited_together_are_all_answered_like_alone(server, show, alice, bob):
    """Among them a seat that is wanted twice, one that is taken, and one that a constraint refuses."""
    BookingFactory(show=show, seat_number=30, user=bob)
    BookingFactory(show=show, seat_number=31, user=bob)
    Seat.objects.filter(show=show, number=31).update(taken=False)
    with busy_queue(show, 1):
        first, first_answers = book_concurrently(server, show, [1], alice)
        time.sleep(0.03)
        others, answers = book_concurrently(server, show, [*range(2, 20), 5, 30, 31], alice)
        time.sleep(0.5)
    for thread in first + others:
        thread.join(60)
    Seat.objects.filter(show=show, number=31).update(taken=True)
    assert first_answers == {1: [201]}
    assert answers[30] == answers[31] == [409]
    assert sorted(answers.pop(5)) == [201, 409]
    assert {seat: answers[seat] for seat in range(2, 20) if seat != 5} == {
        seat: [201] for seat in range(2, 20) if seat != 5
    }
    assert Booking.objects.live().by(alice.pk).count() == 20
    assert_consistent()


@pytest.mark.skipif(ON_POSTGRESQL, reason="only SQLite has one writer at a time")
def test_sales_of_a_process_wait_for_those_of_another_one(server, show, alice):
    folder = os.open(Path(connection.settings_dict["NAME"]).parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        waiting, answers = book_concurrently(server, show, [1, 2, 3], alice)
        # The view needs no turn, so that this sale comes first.
        headers = {"Idempotency-Key": "k"}
        answer = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=alice, headers=headers)
        assert answer.status == 201
        assert not answers
    finally:
        os.close(folder)
    for thread in waiting:
        thread.join(30)
    assert answers == {1: [409], 2: [201], 3: [201]}
    assert_consistent()


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has one writer at a time")
def test_sale_that_waits_for_a_lock_does_not_hold_up_the_others(server, show, alice):
    with busy_queue(show, 1):
        first, first_answers = book_concurrently(server, show, [1], alice)
        time.sleep(0.3)
        others, answers = book_concurrently(server, show, range(2, 20), alice)
        deadline = time.monotonic() + 30
        for thread in others:
            thread.join(max(0, deadline - time.monotonic()))
        assert answers == {seat: [201] for seat in range(2, 20)}
        assert not first_answers
    first[0].join(60)
    assert first_answers == {1: [201]}
    assert_consistent()


def test_clients_that_sell_out_a_show_get_exactly_its_seats(server, show, alice, bob):
    small = ShowFactory(total_seats=40)
    attempts = [(seat, user) for seat in range(1, 41) for user in (alice, bob)]
    statuses = run_concurrently(
        [
            lambda seat=seat, user=user: (
                server.call("POST", f"/shows/{small.pk}/book/", {"seat_number": seat}, user=user).status
            )
            for seat, user in attempts
        ]
    )
    assert (statuses.count(201), statuses.count(409)) == (40, 40)
    assert_consistent()
