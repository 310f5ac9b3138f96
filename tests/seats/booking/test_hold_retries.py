"""Retries of the booking of a hold: an idempotency key remembers its request and repeats the first answer."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.concurrency import run_concurrently
from tests.factories import BookingFactory, ShowFactory

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "7f0c"}


def hold(caller, show, *numbers):
    assert (
        caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": list(numbers)}, format="json").status_code == 200
    )


def book_hold(caller, show, headers=KEY):
    return caller.post(f"/shows/{show.pk}/hold/book/", headers=headers)


def book(caller, show, number, headers=KEY):
    return caller.post(f"/shows/{show.pk}/book/", {"seat_number": number}, headers=headers)


def assert_replayed(response, first):
    assert (first.status_code, first.has_header("Idempotency-Replayed")) == (201, False)
    assert (response.status_code, response.headers.get("Idempotency-Replayed")) == (201, "true")
    assert response.json() == first.json()


def test_retry_returns_the_first_list_although_the_hold_is_gone(as_alice, show):
    hold(as_alice, show, 2, 1, 7)
    first = book_hold(as_alice, show)
    assert [booking["seat_number"] for booking in first.json()] == [1, 2, 7]
    for _ in range(2):
        assert_replayed(book_hold(as_alice, show), first)
    assert Booking.objects.count() == 3
    assert_consistent()


def test_without_a_key_a_second_call_finds_no_hold(as_alice, show):
    hold(as_alice, show, 1, 2)
    assert book_hold(as_alice, show, headers={}).status_code == 201
    assert_problem(book_hold(as_alice, show, headers={}), 404, "no_hold")
    assert_problem(book_hold(as_alice, show), 404, "no_hold")


def test_replay_after_a_cancel_is_marked_and_changes_nothing(as_alice, as_bob, show):
    hold(as_alice, show, 1, 2)
    first = book_hold(as_alice, show)
    as_alice.post(f"/bookings/{first.json()[0]['id']}/cancel/")
    assert book(as_bob, show, 1).status_code == 201
    assert_replayed(book_hold(as_alice, show), first)
    statuses = [row["status"] for row in as_alice.get("/my-bookings/?status=cancelled").json()["results"]]
    assert statuses == ["cancelled"]
    assert_consistent()


def test_replay_is_given_after_the_show_has_started(as_alice, show):
    hold(as_alice, show, 1, 2)
    first = book_hold(as_alice, show)
    Show.objects.update(date_time=timezone.now() - timedelta(minutes=1))
    second = book_hold(as_alice, show)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert [booking["id"] for booking in second.json()] == [booking["id"] for booking in first.json()]


def test_same_seats_held_again_after_a_cancel_are_a_retry(as_alice, show):
    hold(as_alice, show, 1, 2)
    first = book_hold(as_alice, show)
    for booking in first.json():
        as_alice.post(f"/bookings/{booking['id']}/cancel/")
    hold(as_alice, show, 2, 1)
    assert_replayed(book_hold(as_alice, show), first)
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [1, 2]
    assert not Booking.objects.live().exists()
    assert_consistent()


def test_used_key_is_rejected_for_a_hold_of_other_seats(as_alice, show):
    hold(as_alice, show, 1, 2)
    book_hold(as_alice, show)
    hold(as_alice, show, 3)
    assert_problem(book_hold(as_alice, show), 422, "idempotency_key_reused")
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [3]
    assert Booking.objects.count() == 2
    assert_consistent()


def test_key_of_one_call_is_rejected_by_the_other(as_alice, show):
    book(as_alice, show, 5)
    assert_problem(book_hold(as_alice, show), 422, "idempotency_key_reused")
    hold(as_alice, show, 6)
    assert_problem(book_hold(as_alice, show), 422, "idempotency_key_reused")
    other = {"Idempotency-Key": "other"}
    assert book_hold(as_alice, show, headers=other).status_code == 201
    assert_problem(book(as_alice, show, 6, headers=other), 422, "idempotency_key_reused")
    assert_problem(book(as_alice, show, 7, headers=other), 422, "idempotency_key_reused")
    assert Booking.objects.count() == 2
    assert_consistent()


def test_other_users_and_other_shows_may_use_the_same_key(as_alice, as_bob, show):
    other = ShowFactory()
    for caller, place, number in ((as_alice, show, 1), (as_bob, show, 2), (as_alice, other, 3)):
        hold(caller, place, number)
        response = book_hold(caller, place)
        assert [booking["seat_number"] for booking in response.json()] == [number]
        assert "Idempotency-Replayed" not in response


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_invalid_key_is_rejected(as_alice, show, key):
    hold(as_alice, show, 1)
    assert_invalid(book_hold(as_alice, show, headers={"Idempotency-Key": key}), "Idempotency-Key")
    assert not Booking.objects.exists()


def test_expired_hold_does_not_use_up_the_key(as_alice, show):
    hold(as_alice, show, 1)
    past = timezone.now() - timedelta(seconds=1)
    Seat.objects.filter(number=1).update(held_since=past, held_until=past)
    assert_problem(book_hold(as_alice, show), 404, "no_hold")
    hold(as_alice, show, 2)
    assert book_hold(as_alice, show).status_code == 201


def test_key_of_a_deleted_user_is_worth_nothing(as_alice, alice, show):
    hold(as_alice, show, 1)
    book_hold(as_alice, show)
    alice.delete()
    assert book_hold(as_alice, show).status_code == 401


def test_keys_know_their_requests_after_a_relayout_has_renumbered_the_seats(as_alice, as_bob):
    """Seats beyond the new total get other numbers, together with their bookings."""
    show = ShowFactory(total_seats=12)
    hold(as_alice, show, 11, 12)
    of_hold = book_hold(as_alice, show)
    single = book(as_bob, show, 10)
    relayout(show, places(read_text("A | ....")))
    assert set(Booking.objects.values_list("seat_number", flat=True)).isdisjoint({10, 11, 12})
    assert_replayed(book_hold(as_alice, show), of_hold)
    assert_replayed(book(as_bob, show, 10), single)
    number = Booking.objects.get(user__username="bob").seat_number
    assert_problem(book(as_bob, show, number), 422, "idempotency_key_reused")
    assert_consistent()


def test_replay_of_a_booking_is_marked(as_alice, as_bob, show):
    first = book(as_alice, show, 5)
    assert_replayed(book(as_alice, show, 5), first)
    as_alice.post(f"/bookings/{first.json()['id']}/cancel/")
    book(as_bob, show, 5)
    assert_replayed(book(as_alice, show, 5), first)


def test_key_of_a_server_of_an_older_version_is_known(as_alice, alice, show):
    """Such a server stores only the key."""
    booking = BookingFactory(user=alice, show=show, seat_number=5)
    Booking.objects.update(idempotency_key="7f0c")
    response = book(as_alice, show, 5)
    assert (response.json()["id"], response.headers["Idempotency-Replayed"]) == (booking.pk, "true")
    assert_problem(book(as_alice, show, 6), 422, "idempotency_key_reused")


@pytest.mark.django_db(transaction=True)
def test_twenty_concurrent_calls_with_one_key_make_one_sale_and_have_one_answer(server, alice, show):
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2, 3])
    call = partial(server.call, "POST", f"/shows/{show.pk}/hold/book/", user=alice, headers=KEY)
    responses = run_concurrently([call] * 20)
    assert {response.status for response in responses} == {201}
    assert all(response.body == responses[0].body for response in responses)
    assert [booking["seat_number"] for booking in responses[0].body] == [1, 2, 3]
    assert sum("Idempotency-Replayed" not in response.headers for response in responses) == 1
    assert Booking.objects.count() == 3
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_concurrent_calls_of_both_kinds_with_one_key_make_one_sale(server, alice, show):
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    path = f"/shows/{show.pk}"
    book_held = partial(server.call, "POST", f"{path}/hold/book/", user=alice, headers=KEY)
    book_one = partial(server.call, "POST", f"{path}/book/", {"seat_number": 5}, user=alice, headers=KEY)
    responses = run_concurrently([book_held, book_one] * 10)
    assert {response.code or response.status for response in responses} == {201, "idempotency_key_reused"}
    sold = set(Booking.objects.values_list("seat_number", flat=True))
    assert sold in ({1, 2}, {5})
    assert_consistent()
