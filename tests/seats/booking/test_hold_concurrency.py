"""Concurrent holds, in threads with own connections and through the real server."""

import random
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest
from django.db import connection

from cinema.seats.booking import services
from cinema.seats.exceptions import SeatHeld, SeatTaken
from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, Seat
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.seat_state import block, unblock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hold(server):
    def hold(user, show, numbers):
        return server.call("PUT", f"/shows/{show.pk}/hold/", {"seat_numbers": list(numbers)}, user=user)

    return hold


def codes(responses):
    """How many responses have each error code, or each status if they have none."""
    return Counter(response.code or response.status for response in responses)


def flatten(lists):
    return [item for items in lists for item in items]


def numbers_by_holder(show):
    """The numbers of the held seats by the user's id."""
    numbers = {}
    for seat in Seat.objects.filter(show=show, held_by__isnull=False):
        numbers.setdefault(seat.held_by, set()).add(seat.number)
    return numbers


def test_overlapping_groups_in_opposite_orders_do_not_deadlock_and_one_user_wins(hold):
    show = ShowFactory(total_seats=10)
    groups = [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [10, 9, 8, 7, 6, 5], [5, 6, 7, 8, 9, 10]]
    users = UserFactory.create_batch(8)

    def hold_random_groups(user):
        return [hold(user, show, random.choice(groups)) for _ in range(25)]

    counts = codes(flatten(run_concurrently([partial(hold_random_groups, user) for user in users])))

    assert set(counts) <= {200, "seat_held"}
    assert counts[200] > 0
    (numbers,) = numbers_by_holder(show).values()
    assert sorted(numbers) in ([1, 2, 3, 4, 5, 6], [5, 6, 7, 8, 9, 10])
    assert_consistent()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_40_users_who_hold_overlapping_pairs_while_others_book_single_seats_do_not_deadlock():
    """Half of the users move their hold up the row, the others down it.

    A deadlock would be an `OperationalError`, which `run_concurrently` raises.
    """
    show = ShowFactory(total_seats=10)
    ascending = [[number, number + 1] for number in range(1, 10)]
    descending = [[number + 1, number] for number in range(9, 0, -1)]
    holders, buyers = UserFactory.create_batch(40), UserFactory.create_batch(10)

    def hold_pairs(user, pairs):
        holds = 0
        for pair in pairs:
            with suppress(SeatHeld, SeatTaken):
                services.hold_seats(user_id=user.pk, show_id=show.pk, seat_numbers=pair)
                holds += 1
        services.release_hold(user_id=user.pk, show_id=show.pk)
        with suppress(SeatHeld, SeatTaken):
            services.hold_seats(user_id=user.pk, show_id=show.pk, seat_numbers=pairs[0])
        return holds

    def book_and_cancel(user):
        # On a busy machine all seats may be held for long. At the end, those in the middle are available.
        bookings = attempts = 0
        while attempts < 20 or bookings == 0:
            attempts += 1
            with suppress(SeatHeld, SeatTaken):
                number = random.randint(1, 10)
                booking = services.book(user_id=user.pk, show_id=show.pk, seat_number=number)
                bookings += 1
                services.cancel(booking_id=booking.pk, user_id=user.pk)
        return bookings

    results = run_concurrently(
        [
            *(partial(hold_pairs, user, ascending) for user in holders[::2]),
            *(partial(hold_pairs, user, descending) for user in holders[1::2]),
            *(partial(book_and_cancel, user) for user in buyers),
        ]
    )

    assert sum(results[:40]) > 0
    assert all(results[40:])
    for numbers in numbers_by_holder(show).values():
        assert sorted(numbers) in ascending
    assert not show.seats.taken().exists()
    assert not Booking.objects.live().exists()
    assert_consistent()


def test_users_who_swap_their_holds_again_and_again_do_not_deadlock(hold):
    """Each call releases the user's own pair of seats and asks for the other user's pair."""
    show = ShowFactory(total_seats=4)
    alice, bob = UserFactory.create_batch(2)

    def swap(user, first):
        return [hold(user, show, ([1, 2], [3, 4])[(turn + first) % 2]) for turn in range(40)]

    responses = flatten(run_concurrently([partial(swap, alice, 0), partial(swap, bob, 1)]))
    assert set(codes(responses)) <= {200, "seat_held"}
    assert all(numbers in ({1, 2}, {3, 4}) for numbers in numbers_by_holder(show).values())
    assert_consistent()


def test_second_call_of_a_user_waits_for_the_first_and_replaces_its_hold(alice):
    show = ShowFactory(total_seats=10)
    hold = partial(services.hold_seats, user_id=alice.pk, show_id=show.pk)
    run_while_uncommitted(partial(hold, seat_numbers=[1, 2]), partial(hold, seat_numbers=[3, 4]))
    assert numbers_by_holder(show) == {alice.pk: {3, 4}}


