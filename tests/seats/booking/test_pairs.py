"""Sofas: pairs of seats that are held, sold and cancelled whole."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.booking.move import move as move_booking
from cinema.seats.exceptions import AlreadyCancelled, SeatHeld, SeatTaken
from cinema.seats.models import Booking, Seat, SeatingPlan
from tests.assertions import assert_consistent, assert_problem
from tests.concurrency import rival_after_first_statement, run_concurrently, run_while_uncommitted
from tests.factories import ShowFactory, UserFactory
from tests.seat_state import block, statuses_of, unblock

pytestmark = pytest.mark.django_db(transaction=True)

# Seats 4 and 5, and 6 and 7, are sofas.
PLAN = """seat s: Sofa #b5651d pair

A | ...
B | ssss.
"""


@pytest.fixture
def show():
    SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)
    return ShowFactory(screen_name="Screen 1", total_seats=8)


def hold(caller, show, *numbers, **options):
    body = {"seat_numbers": list(numbers)} if numbers else options
    return caller.put(f"/shows/{show.pk}/hold/", body, format="json")


def book(caller, show, number):
    return caller.post(f"/shows/{show.pk}/book/", {"seat_number": number})


def sell_sofa(caller, show, *numbers):
    """Books the sofa, and returns the ids of the bookings."""
    assert hold(caller, show, *(numbers or (4, 5))).status_code == 200
    return [booking["id"] for booking in caller.post(f"/shows/{show.pk}/hold/book/").json()]


def cancel(caller, booking_id):
    return caller.post(f"/bookings/{booking_id}/cancel/")


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


def test_sofa_of_a_started_show_or_of_another_user_is_not_cancelled(as_alice, as_bob, show):
    first, _ = sell_sofa(as_alice, show)
    assert_problem(cancel(as_bob, first), 404, "not_found")
    type(show).objects.update(date_time=timezone.now() - timedelta(seconds=1))
    assert_problem(cancel(as_alice, first), 409, "show_started")
    assert statuses_of(show) == "aaattaaa"


def test_cancel_goes_on_alone_if_the_other_half_was_cancelled_alone_meanwhile(as_alice, alice, show):
    first, second = sell_sofa(as_alice, show)

    def cancel_second_half():
        Booking.objects.filter(pk=second).update(status="cancelled")
        Seat.objects.filter(show=show, number=5).update(taken=False)

    with rival_after_first_statement(cancel_second_half):
        booking = services.cancel(booking_id=first, user_id=alice.pk)
    assert booking.other_half is None
    assert statuses_of(show) == "aaaaaaaa"


def test_booking_does_not_move_from_a_sofa_to_a_chair_nor_to_half_a_sofa(as_alice, show):
    first, _ = sell_sofa(as_alice, show)
    chair = book(as_alice, show, 1).json()["id"]
    for booking, number, seats in ((first, 8, [4, 5]), (first, 5, [4, 5]), (chair, 6, [6, 7])):
        response = as_alice.post(f"/bookings/{booking}/move/", {"seat_number": number})
        assert_problem(response, 409, "sold_together", seats=seats)
    assert statuses_of(show) == "taattaaa"
    assert_consistent()


def move(caller, booking, number):
    return caller.post(f"/bookings/{booking}/move/", {"seat_number": number})


def test_sofa_is_moved_whole_to_another_sofa(as_alice, show):
    first, second = sell_sofa(as_alice, show)
    before = as_alice.get(f"/bookings/{first}/").json()

    response = move(as_alice, first, 7)

    assert response.status_code == 200
    assert response.json() == before | {"seat_number": 7, "seat_label": "B4"}
    other = as_alice.get(f"/bookings/{second}/").json()
    assert (other["seat_number"], other["seat_label"]) == (6, "B3")
    assert statuses_of(show) == "aaaaatta"
    assert move(as_alice, first, 7).json() == response.json()
    assert_consistent()


@pytest.mark.parametrize("other", ["taken", "held", "blocked"])
def test_sofa_is_not_moved_to_a_sofa_with_an_unavailable_half(as_alice, as_bob, show, other):
    first, second = sell_sofa(as_alice, show)
    if other == "blocked":
        block(show, 6)
    else:
        assert hold(as_bob, show, 6, 7).status_code == 200
    if other == "taken":
        as_bob.post(f"/shows/{show.pk}/hold/book/")
    for booking, number in ((first, 6), (second, 7)):
        assert_problem(move(as_alice, booking, number), 409, f"seat_{other}")
    assert list(Booking.objects.filter(pk__in=[first, second]).values_list("seat_number", flat=True)) == [5, 4]
    assert_consistent()


def test_sofa_with_an_admitted_half_is_not_moved_by_its_owner(as_alice, show):
    first, second = sell_sofa(as_alice, show)
    Booking.objects.filter(pk=second).update(admitted_at=timezone.now())
    assert move(as_alice, first, 6).json()["code"] == "already_admitted"
    assert statuses_of(show) == "aaattaaa"


def test_sofa_is_not_moved_by_its_owner_if_one_half_has_another_price(as_alice, show):
    first, second = sell_sofa(as_alice, show)
    Booking.objects.filter(pk=second).update(kind="Adult", amount=900, currency="EUR")
    assert_problem(move(as_alice, first, 6), 409, "other_price")
    assert statuses_of(show) == "aaattaaa"
    assert_consistent()


def test_half_that_was_sold_alone_is_moved_alone(as_alice, alice, show):
    halves = [Booking.objects.create(user=alice, show=show, seat_number=number) for number in (4, 5)]
    assert_problem(move(as_alice, halves[0].pk, 6), 409, "sold_together", seats=[6, 7])
    assert move(as_alice, halves[0].pk, 8).status_code == 200
    assert statuses_of(show) == "aaaataat"
    assert_consistent()


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


def test_seat_is_not_a_pair_with_itself(show):
    for values in ({"pair": 4}, {"pair": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Seat.objects.filter(show=show, number=4).update(**values)


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
