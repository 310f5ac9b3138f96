"""Sofas stay whole while users hold, book, move and cancel them at the same time."""

from collections import Counter
from contextlib import suppress
from functools import partial

import pytest
from django.db import connection

from cinema.seats.booking import services
from cinema.seats.booking.move import move as move_booking
from cinema.seats.exceptions import AlreadyCancelled, SeatHeld, SeatTaken
from cinema.seats.models import Booking, Seat, SeatingPlan
from tests.assertions import assert_consistent
from tests.concurrency import rival_after_first_statement, run_concurrently, run_while_uncommitted
from tests.factories import ShowFactory, UserFactory
from tests.seat_state import statuses_of
from tests.seats.booking.sofas import PLAN, sell_sofa

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def show():
    SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)
    return ShowFactory(screen_name="Screen 1", total_seats=8)


def test_cancel_goes_on_alone_if_the_other_half_was_cancelled_alone_meanwhile(as_alice, alice, show):
    first, second = sell_sofa(as_alice, show)

    def cancel_second_half():
        Booking.objects.filter(pk=second).update(status="cancelled")
        Seat.objects.filter(show=show, number=5).update(taken=False)

    with rival_after_first_statement(cancel_second_half):
        booking = services.cancel(booking_id=first, user_id=alice.pk)
    assert booking.other_half is None
    assert statuses_of(show) == "aaaaaaaa"


def test_two_sofas_that_move_to_one_sofa_neither_deadlock_nor_split(server, alice, bob):
    SeatingPlan.objects.create(screen_name="Screen 2", plan="seat s: Sofa #b5651d pair\n\nA | ssssss\n")
    show = ShowFactory(screen_name="Screen 2", total_seats=6)
    actions = []
    for user, seats in ((alice, [1, 2]), (bob, [5, 6])):
        services.hold_seats(user_id=user.pk, show_id=show.pk, seat_numbers=seats)
        for half, number in zip(services.book_hold(user_id=user.pk, show_id=show.pk), (4, 3), strict=True):
            path = f"/bookings/{half.pk}/move/"
            actions += [partial(server.call, "POST", path, {"seat_number": number}, user=user)] * 4
    responses = run_concurrently(actions)
    assert Counter(response.code or response.status for response in responses) == {200: 8, "seat_taken": 8}
    assert statuses_of(show) in ("aatttt", "ttttaa")
    assert_consistent()


def test_cancel_that_waits_for_a_move_frees_the_new_sofa(alice, show):
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[4, 5])
    first, _ = services.book_hold(user_id=alice.pk, show_id=show.pk)
    moved = partial(move_booking, booking_id=first.pk, seat_number=6, user_id=alice.pk)
    cancelled = run_while_uncommitted(moved, partial(services.cancel, booking_id=first.pk))[1]
    assert (cancelled.seat_number, cancelled.other_half.seat_number) == (6, 7)
    assert statuses_of(show) == "aaaaaaaa"
    assert_consistent()


def test_30_concurrent_users_book_sofas_whole_or_not_at_all(server, show):
    """Some hold the sofa and book it, the others want one of its halves."""
    users = UserFactory.create_batch(30)
    path = f"/shows/{show.pk}"

    def hold_and_book(user):
        held = server.call("PUT", f"{path}/hold/", {"seat_numbers": [5, 4]}, user=user)
        return server.call("POST", f"{path}/hold/book/", user=user) if held.status == 200 else held

    actions = []
    for index, user in enumerate(users):
        if index % 3 == 0:
            actions.append(partial(hold_and_book, user))
        elif index % 3 == 1:
            actions.append(partial(server.call, "POST", f"{path}/book/", {"seat_number": 4}, user=user))
        else:
            actions.append(partial(server.call, "PUT", f"{path}/hold/", {"seat_numbers": [5]}, user=user))
    responses = run_concurrently(actions)
    counts = Counter(response.code or response.status for response in responses)
    assert set(counts) <= {201, "seat_held", "seat_taken", "sold_together"}, counts
    assert counts[201] == 1
    assert statuses_of(show) == "aaattaaa"
    assert len(set(Booking.objects.values_list("user", "order"))) == 1
    assert_consistent()


def test_20_concurrent_cancels_of_both_halves_cancel_the_sofa_once(alice, show):
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[4, 5])
    halves = services.book_hold(user_id=alice.pk, show_id=show.pk)
    results = run_concurrently(
        [partial(services.cancel, booking_id=half.pk, user_id=alice.pk) for half in halves for _ in range(10)]
    )
    cancelled = [result for result in results if isinstance(result, Booking)]
    assert len(cancelled) == 1
    assert cancelled[0].other_half
    assert {result.default_code for result in results if not isinstance(result, Booking)} == {
        "already_cancelled"
    }
    assert statuses_of(show) == "aaaaaaaa"
    assert_consistent()


def test_hold_that_waits_for_a_cancel_of_the_sofa_gets_both_halves(alice, bob, show):
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[4, 5])
    first, _ = services.book_hold(user_id=alice.pk, show_id=show.pk)
    _, hold = run_while_uncommitted(
        partial(services.cancel, booking_id=first.pk, user_id=alice.pk),
        partial(services.hold_seats, user_id=bob.pk, show_id=show.pk, seat_numbers=[4, 5]),
    )
    assert hold.seat_numbers == [4, 5]
    assert_consistent()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_holds_and_cancels_of_sofas_in_any_order_do_not_deadlock(show):
    """A deadlock would be an `OperationalError`, which `run_concurrently` raises."""
    sold_sofas = []

    def buy_and_cancel(user, numbers):
        for _ in range(10):
            with suppress(SeatHeld, SeatTaken):
                services.hold_seats(user_id=user.pk, show_id=show.pk, seat_numbers=numbers)
                bookings = services.book_hold(user_id=user.pk, show_id=show.pk)
                sold_sofas.append(numbers)
                for booking in (bookings[-1], bookings[0]):
                    with suppress(AlreadyCancelled):
                        services.cancel(booking_id=booking.pk, user_id=user.pk)

    choices = ([4, 5], [7, 6], [7, 6, 5, 4]) * 6
    run_concurrently([partial(buy_and_cancel, UserFactory(), numbers) for numbers in choices])
    assert sold_sofas
    assert statuses_of(show) == "aaaaaaaa"
    assert_consistent()
