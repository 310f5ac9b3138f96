"""Holding the best adjacent seats."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.booking.best_seats import hold_best
from cinema.seats.models import Seat
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import BookingFactory, ShowFactory, UserFactory

pytestmark = pytest.mark.django_db


def put_hold(caller, show, **body):
    return caller.put(f"/shows/{show.pk}/hold/", body, format="json")


def hold_best_seats(caller, show, size, **options):
    return put_hold(caller, show, best=size, **options)


def hold_seats(caller, show, *numbers):
    return put_hold(caller, show, seat_numbers=list(numbers))


def test_inactive_user_is_rejected_for_a_started_show_too(as_alice, alice, show):
    type(show).objects.update(date_time=timezone.now() - timedelta(seconds=1))
    assert_problem(hold_best_seats(as_alice, show, 1), 409, "show_started")
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    assert_problem(hold_best_seats(as_alice, show, 1), 401, "token_not_valid")


def test_best_seats_are_adjacent_and_held(as_alice, show):
    response = hold_best_seats(as_alice, show, 3)
    assert response.status_code == 200
    seats = show.seats.filter(number__in=response.json()["seat_numbers"])
    assert len({seat.row for seat in seats}) == 1
    assert [seat.column for seat in seats] in ([1, 2, 3], [2, 3, 4])
    assert as_alice.get(f"/shows/{show.pk}/hold/").json() == response.json()
    assert_consistent()


def test_best_seats_replace_the_earlier_hold(as_alice, show):
    hold_seats(as_alice, show, 1, 12)
    assert len(hold_best_seats(as_alice, show, 2).json()["seat_numbers"]) == 2
    assert Seat.objects.filter(show=show, held_by__isnull=False).count() == 2


def test_seats_held_by_the_user_count_as_available_to_that_user(as_alice, as_bob):
    show = ShowFactory(total_seats=3)
    assert hold_seats(as_alice, show, 1).status_code == 200
    size = max(Counter(show.seats.values_list("row", flat=True)).values())
    assert hold_best_seats(as_alice, show, size).status_code == 200
    assert_problem(hold_best_seats(as_bob, show, size), 409, "no_adjacent_seats", largest=1)


def test_no_adjacent_seats_names_the_size_of_the_largest_block(as_alice, alice, show):
    assert_problem(hold_best_seats(as_alice, show, 5), 409, "no_adjacent_seats", largest=4)
    for number in (2, 6, 10):
        BookingFactory(user=alice, show=show, seat_number=number)
    assert_problem(hold_best_seats(as_alice, show, 3), 409, "no_adjacent_seats", largest=2)
    assert_problem(hold_best_seats(as_alice, show, 1, category="Balcony"), 409, "no_adjacent_seats", largest=0)


def test_best_seats_are_of_the_wanted_category_and_accessibility(as_alice, show):
    Seat.objects.filter(show=show, number=9).update(accessible=True)
    Seat.objects.filter(show=show, row="C").update(category="Box")

    def held_numbers(**options):
        return set(hold_best_seats(as_alice, show, 2, **options).json()["seat_numbers"])

    assert held_numbers(category="Box") <= {9, 10, 11, 12}
    assert 9 in held_numbers(accessible=True)
    assert 9 not in held_numbers(category="Box", accessible=False)


@pytest.mark.parametrize("size", [0, 11, "x", 2.0, None])
def test_invalid_number_of_best_seats_is_rejected(as_alice, show, size):
    assert_invalid(put_hold(as_alice, show, best=size), "best")


@pytest.mark.parametrize("body", [{}, {"best": 1, "seat_numbers": [1]}])
def test_hold_needs_either_seat_numbers_or_best(as_alice, show, body):
    assert_invalid(put_hold(as_alice, show, **body), "seat_numbers")


def test_best_seats_of_a_started_or_unknown_show_are_rejected(as_alice):
    show = ShowFactory(begun=True)
    assert_problem(hold_best_seats(as_alice, show, 1), 409, "show_started")
    show.pk = 999_999
    assert_problem(hold_best_seats(as_alice, show, 1), 404, "not_found")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("orphan_rule", ["off", "on"])
def test_64_concurrent_users_get_separate_blocks_until_no_block_is_left(server_with, orphan_rule):
    show = ShowFactory(total_seats=200)
    users = UserFactory.create_batch(64)
    request = "PUT", f"/shows/{show.pk}/hold/", {"best": 3}
    server = server_with(ORPHAN_RULE=orphan_rule)
    responses = run_concurrently([partial(server.call, *request, user=user) for user in users])
    codes = Counter(response.code or response.status for response in responses)
    assert set(codes) <= {200, "no_adjacent_seats"}, codes
    holds = [response.body["seat_numbers"] for response in responses if not response.code]
    numbers = [number for hold in holds for number in hold]
    assert len(numbers) == len(set(numbers)) == 3 * codes[200]
    if codes["no_adjacent_seats"]:
        assert server.call(*request, user=UserFactory()).code == "no_adjacent_seats"
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_user_holds_only_the_new_block_although_an_old_seat_was_locked(alice):
    """Another transaction keeps one of the user's old seats locked for a moment. The seat is still released."""
    show = ShowFactory(total_seats=30)
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    lock_old_seat = partial(list, Seat.objects.filter(show=show, number=1).select_for_update())
    hold_block = partial(hold_best, user_id=alice.pk, show_id=show.pk, size=3)
    _, hold = run_while_uncommitted(lock_old_seat, hold_block)
    seats = Seat.objects.filter(show=show).held_by(alice.pk).order_by("number")
    assert list(seats.values_list("number", flat=True)) == hold.seat_numbers
    assert len(hold.seat_numbers) == 3


@pytest.mark.django_db(transaction=True)
def test_concurrent_users_fill_a_hall_to_the_last_pair(server):
    show = ShowFactory(total_seats=60)
    users = UserFactory.create_batch(50)
    path = f"/shows/{show.pk}/hold/"
    responses = run_concurrently([partial(server.call, "PUT", path, {"best": 2}, user=user) for user in users])
    assert {response.code or response.status for response in responses} == {200, "no_adjacent_seats"}
    assert {response.body["largest"] for response in responses if response.status == 409} <= {0, 1}
    assert_consistent()