def test_hold_that_waits_for_a_cancel_gets_the_seat(show, alice, bob):
    """The hold's statement begins while the seat is still taken. PostgreSQL must not check a constraint on a
    row with the values of that time."""
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    cancel = partial(services.cancel, booking_id=booking.pk)
    hold = partial(services.hold_seats, user_id=bob.pk, show_id=show.pk, seat_numbers=[1, 2])
    run_while_uncommitted(cancel, hold)
    assert numbers_by_holder(show) == {bob.pk: {1, 2}}
    assert_consistent()


def test_hold_that_waits_for_an_unblock_gets_the_seat(show, bob):
    block(show, 1)
    hold = partial(services.hold_seats, user_id=bob.pk, show_id=show.pk, seat_numbers=[1, 2])
    run_while_uncommitted(partial(unblock, show, 1), hold)
    assert numbers_by_holder(show) == {bob.pk: {1, 2}}
    assert_consistent()


def test_two_swaps_under_way_at_the_same_time_do_not_deadlock():
    """A third transaction keeps seat 2 locked, so that both swaps are under way at the same time."""
    show = ShowFactory(total_seats=4)
    alice, bob = UserFactory.create_batch(2)
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    services.hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[3, 4])
    swaps = [
        partial(services.hold_seats, user_id=alice.pk, show_id=show.pk, seat_numbers=[3, 4]),
        partial(services.hold_seats, user_id=bob.pk, show_id=show.pk, seat_numbers=[1, 2]),
    ]
    lock_seat = partial(list, Seat.objects.filter(show=show, number=2).select_for_update())
    _, results = run_while_uncommitted(lock_seat, partial(run_concurrently, swaps))
    assert {type(result) for result in results} == {SeatHeld}
    assert numbers_by_holder(show) == {alice.pk: {1, 2}, bob.pk: {3, 4}}


def test_concurrent_calls_of_one_user_end_with_the_seats_of_one_of_them(hold, alice):
    show = ShowFactory(total_seats=40)
    groups = [set(range(start, start + 10)) for start in range(1, 31, 10)]
    responses = run_concurrently([partial(hold, alice, show, group) for group in groups * 4])
    assert codes(responses) == {200: 12}
    assert numbers_by_holder(show)[alice.pk] in groups
    assert_consistent()


def test_hold_is_booked_once_by_ten_concurrent_calls(server, hold, alice):
    show = ShowFactory(total_seats=6)
    hold(alice, show, range(1, 6))
    responses = run_concurrently(
        [partial(server.call, "POST", f"/shows/{show.pk}/hold/book/", user=alice)] * 10
    )
    assert codes(responses) == {201: 1, "no_hold": 9}
    assert Booking.objects.count() == 5
    assert_consistent()


def test_relayout_during_bookings_and_cancels_loses_no_cancel_and_no_seat(server):
    show = ShowFactory(screen_name="Screen 9", total_seats=6)
    plans = [places(read_text(f"A | {'.' * n}")) for n in (6, 8, 7)]
    users = UserFactory.create_batch(6)

    def book_and_cancel(user):
        for _ in range(12):
            body = {"seat_number": random.randint(1, 6)}
            booked = server.call("POST", f"/shows/{show.pk}/book/", body, user=user)
            if booked.status == 201:
                assert server.call("POST", f"/bookings/{booked.body['id']}/cancel/", user=user).status == 200

    def relayout_repeatedly():
        for turn in range(20):
            relayout(show, plans[turn % 3])

    run_concurrently([relayout_repeatedly, *(partial(book_and_cancel, user) for user in users)])
    assert not Booking.objects.live().exists()
    assert not show.seats.taken().exists()
    assert_consistent()


def test_seats_and_bookings_agree_after_concurrent_calls_of_every_kind(server, hold):
    show = ShowFactory(total_seats=8)
    users = UserFactory.create_batch(10)
    path = f"/shows/{show.pk}"

    def call_at_random(user):
        responses = []
        for _ in range(12):
            numbers = random.sample(range(1, 9), 3)
            responses.append(hold(user, show, numbers))
            action = random.choice(["book hold", "release", "book one", "nothing"])
            if action == "book hold":
                booked = server.call("POST", f"{path}/hold/book/", user=user)
                responses.append(booked)
                if booked.status == 201:
                    ids = [booking["id"] for booking in booked.body]
                    responses += [server.call("POST", f"/bookings/{pk}/cancel/", user=user) for pk in ids]
            elif action == "release":
                responses.append(server.call("DELETE", f"{path}/hold/", user=user))
            elif action == "book one":
                responses.append(server.call("POST", f"{path}/book/", {"seat_number": numbers[0]}, user=user))
        return responses

    responses = flatten(run_concurrently([partial(call_at_random, user) for user in users]))
    assert not [response for response in responses if response.status >= 500]
    assert_consistent()
