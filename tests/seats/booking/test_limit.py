"""`BOOKING_MAX_SEATS` limits the seats that a user holds and books of one show."""

from collections import Counter
from functools import partial

import pytest

from cinema.seats.booking import best_seats, services
from cinema.seats.models import Booking, Seat
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.factories import ShowFactory


@pytest.fixture
def limit(settings):
    settings.BOOKING_MAX_SEATS = 4


def hold(client, show, body):
    return client.put(f"/shows/{show.pk}/hold/", body, format="json")


def book(client, show, seat_number):
    return client.post(f"/shows/{show.pk}/book/", {"seat_number": seat_number})


@pytest.mark.django_db
def test_bookings_and_holds_of_a_show_count_together(limit, as_alice, as_bob, show):
    assert book(as_alice, show, 1).status_code == 201
    assert hold(as_alice, show, {"seat_numbers": [2, 3, 4]}).status_code == 200
    problem = book(as_alice, show, 5).json()
    assert (problem["status"], problem["code"], problem["most"]) == (409, "too_many_seats", 4)
    # A seat of the hold is already counted, and the hold can be exchanged or booked.
    assert book(as_alice, show, 2).status_code == 201
    assert hold(as_alice, show, {"seat_numbers": [6, 7]}).status_code == 200
    assert as_alice.post(f"/shows/{show.pk}/hold/book/").status_code == 201
    assert book(as_bob, show, 5).status_code == 201
    assert book(as_alice, ShowFactory(), 1).status_code == 201
    assert_consistent()


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{"seat_numbers": [5, 6, 7]}, {"best": 3}])
def test_hold_beyond_the_limit_changes_nothing(limit, as_alice, show, body):
    for number in (1, 2):
        book(as_alice, show, number)
    hold(as_alice, show, {"seat_numbers": [3, 4]})
    assert hold(as_alice, show, body).json()["code"] == "too_many_seats"
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [3, 4]


@pytest.mark.django_db
def test_cancelled_booking_no_longer_counts(limit, as_alice, show):
    booking, *_ = [book(as_alice, show, number).json() for number in (1, 2, 3, 4)]
    as_alice.post(f"/bookings/{booking['id']}/cancel/")
    assert book(as_alice, show, 1).status_code == 201


@pytest.mark.django_db
def test_retry_of_the_last_booking_gets_it_again(limit, as_alice, show):
    for number in (1, 2, 3):
        book(as_alice, show, number)
    key = {"HTTP_IDEMPOTENCY_KEY": "k"}
    path, body = f"/shows/{show.pk}/book/", {"seat_number": 4}
    first, again = (as_alice.post(path, body, **key) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())


@pytest.mark.django_db
def test_without_a_limit_a_booking_is_one_transaction_of_its_own(settings, alice, show):
    for number in range(1, 13):
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=number)
    assert Booking.objects.live().count() == 12


@pytest.mark.django_db(transaction=True)
def test_50_concurrent_calls_of_one_user_do_not_exceed_the_limit(limit, alice):
    """Each call adds rows that the check of another transaction does not see yet."""
    show = ShowFactory(total_seats=100)
    caller = {"user_id": alice.pk, "show_id": show.pk}
    calls = [partial(services.book, seat_number=number, **caller) for number in range(1, 26)]
    calls += [partial(services.hold_seats, seat_numbers=[n, n + 1], **caller) for n in range(30, 46, 2)]
    calls += [partial(best_seats.hold_best, size=2, **caller) for _ in range(9)]
    calls += [partial(services.book_hold, **caller) for _ in range(8)]
    results = Counter(getattr(result, "code", "done") for result in run_concurrently(calls))
    assert results["too_many_seats"] > 0
    held = Seat.objects.filter(show=show).held_by(alice.pk).count()
    assert 0 < Booking.objects.live().count() + held <= 4
    assert_consistent()
