"""Holding the best adjacent seats, and the rule against lonely ones."""

from collections import Counter
from functools import partial

import pytest

from cinema.seats.booking import services
from cinema.seats.booking.best_seats import hold_best
from cinema.seats.exceptions import LeavesSingleSeat
from cinema.seats.models import Booking, Seat
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import BookingFactory, ShowFactory, UserFactory

pytestmark = pytest.mark.django_db


def best(caller, show, size, **wish):
    return caller.put(f"/shows/{show.pk}/hold/", {"best": size, **wish}, format="json")


def hold(caller, show, *numbers):
    return caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": list(numbers)}, format="json")


def test_it_holds_so_many_side_by_side(as_alice, show):
    response = best(as_alice, show, 3)
    assert response.status_code == 200
    seats = show.seats.filter(number__in=response.json()["seat_numbers"])
    assert len({seat.row for seat in seats}) == 1
    assert [seat.column for seat in seats] in ([1, 2, 3], [2, 3, 4])
    assert as_alice.get(f"/shows/{show.pk}/hold/").json() == response.json()
    assert_consistent()


def test_it_takes_the_place_of_the_hold_before(as_alice, show):
    hold(as_alice, show, 1, 12)
    assert len(best(as_alice, show, 2).json()["seat_numbers"]) == 2
    assert Seat.objects.filter(show=show, held_by__isnull=False).count() == 2


def test_ones_own_held_seats_are_free_to_oneself(as_alice, as_bob):
    show = ShowFactory(total_seats=3)
    assert hold(as_alice, show, 1).status_code == 200
    size = max(Counter(show.seats.values_list("row", flat=True)).values())
    assert best(as_alice, show, size).status_code == 200
    assert_problem(best(as_bob, show, size), 409, "no_adjacent_seats", largest=1)


def test_where_there_are_none_it_says_the_largest_block_there_is(as_alice, alice, show):
    assert_problem(best(as_alice, show, 5), 409, "no_adjacent_seats", largest=4)
    for number in (2, 6, 10):
        BookingFactory(user=alice, show=show, seat_number=number)
    assert_problem(best(as_alice, show, 3), 409, "no_adjacent_seats", largest=2)
    assert_problem(best(as_alice, show, 1, category="Balcony"), 409, "no_adjacent_seats", largest=0)


def test_it_keeps_to_category_and_accessible_places(as_alice, show):
    Seat.objects.filter(show=show, number=9).update(accessible=True)
    Seat.objects.filter(show=show, row="C").update(category="Box")
    assert set(best(as_alice, show, 2, category="Box").json()["seat_numbers"]) <= {9, 10, 11, 12}
    assert 9 in best(as_alice, show, 2, accessible=True).json()["seat_numbers"]
    assert 9 not in best(as_alice, show, 2, category="Box", accessible=False).json()["seat_numbers"]


@pytest.mark.parametrize("wish", [{"best": 0}, {"best": 11}, {"best": "x"}, {"best": 2.0}, {"best": None}])
def test_nonsense_is_invalid(as_alice, show, wish):
    assert_invalid(as_alice.put(f"/shows/{show.pk}/hold/", wish, format="json"), "best")


@pytest.mark.parametrize("wish", [{}, {"best": 1, "seat_numbers": [1]}])
def test_it_is_either_numbers_or_the_best(as_alice, show, wish):
    assert_invalid(as_alice.put(f"/shows/{show.pk}/hold/", wish, format="json"), "seat_numbers")


def test_a_show_that_has_begun_or_is_not_there_is_refused(as_alice):
    begun = ShowFactory(begun=True)
    assert_problem(best(as_alice, begun, 1), 409, "show_started")
    begun.pk = 999_999
    assert_problem(best(as_alice, begun, 1), 404, "not_found")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rule", ["off", "on"])
def test_64_at_once_fill_a_hall_and_nobody_is_refused_while_blocks_remain(server_with, rule):
    show = ShowFactory(total_seats=200)
    people = UserFactory.create_batch(64)
    ask = "PUT", f"/shows/{show.pk}/hold/", {"best": 3}
    server = server_with(ORPHAN_RULE=rule)
    answers = run_concurrently([partial(server.call, *ask, user=user) for user in people])
    codes = Counter(answer.code or answer.status for answer in answers)
    assert set(codes) <= {200, "no_adjacent_seats"}, codes
    numbers = [number for answer in answers if not answer.code for number in answer.body["seat_numbers"]]
    assert len(numbers) == len(set(numbers)) == 3 * codes[200]
    if codes["no_adjacent_seats"]:
        assert server.call(*ask, user=UserFactory()).code == "no_adjacent_seats"
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_nobody_ends_with_more_than_asked_for_though_their_old_seats_are_locked(alice):
    """A rival who wants a seat that one holds keeps it locked for a moment: it is given back all the same."""
    show = ShowFactory(total_seats=30)
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    rival = partial(list, Seat.objects.filter(show=show, number=1).select_for_update())
    best = partial(hold_best, user_id=alice.pk, show_id=show.pk, size=3)
    _, held = run_while_uncommitted(rival, best)
    seats = Seat.objects.filter(show=show).held_by(alice.pk).order_by("number")
    assert list(seats.values_list("number", flat=True)) == held.seat_numbers
    assert len(held.seat_numbers) == 3


