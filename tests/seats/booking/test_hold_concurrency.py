"""Holds of many at once, by the real server."""

import random
from collections import Counter
from functools import partial

import pytest

from cinema.seats.booking import services
from cinema.seats.exceptions import SeatHeld
from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, Seat
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import ShowFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hold(server):
    def hold(user, show, numbers):
        return server.call("PUT", f"/shows/{show.pk}/hold/", {"seat_numbers": list(numbers)}, user=user)

    return hold


def codes(answers):
    return Counter(answer.status if answer.status < 400 else answer.code for answer in answers)


def held(show):
    """user id -> the numbers that they hold."""
    numbers = {}
    for seat in Seat.objects.filter(show=show, held_by__isnull=False):
        numbers.setdefault(seat.held_by, set()).add(seat.number)
    return numbers


def test_opposed_groups_never_deadlock_and_never_both_win(hold):
    show = ShowFactory(total_seats=10)
    groups = [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [10, 9, 8, 7, 6, 5], [5, 6, 7, 8, 9, 10]]
    people = UserFactory.create_batch(8)

    def insist(user):
        return [hold(user, show, random.choice(groups)) for _ in range(25)]

    answers = [
        answer for each in run_concurrently([partial(insist, user) for user in people]) for answer in each
    ]

    assert set(codes(answers)) <= {200, "seat_held"}
    assert codes(answers)[200] > 0
    for numbers in held(show).values():
        assert sorted(numbers) in ([1, 2, 3, 4, 5, 6], [5, 6, 7, 8, 9, 10])
    assert len(held(show)) == 1
    assert_consistent()


def test_swapping_what_two_hold_never_deadlocks(hold):
    """Each gives back what it has and wants what the other has, again and again."""
    show = ShowFactory(total_seats=4)
    alice, bob = UserFactory.create_batch(2)

    def swap(user, first):
        return [hold(user, show, ([1, 2], [3, 4])[(turn + first) % 2]) for turn in range(40)]

    answers = [
        answer for each in run_concurrently([partial(swap, alice, 0), partial(swap, bob, 1)]) for answer in each
    ]
    assert set(codes(answers)) <= {200, "seat_held"}
    assert all(numbers in ({1, 2}, {3, 4}) for numbers in held(show).values())
    assert_consistent()


def test_the_second_call_of_a_user_waits_for_the_first_and_replaces_it(alice):
    show = ShowFactory(total_seats=10)
    hold = partial(services.hold_seats, user_id=alice.pk, show_id=show.pk)
    run_while_uncommitted(partial(hold, seat_numbers=[1, 2]), partial(hold, seat_numbers=[3, 4]))
    assert held(show) == {alice.pk: {3, 4}}


def test_two_users_who_swap_seats_do_not_deadlock():
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
    assert held(show) == {alice.pk: {1, 2}, bob.pk: {3, 4}}


def test_one_users_calls_at_once_end_as_one_of_them(hold, alice):
    show = ShowFactory(total_seats=40)
    groups = [set(range(start, start + 10)) for start in range(1, 31, 10)]
    answers = run_concurrently([partial(hold, alice, show, group) for group in groups * 4])
    assert codes(answers) == {200: 12}
    assert held(show)[alice.pk] in groups
    assert_consistent()


def test_a_hold_is_booked_once(server, hold, alice):
    show = ShowFactory(total_seats=6)
    hold(alice, show, range(1, 6))
    answers = run_concurrently([partial(server.call, "POST", f"/shows/{show.pk}/hold/book/", user=alice)] * 10)
    assert codes(answers) == {201: 1, "no_hold": 9}
    assert Booking.objects.count() == 5
    assert_consistent()


def test_relaying_a_hall_against_buyers_loses_no_cancel_and_no_seat(server):
    show = ShowFactory(screen_name="Screen 9", total_seats=6)
    plans = [places(read_text(f"A | {'.' * n}")) for n in (6, 8, 7)]
    people = UserFactory.create_batch(6)

    def come_and_go(user):
        for _ in range(12):
            path = f"/shows/{show.pk}/book/"
            booked = server.call("POST", path, {"seat_number": random.randint(1, 6)}, user=user)
            if booked.status == 201:
                assert server.call("POST", f"/bookings/{booked.body['id']}/cancel/", user=user).status == 200

    def redraw():
        for turn in range(20):
            relayout(show, plans[turn % 3])

    run_concurrently([redraw, *(partial(come_and_go, user) for user in people)])
    assert not Booking.objects.live().exists()
    assert not show.seats.taken().exists()
    assert_consistent()


def test_a_storm_of_everything_ends_in_agreement(server, hold):
    show = ShowFactory(total_seats=8)
    people = UserFactory.create_batch(10)
    path = f"/shows/{show.pk}"

    def live(user):
        answers = []
        for _ in range(12):
            numbers = random.sample(range(1, 9), 3)
            answers.append(hold(user, show, numbers))
            act = random.choice(["book hold", "release", "book one", "nothing"])
            if act == "book hold":
                answers.append(server.call("POST", f"{path}/hold/book/", user=user))
                if answers[-1].status == 201:
                    ids = [booking["id"] for booking in answers[-1].body]
                    answers += [server.call("POST", f"/bookings/{pk}/cancel/", user=user) for pk in ids]
            elif act == "release":
                answers.append(server.call("DELETE", f"{path}/hold/", user=user))
            elif act == "book one":
                answers.append(server.call("POST", f"{path}/book/", {"seat_number": numbers[0]}, user=user))
        return answers

    answers = [answer for each in run_concurrently([partial(live, user) for user in people]) for answer in each]
    assert not [answer for answer in answers if answer.status >= 500]
    assert_consistent()
