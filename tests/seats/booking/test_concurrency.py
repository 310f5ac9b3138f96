"""Many at once, each with a connection of its own: threads in here, and clients of the real server.

Every test ends with `check_seats`. The negative control runs the same race against a naive
look-then-write and must see a double sale, so that we know the race can show one.
"""

import random
from collections import Counter
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.exceptions import SeatTaken
from cinema.seats.models import Booking, Seat
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import BookingFactory, ShowFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 50


@pytest.fixture
def crowd(db):
    return UserFactory.create_batch(CROWD)


def codes(answers):
    return Counter(answer.status if answer.status < 400 else answer.code for answer in answers)


# --- one seat -----------------------------------------------------------------------


def test_50_threads_want_one_seat_and_one_gets_it(show, crowd):
    results = run_concurrently(
        [partial(services.book, user_id=user.pk, show_id=show.pk, seat_number=1) for user in crowd]
    )
    assert Counter(type(result) for result in results) == {Booking: 1, SeatTaken: 49}
    assert_consistent()


def test_50_clients_want_one_seat_and_one_gets_it(server, show, crowd):
    answers = run_concurrently(
        [
            partial(server.call, "POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=user)
            for user in crowd
        ]
    )
    assert codes(answers) == {201: 1, "seat_taken": 49}
    assert_consistent()


def test_the_same_race_shows_a_naive_sale_selling_twice(show, crowd):
    """The negative control: look, then write, in the same race. Had it sold once only, in so many rounds, the
    race above would prove nothing."""

    def naive(user):
        if Seat.objects.get(show=show, number=1).taken:
            return False
        Seat.objects.filter(show=show, number=1).update(taken=True)
        return True

    for _ in range(20):
        Seat.objects.filter(show=show).update(taken=False)
        sold = run_concurrently([partial(naive, user) for user in crowd]).count(True)
        if sold > 1:
            break
    assert sold > 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time")
def test_a_join_in_the_update_would_sell_twice(show):
    """Why the sale's other tables stand in EXISTS: Django makes `id IN (SELECT …)` of a join, and
    PostgreSQL does not evaluate that anew for the rival who has waited for the row."""

    def joined():
        return Seat.objects.filter(show__date_time__gt=timezone.now(), show=show, number=1, taken=False).update(
            taken=True
        )

    assert run_while_uncommitted(joined, joined) == [1, 1]


def test_the_second_buyer_waits_and_is_refused(show, alice, bob):
    """The interleaving that the joined UPDATE fails, against ours: one sale."""
    sale = partial(services.book, show_id=show.pk, seat_number=1)
    sold, refused = run_while_uncommitted(partial(sale, user_id=alice.pk), partial(sale, user_id=bob.pk))
    assert isinstance(sold, Booking)
    assert isinstance(refused, SeatTaken)
    assert_consistent()


# --- selling out, storms ------------------------------------------------------------


def test_64_clients_sell_out_60_seats(server):
    show = ShowFactory(total_seats=60)
    buyers = UserFactory.create_batch(64)

    def buy_until_sold_out(user):
        path, answers = f"/shows/{show.pk}", []
        while True:
            statuses = server.call("GET", f"{path}/availability/").body["statuses"]
            free = [number for number, status in enumerate(statuses, start=1) if status == "a"]
            if not free:
                return answers
            answers.append(
                server.call("POST", f"{path}/book/", {"seat_number": random.choice(free)}, user=user)
            )

    answers = [
        answer
        for bought in run_concurrently([partial(buy_until_sold_out, user) for user in buyers])
        for answer in bought
    ]

    assert set(codes(answers)) <= {201, "seat_taken", "already_yours"}
    sold = [answer.body["seat_number"] for answer in answers if answer.status == 201]
    assert sorted(sold) == list(range(1, 61))
    assert show.seats.taken().count() == 60
    assert_consistent()


def test_a_storm_of_booking_and_cancelling_ends_in_agreement(server):
    show = ShowFactory(total_seats=3)
    people = UserFactory.create_batch(12)

    def come_and_go(user):
        answers = []
        for _ in range(15):
            booked = server.call(
                "POST", f"/shows/{show.pk}/book/", {"seat_number": random.randint(1, 3)}, user=user
            )
            answers.append(booked)
            if booked.status == 201:
                answers.append(server.call("POST", f"/bookings/{booked.body['id']}/cancel/", user=user))
        return answers

    answers = [
        answer for each in run_concurrently([partial(come_and_go, user) for user in people]) for answer in each
    ]

    assert set(codes(answers)) <= {200, 201, "seat_taken"}
    assert codes(answers)[200] == codes(answers)[201] > 0
    assert not Booking.objects.live().exists()
    assert_consistent()


def test_20_cancels_of_one_booking_free_it_once(server, show, alice):
    booking = BookingFactory(user=alice, show=show)
    before = show.seats.get(number=1).changes
    answers = run_concurrently(
        [partial(server.call, "POST", f"/bookings/{booking.pk}/cancel/", user=alice)] * 20
    )
    assert codes(answers) == {200: 1, "already_cancelled": 19}
    assert show.seats.get(number=1).changes == before + 2
    assert_consistent()


# --- retries ------------------------------------------------------------------------


def test_one_idempotency_key_and_seat_many_times_is_one_booking(server, show, alice):
    again = partial(
        server.call,
        "POST",
        f"/shows/{show.pk}/book/",
        {"seat_number": 1},
        user=alice,
        headers={"Idempotency-Key": "k"},
    )
    answers = run_concurrently([again] * 30)
    assert codes(answers) == {201: 30}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert Booking.objects.count() == 1
    assert_consistent()


def test_one_idempotency_key_for_many_seats_is_one_booking(server, alice):
    show = ShowFactory(total_seats=30)
    answers = run_concurrently(
        [
            partial(
                server.call,
                "POST",
                f"/shows/{show.pk}/book/",
                {"seat_number": number},
                user=alice,
                headers={"Idempotency-Key": "k"},
            )
            for number in range(1, 31)
        ]
    )
    assert codes(answers) == {201: 1, "idempotency_key_reused": 29}
    assert show.seats.taken().count() == 1
    assert_consistent()