@pytest.mark.django_db(transaction=True)
def test_many_at_once_fill_a_hall_to_the_last_block(server):
    show = ShowFactory(total_seats=60)
    people = UserFactory.create_batch(50)
    path = f"/shows/{show.pk}/hold/"
    answers = run_concurrently([partial(server.call, "PUT", path, {"best": 2}, user=user) for user in people])
    codes = Counter(answer.status if answer.status < 400 else answer.code for answer in answers)
    assert set(codes) == {200, "no_adjacent_seats"}
    assert {answer.body["largest"] for answer in answers if answer.status == 409} <= {0, 1}
    assert_consistent()


class TestLonelySeats:
    """The default hall of twelve: rows A, B, C of four."""

    @pytest.fixture(autouse=True)
    def _rule(self, settings):
        settings.ORPHAN_RULE = True

    def test_a_choice_that_leaves_one_is_refused(self, as_alice, as_bob, alice, show):
        BookingFactory(user=alice, show=show, seat_number=1)
        assert_problem(hold(as_bob, show, 3), 409, "leaves_single_seat", seats=[2])
        assert_problem(
            as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 3}), 409, "leaves_single_seat", seats=[2]
        )
        assert hold(as_bob, show, 2).status_code == 200
        assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 3}).status_code == 201
        assert Booking.objects.count() == 2
        assert_consistent()

    def test_it_is_allowed_where_there_is_no_other_choice(self, as_bob, alice):
        show = ShowFactory(total_seats=4)
        Seat.objects.filter(show=show).update(row="A", y=1)
        for number in (1, 2, 3, 4):
            Seat.objects.filter(show=show, number=number).update(x=number, column=number)
        BookingFactory(user=alice, show=show, seat_number=1)
        BookingFactory(user=alice, show=show, seat_number=4)
        assert hold(as_bob, show, 2).status_code == 200

    def test_off_it_minds_nothing(self, as_bob, alice, show, settings):
        settings.ORPHAN_RULE = False
        BookingFactory(user=alice, show=show, seat_number=1)
        assert hold(as_bob, show, 3).status_code == 200

    def test_the_best_of_a_kind_ends_though_each_would_leave_one(self, as_bob, alice):
        """Other kinds are no choice for those who want this one."""
        show = ShowFactory(total_seats=12)
        Seat.objects.filter(show=show, row="A").update(category="VIP")
        Seat.objects.filter(show=show, row="A", column__gt=4).update(category="Standard")
        BookingFactory(user=alice, show=show, seat_number=1)
        BookingFactory(user=alice, show=show, seat_number=4)
        assert best(as_bob, show, 1, category="VIP").status_code == 200

    def test_a_seat_one_holds_can_be_booked_alone(self, as_bob, alice, show):
        BookingFactory(user=alice, show=show, seat_number=1)
        assert hold(as_bob, show, 2, 3).status_code == 200
        assert as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 3}).status_code == 201

    def test_what_one_holds_besides_counts_as_taken(self, as_bob):
        show = ShowFactory(total_seats=100)
        assert hold(as_bob, show, 4, 5).status_code == 200
        response = as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 2})
        assert_problem(response, 409, "leaves_single_seat", seats=[3])

    def test_a_taken_seat_is_refused_as_taken(self, as_bob, alice, show):
        BookingFactory(user=alice, show=show, seat_number=1)
        BookingFactory(user=alice, show=show, seat_number=2)
        assert_problem(as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 2}), 409, "seat_taken")

    def test_a_retry_gets_the_first_answer_again(self, as_alice, alice, show):
        key = {"Idempotency-Key": "k"}
        first = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}, headers=key)
        as_alice.post(f"/bookings/{first.json()['id']}/cancel/")
        BookingFactory(user=alice, show=show, seat_number=3)
        again = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}, headers=key)
        assert again.json() == first.json()

    @pytest.mark.django_db(transaction=True)
    def test_two_choices_at_once_leave_none_together(self):
        """Each alone would leave none; both together would."""
        for _ in range(10):
            show = ShowFactory(total_seats=12)
            one, other = UserFactory.create_batch(2)
            results = run_concurrently(
                [
                    partial(services.book, user_id=one.pk, show_id=show.pk, seat_number=1),
                    partial(services.book, user_id=other.pk, show_id=show.pk, seat_number=3),
                ]
            )
            assert sorted(type(result).__name__ for result in results) == ["Booking", "LeavesSingleSeat"]
            assert any(isinstance(result, LeavesSingleSeat) for result in results)
        assert_consistent()
