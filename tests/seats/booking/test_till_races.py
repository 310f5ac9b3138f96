"""Sales at the till at the same time as other sales, moves, blocks and a call-off of the show."""

from collections import Counter
from functools import partial

import pytest

from cinema.seats.booking import services, till
from cinema.seats.booking.move import move
from cinema.seats.exceptions import SeatBlocked, SeatHeld, SeatTaken
from cinema.seats.models import Booking
from cinema.shows.exceptions import ShowCancelled
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import BookingFactory, ShowFactory, UserFactory, permit
from tests.seat_state import block, statuses_of, unblock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clerk(sam):
    return permit(sam, "sell_seats", "view_booking")


def test_20_clerks_sell_the_same_seats_once(server):
    show = ShowFactory()
    clerks = [permit(UserFactory(staff=True), "sell_seats") for _ in range(20)]
    seats = [[1, 2, 3], [3, 2, 1], [2, 3, 4], [4, 3]]
    responses = run_concurrently(
        [
            partial(
                server.call,
                "POST",
                f"/shows/{show.pk}/sell/",
                {"seat_numbers": seats[number % 4]},
                user=clerk,
            )
            for number, clerk in enumerate(clerks)
        ]
    )
    assert Counter(response.code or response.status for response in responses) == {201: 1, "seat_taken": 19}
    assert_consistent()


def test_concurrent_retries_of_a_sale_sell_once(server, show, clerk):
    retry = partial(
        server.call,
        "POST",
        f"/shows/{show.pk}/sell/",
        {"seat_numbers": [1, 2]},
        user=clerk,
        headers={"Idempotency-Key": "k"},
    )
    responses = run_concurrently([retry] * 10)
    assert {response.status for response in responses} == {201}
    assert len({booking["id"] for response in responses for booking in response.body}) == 2
    assert Booking.objects.count() == 2
    assert_consistent()


@pytest.mark.parametrize("also_blocked", [False, True])
def test_till_and_web_never_sell_one_seat_twice(alice, clerk, show, also_blocked):
    at_till = partial(
        till.sell, clerk_id=clerk.pk, show_id=show.pk, also_blocked=also_blocked, seat_numbers=[5, 6]
    )
    web_hold = partial(services.hold_seats, user_id=alice.pk, show_id=show.pk, seat_numbers=[6])
    web_sale = partial(services.book, user_id=alice.pk, show_id=show.pk, seat_number=6)

    assert isinstance(run_while_uncommitted(web_hold, at_till)[1], SeatHeld)
    assert isinstance(run_while_uncommitted(web_sale, at_till)[1], SeatTaken)
    services.cancel(booking_id=Booking.objects.get().pk)
    assert isinstance(run_while_uncommitted(at_till, web_sale)[1], SeatTaken)
    for booking in Booking.objects.live():
        services.cancel(booking_id=booking.pk)
    assert isinstance(run_while_uncommitted(at_till, web_hold)[1], SeatTaken)
    assert statuses_of(show) == "aaaattaaaaaa"
    assert_consistent()


def test_till_and_move_never_take_one_seat_twice(alice, clerk, show):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    at_till = partial(till.sell, clerk_id=clerk.pk, show_id=show.pk, seat_numbers=[5])
    moved = partial(move, booking_id=booking.pk, user_id=alice.pk)
    assert isinstance(run_while_uncommitted(at_till, partial(moved, seat_number=5))[1], SeatTaken)
    at_till.keywords["seat_numbers"] = [6]
    assert isinstance(run_while_uncommitted(partial(moved, seat_number=6), at_till)[1], SeatTaken)
    assert_consistent()


def test_seat_that_is_being_blocked_is_not_sold_and_one_that_is_being_unblocked_is(clerk, show):
    at_till = partial(till.sell, clerk_id=clerk.pk, show_id=show.pk, seat_numbers=[5])
    assert isinstance(run_while_uncommitted(partial(block, show, 5), at_till)[1], SeatBlocked)
    (sold,) = run_while_uncommitted(partial(unblock, show, 5), at_till)[1]
    assert sold.seat_number == 5
    assert_consistent()


@pytest.mark.parametrize("also_blocked", [False, True])
def test_show_that_is_being_called_off_is_not_sold(clerk, show, also_blocked):
    at_till = partial(
        till.sell, clerk_id=clerk.pk, show_id=show.pk, also_blocked=also_blocked, seat_numbers=[5]
    )
    _, refused = run_while_uncommitted(partial(services.call_off, show_id=show.pk), at_till)
    assert isinstance(refused, ShowCancelled)
    assert statuses_of(show) == "b" * 12
    assert_consistent()


@pytest.mark.parametrize("also_blocked", [False, True])
def test_call_off_that_waits_for_a_sale_cancels_it(clerk, show, also_blocked):
    at_till = partial(
        till.sell, clerk_id=clerk.pk, show_id=show.pk, also_blocked=also_blocked, seat_numbers=[5]
    )
    _, cancelled = run_while_uncommitted(at_till, partial(services.call_off, show_id=show.pk))
    assert cancelled == 1
    assert statuses_of(show) == "b" * 12
    assert_consistent()
