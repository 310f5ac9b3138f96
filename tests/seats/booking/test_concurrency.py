"""Concurrent bookings and cancels: in threads with own connections, and through the real server.

Almost every test ends with `check_seats`. A negative control runs the same race with a naive sale, which reads
and then writes, and must see a seat sold twice. Otherwise the race could not show a double sale.
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


@pytest.fixture
def fifty_users(db):
    return UserFactory.create_batch(50)


def codes(responses):
    """How many responses have each error code, or each status if they have none."""
    return Counter(response.code or response.status for response in responses)


# --- one seat -----------------------------------------------------------------------


def test_one_of_50_concurrent_threads_books_the_seat(show, fifty_users):
    results = run_concurrently(
        [partial(services.book, user_id=user.pk, show_id=show.pk, seat_number=1) for user in fifty_users]
    )
    assert Counter(type(result) for result in results) == {Booking: 1, SeatTaken: 49}
    assert_consistent()


def test_one_of_50_concurrent_clients_books_the_seat(server, show, fifty_users):
    responses = run_concurrently(
        [
            partial(server.call, "POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=user)
            for user in fifty_users
        ]
    )
    assert codes(responses) == {201: 1, "seat_taken": 49}
    assert_consistent()


def test_negative_control_naive_sale_sells_the_seat_twice_in_the_same_race(show, fifty_users):
    """If the naive sale never sold twice, the race of the tests above would prove nothing."""

    def naive_sale(user):
        if Seat.objects.get(show=show, number=1).taken:
            return False
        Seat.objects.filter(show=show, number=1).update(taken=True)
        return True

    for _ in range(20):
        Seat.objects.filter(show=show).update(taken=False)
        sales = run_concurrently([partial(naive_sale, user) for user in fifty_users]).count(True)
        if sales > 1:
            break
    assert sales > 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_negative_control_update_with_a_join_sells_the_seat_twice(show):
    """The sale's conditions on other tables are EXISTS, because Django turns a join into `id IN (SELECT …)`.

    PostgreSQL does not re-check that subquery after the second transaction has waited for the row.
    """

    def joined_update():
        return Seat.objects.filter(show__date_time__gt=timezone.now(), show=show, number=1, taken=False).update(
            taken=True
        )

    assert run_while_uncommitted(joined_update, joined_update) == [1, 1]


def test_second_buyer_waits_for_the_first_and_is_rejected(show, alice, bob):
    """The interleaving in which an UPDATE with a join sells the seat twice."""
    book = partial(services.book, show_id=show.pk, seat_number=1)
    first, second = run_while_uncommitted(partial(book, user_id=alice.pk), partial(book, user_id=bob.pk))
    assert isinstance(first, Booking)
    assert isinstance(second, SeatTaken)
    assert_consistent()


# --- many seats ---------------------------------------------------------------------


def test_64_concurrent_clients_sell_out_60_seats(server):
    show = ShowFactory(total_seats=60)
    users = UserFactory.create_batch(64)

    def book_until_sold_out(user):
        path, responses = f"/shows/{show.pk}", []
        while True:
            statuses = server.call("GET", f"{path}/availability/").body["statuses"]
            available = [number for number, status in enumerate(statuses, start=1) if status == "a"]
            if not available:
                return responses
            body = {"seat_number": random.choice(available)}
            responses.append(server.call("POST", f"{path}/book/", body, user=user))

    responses_by_user = run_concurrently([partial(book_until_sold_out, user) for user in users])
    responses = [response for user_responses in responses_by_user for response in user_responses]

    assert set(codes(responses)) <= {201, "seat_taken", "already_yours"}
    sold = [response.body["seat_number"] for response in responses if response.status == 201]
    assert sorted(sold) == list(range(1, 61))
    assert show.seats.taken().count() == 60
    assert_consistent()


def test_seats_and_bookings_agree_after_concurrent_bookings_and_cancels(server):
    show = ShowFactory(total_seats=3)
    users = UserFactory.create_batch(12)

    def book_and_cancel(user):
        responses = []
        for _ in range(15):
            body = {"seat_number": random.randint(1, 3)}
            booked = server.call("POST", f"/shows/{show.pk}/book/", body, user=user)
            responses.append(booked)
            if booked.status == 201:
                responses.append(server.call("POST", f"/bookings/{booked.body['id']}/cancel/", user=user))
        return responses

    responses_by_user = run_concurrently([partial(book_and_cancel, user) for user in users])
    counts = codes(response for user_responses in responses_by_user for response in user_responses)

    assert set(counts) <= {200, 201, "seat_taken"}
    assert counts[200] == counts[201] > 0
    assert not Booking.objects.live().exists()
    assert_consistent()


def test_20_concurrent_cancels_of_one_booking_free_its_seat_once(server, show, alice):
    booking = BookingFactory(user=alice, show=show)
    changes_before = show.seats.get(number=1).changes
    responses = run_concurrently(
        [partial(server.call, "POST", f"/bookings/{booking.pk}/cancel/", user=alice)] * 20
    )
    assert codes(responses) == {200: 1, "already_cancelled": 19}
    assert show.seats.get(number=1).changes == changes_before + 2
    assert_consistent()


# --- idempotency keys ---------------------------------------------------------------


def test_concurrent_retries_with_one_idempotency_key_make_one_booking(server, show, alice):
    retry = partial(
        server.call,
        "POST",
        f"/shows/{show.pk}/book/",
        {"seat_number": 1},
        user=alice,
        headers={"Idempotency-Key": "k"},
    )
    responses = run_concurrently([retry] * 30)
    assert codes(responses) == {201: 30}
    assert len({response.body["id"] for response in responses}) == 1
    assert Booking.objects.count() == 1
    assert_consistent()


def test_concurrent_requests_with_one_idempotency_key_for_many_seats_make_one_booking(server, alice):
    show = ShowFactory(total_seats=30)
    responses = run_concurrently(
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
    assert codes(responses) == {201: 1, "idempotency_key_reused": 29}
    assert show.seats.taken().count() == 1
    assert_consistent()
