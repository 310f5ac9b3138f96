"""Holds: seats reserved for a user for some minutes, and then booked, released or expired."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema.seats.api.tried_sales import FAILED_SALE
from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.concurrency import rival_after_first_statement
from tests.conftest import Caller
from tests.factories import BookingFactory, ShowFactory
from tests.seat_state import block, unblock, version_of

pytestmark = pytest.mark.django_db


def hold(caller, show, *numbers):
    return caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": list(numbers)}, format="json")


def book_hold(caller, show):
    return caller.post(f"/shows/{show.pk}/hold/book/")


def statuses(anyone, show):
    return anyone.get(f"/shows/{show.pk}/availability/").json()["statuses"]


def expire_holds(show):
    """Lets every hold of the show expire a second ago."""
    Seat.objects.filter(show=show, held_by__isnull=False).update(
        held_until=timezone.now() - timedelta(seconds=1)
    )


def test_hold_returns_its_seats_and_when_it_expires(as_alice, anyone, show):
    before = datetime.now(UTC)
    response = hold(as_alice, show, 6, 5)
    after = datetime.now(UTC)

    assert response.status_code == 200
    body = response.json()
    assert (body["show"], body["seat_numbers"]) == (show.pk, [5, 6])
    expires = datetime.fromisoformat(body["expires_at"])
    assert before + timedelta(seconds=599) <= expires <= after + timedelta(seconds=601)
    assert statuses(anyone, show) == "aaaahhaaaaaa"
    counts = anyone.get(f"/shows/{show.pk}/seats/").json()["counts"]
    assert counts == {"total": 12, "available": 10, "held": 2, "taken": 0, "blocked": 0}
    assert anyone.get(f"/shows/{show.pk}/").json()["available_seats"] == 10
    assert as_alice.get(f"/shows/{show.pk}/hold/").json() == body
    assert_consistent()


def test_seat_map_is_the_same_for_the_holder_and_for_others(as_alice, anyone, show):
    hold(as_alice, show, 5)
    path = f"/shows/{show.pk}/seats/"
    assert as_alice.get(path).content == anyone.get(path).content


def test_second_hold_replaces_the_first(as_alice, anyone, show):
    hold(as_alice, show, 1, 2)
    assert hold(as_alice, show, 2, 3).json()["seat_numbers"] == [2, 3]
    assert statuses(anyone, show) == "ahhaaaaaaaaa"


def test_hold_with_unavailable_seats_changes_nothing_and_names_those_seats(as_alice, as_bob, anyone, bob, show):
    hold(as_alice, show, 1, 2)
    hold(as_bob, show, 6)
    BookingFactory(user=bob, show=show, seat_number=7)

    body = assert_problem(hold(as_alice, show, 2, 6, 7, 8), 409, "seat_taken", seats=[6, 7])
    assert body["version"] == version_of(show)
    assert set(body["alternatives"]) <= {1, 3, 4, 5, 9, 10, 11, 12}
    assert statuses(anyone, show) == "hhaaahtaaaaa"
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [1, 2]

    body = assert_problem(hold(as_alice, show, 5, 6), 409, "seat_held", seats=[6])
    assert 590 <= body["retry_after"] <= 601


def test_booking_a_seat_held_by_another_user_is_rejected_with_retry_after(as_alice, as_bob, show):
    hold(as_alice, show, 5)
    response = as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 5})
    body = assert_problem(response, 409, "seat_held")
    assert 590 <= body["retry_after"] <= 601
    assert response["Retry-After"] == str(body["retry_after"])
    assert not show.seats.taken().exists()


def test_alternatives_are_the_five_nearest_available_seats(as_alice, as_bob, show):
    hold(as_alice, show, 6)
    hold(as_alice, show, 6, 7)
    body = as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 6}).json()
    assert len(body["alternatives"]) == 5
    places = {seat.number: (seat.x, seat.y) for seat in show.seats.all()}

    def squared_distance(number):
        return (places[number][0] - places[6][0]) ** 2 + (places[number][1] - places[6][1]) ** 2

    alternatives = [squared_distance(number) for number in body["alternatives"]]
    others = [squared_distance(number) for number in places if number not in {6, 7, *body["alternatives"]}]
    assert alternatives == sorted(alternatives)
    assert max(alternatives) <= min(others)


def test_seat_released_before_the_reason_is_looked_up_is_sold(as_alice, as_bob, alice, show):
    hold(as_alice, show, 5)
    release = partial(services.release_hold, user_id=alice.pk, show_id=show.pk)
    with rival_after_first_statement(release):
        assert as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 5}).status_code == 201
    assert_consistent()


def test_user_can_book_one_held_seat_and_keeps_holding_the_rest(as_alice, anyone, show):
    hold(as_alice, show, 5, 6)
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 5}).status_code == 201
    assert statuses(anyone, show) == "aaaathaaaaaa"
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [6]
    assert_consistent()


def test_booking_the_hold_books_all_its_seats(as_alice, anyone, show):
    hold(as_alice, show, 6, 5)
    response = book_hold(as_alice, show)

    assert response.status_code == 201
    assert [booking["seat_number"] for booking in response.json()] == [5, 6]
    bookings = as_alice.get("/my-bookings/").json()["results"]
    assert sorted(bookings, key=lambda booking: booking["seat_number"]) == response.json()
    assert statuses(anyone, show) == "aaaattaaaaaa"
    assert_problem(book_hold(as_alice, show), 404, "no_hold")
    assert_consistent()


def test_deleting_the_hold_releases_its_seats(as_alice, as_bob, anyone, show):
    hold(as_alice, show, 5, 6)
    hold(as_bob, show, 7)
    assert as_alice.delete(f"/shows/{show.pk}/hold/").status_code == 204
    assert statuses(anyone, show) == "aaaaaahaaaaa"
    assert_problem(as_alice.get(f"/shows/{show.pk}/hold/"), 404, "no_hold")
    assert as_alice.delete(f"/shows/{show.pk}/hold/").status_code == 204


def test_seats_of_an_expired_hold_are_available_without_a_cleanup_job(as_alice, as_bob, anyone, show):
    hold(as_alice, show, 5, 6)
    expire_holds(show)

    assert statuses(anyone, show) == "a" * 12
    assert anyone.get(f"/shows/{show.pk}/").json()["available_seats"] == 12
    assert_problem(as_alice.get(f"/shows/{show.pk}/hold/"), 404, "no_hold")
    assert_problem(book_hold(as_alice, show), 404, "no_hold")
    assert as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 5}).status_code == 201
    assert hold(as_bob, show, 6).status_code == 200
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_hold_expires_at_the_announced_time(as_alice, as_bob, anyone, show, settings):
    settings.HOLD_SECONDS = 3
    expires = datetime.fromisoformat(hold(as_alice, show, 5).json()["expires_at"])
    problem = assert_problem(as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 5}), 409, "seat_held")
    assert 1 <= problem["retry_after"] <= 3
    requested_at = datetime.now(UTC)
    assert statuses(anyone, show)[4] == "h"
    while statuses(anyone, show)[4] == "h":
        # SQLite's clock has a resolution of a millisecond.
        assert requested_at < expires + timedelta(milliseconds=1)
        time.sleep(0.02)
        requested_at = datetime.now(UTC)
    assert datetime.now(UTC) >= expires
    assert as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 5}).status_code == 201


def test_version_grows_when_a_hold_begins_expires_and_is_released(as_alice, as_bob, anyone, show):
    versions, etags = [], []

    def record_version():
        response = anyone.get(f"/shows/{show.pk}/seats/")
        versions.append(response.json()["version"])
        etags.append(response["ETag"])
        assert anyone.get(f"/shows/{show.pk}/seats/", headers={"If-None-Match": etags[-1]}).status_code == 304

    record_version()
    for _ in range(2):
        for change in (
            lambda: hold(as_alice, show, 5),
            lambda: expire_holds(show),
            lambda: hold(as_bob, show, 5),
            lambda: as_bob.delete(f"/shows/{show.pk}/hold/"),
        ):
            change()
            record_version()
    assert versions == sorted(set(versions))
    assert len(set(etags)) == len(etags)


def test_renewed_hold_expires_30_minutes_after_the_first_call_at_the_latest(as_alice, show, settings):
    first_expiry = hold(as_alice, show, 5).json()["expires_at"]
    held_since = Seat.objects.get(show=show, number=5).held_since
    # Like a hold that began 15 minutes ago and was renewed.
    Seat.objects.filter(show=show, number=5).update(held_since=held_since - timedelta(minutes=15))
    assert hold(as_alice, show, 5, 6).json()["expires_at"] >= first_expiry
    Seat.objects.filter(show=show, held_by__isnull=False).update(held_since=held_since - timedelta(minutes=25))
    body = hold(as_alice, show, 7).json()
    time_left = datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=290) < time_left < timedelta(seconds=302)


def test_hold_of_more_than_ten_seats_is_rejected(as_alice, anyone):
    show = ShowFactory(total_seats=30)
    assert hold(as_alice, show, *range(1, 11)).status_code == 200
    assert_invalid(hold(as_alice, show, *range(1, 12)), "seat_numbers")
    assert statuses(anyone, show).count("h") == 10


@pytest.mark.parametrize("numbers", [[], None, 5, "5,6", {}, ["05"], [True], [1.0], [None], [[1]]])
def test_seat_numbers_that_are_no_list_of_canonical_integers_are_rejected(as_alice, show, numbers):
    response = as_alice.put(f"/shows/{show.pk}/hold/", {"seat_numbers": numbers}, format="json")
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"


@pytest.mark.parametrize("number", [0, 13, -1, 10**30])
def test_unknown_seat_is_rejected_with_the_range_of_numbers(as_alice, show, number):
    hold(as_alice, show, 1)
    body = assert_problem(hold(as_alice, show, 2, number), 400, "seat_not_found")
    assert "1 to 12" in body["detail"]
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [1]


def test_seat_number_given_twice_counts_once(as_alice, show):
    assert hold(as_alice, show, 5, 5).json()["seat_numbers"] == [5]


@pytest.mark.parametrize("show_id", ["999", "9" * 18])
def test_unknown_show_is_not_found(as_alice, show_id):
    path = f"/shows/{show_id}/hold/"
    assert_problem(as_alice.put(path, {"seat_numbers": [1]}, format="json"), 404, "not_found")
    assert_problem(as_alice.get(path), 404, "not_found")
    assert_problem(as_alice.post(f"{path}book/"), 404, "not_found")


def test_seats_of_a_started_show_cannot_be_held_or_booked(as_alice, show):
    hold(as_alice, show, 5)
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    assert_problem(hold(as_alice, show, 6), 409, "show_started")
    assert_problem(book_hold(as_alice, show), 409, "show_started")
    assert not Booking.objects.exists()
    assert_consistent()


@pytest.mark.parametrize(("method", "path"), [("put", ""), ("get", ""), ("delete", ""), ("post", "book/")])
@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "changed"}], ids=str)
def test_hold_calls_need_the_token_of_an_active_user(anyone, as_alice, alice, show, method, path, change):
    path = f"/shows/{show.pk}/hold/{path}"
    assert_problem(getattr(anyone, method)(path), 401, "not_authenticated")
    get_user_model().objects.filter(pk=alice.pk).update(**change)
    bodies = [{"seat_numbers": [1]}, {"best": 2}] if method == "put" else [None]
    for body in bodies:
        assert_problem(getattr(as_alice, method)(path, body, format="json"), 401, "token_not_valid")


def test_blocked_seat_cannot_be_held_or_booked(as_alice, anyone, show):
    assert block(show, 5, 6) == [5, 6]
    body = assert_problem(as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 5}), 409, "seat_blocked")
    assert 6 not in body["alternatives"]
    assert_problem(hold(as_alice, show, 4, 5), 409, "seat_blocked", seats=[5])
    assert statuses(anyone, show) == "aaaabbaaaaaa"
    assert "broken" not in anyone.get(f"/shows/{show.pk}/seats/").content.decode()
    assert anyone.get(f"/shows/{show.pk}/").json()["available_seats"] == 10
    unblock(show, 5)
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 5}).status_code == 201
    assert_consistent()


def test_taken_and_held_seats_cannot_be_blocked(as_alice, alice, anyone, show):
    BookingFactory(user=alice, show=show, seat_number=1)
    hold(as_alice, show, 2)
    assert len(block(show, 1, 2, 3, reason="house seats")) == 1
    assert statuses(anyone, show) == "thbaaaaaaaaa"


def test_show_cannot_shrink_below_a_held_seat_until_the_hold_expires(as_alice, as_staff, show):
    hold(as_alice, show, 12)
    assert_problem(as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 11}), 409, "seats_in_use")
    expire_holds(show)
    version_before = version_of(show)
    assert as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 11}).status_code == 200
    assert version_of(show) > version_before
    assert_consistent()


def test_booking_saved_by_the_orm_ends_the_hold_of_its_seat(as_alice, bob, show):
    hold(as_alice, show, 5)
    Booking.objects.create(user=bob, show=show, seat_number=5)
    assert_consistent()
    assert_problem(as_alice.get(f"/shows/{show.pk}/hold/"), 404, "no_hold")


def test_user_can_hold_seats_of_two_shows(as_alice, show):
    other = ShowFactory()
    hold(as_alice, show, 1)
    hold(as_alice, other, 2)
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [1]
    assert as_alice.get(f"/shows/{other.pk}/hold/").json()["seat_numbers"] == [2]


def test_canceling_a_booking_of_a_booked_hold_frees_only_its_seat(as_alice, show, anyone):
    hold(as_alice, show, 5, 6)
    first, second = book_hold(as_alice, show).json()
    services.cancel(booking_id=first["id"])
    assert statuses(anyone, show) == "aaaaataaaaaa"
    assert second["status"] == "booked"
    assert_consistent()


def test_hold_that_the_fast_path_has_tried_begins_with_the_reason(as_alice, show):
    BookingFactory(show=show, seat_number=5)

    def hold_tried(number):
        data = {"seat_numbers": [number]}
        return as_alice.put(f"/shows/{show.pk}/hold/", data, format="json", **{FAILED_SALE: None})

    with CaptureQueriesContext(connection) as queries:
        assert_problem(hold_tried(5), 409, "seat_taken", seats=[5])
    assert not any("UPDATE" in query["sql"] for query in queries)
    # Seat 6 has become available since, so there is no reason any more.
    assert hold_tried(6).status_code == 200


@pytest.mark.parametrize("call", [hold, book_hold], ids=["hold", "book"])
def test_call_whose_fate_is_unknown_is_not_tried_again(as_alice, show, call):
    hold(as_alice, show, 5)
    as_alice.defaults = {**as_alice.defaults, FAILED_SALE: OperationalError("lost")}
    arguments = (as_alice, show, 6) if call is hold else (as_alice, show)
    assert_problem(call(*arguments), 503, "unavailable")
    assert [seat.number for seat in Seat.objects.filter(show=show, held_by__isnull=False)] == [5]
    assert not Booking.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_hold_locks_the_user_first_and_then_the_seats_in_the_order_of_their_numbers(as_alice, show):
    """Otherwise two transactions could deadlock. A race does not show that reliably."""
    with CaptureQueriesContext(connection) as queries:
        assert hold(as_alice, show, 6, 5).status_code == 200
    lock_user, update = [sql for query in queries if re.search("seats_seat|advisory", sql := query["sql"])]
    assert "pg_advisory_xact_lock" in lock_user
    assert re.search(r"ORDER BY number FOR NO KEY UPDATE.*UPDATE seats_seat", update, re.DOTALL)


def test_holds_above_the_rate_limit_of_a_user_are_throttled(bob, show, throttle):
    throttle("booking", "2/min")
    caller = Caller(bob)
    for number in (1, 2):
        assert hold(caller, show, number).status_code == 200
    assert_problem(hold(caller, show, 3), 429, "throttled")
    assert caller.get(f"/shows/{show.pk}/hold/").status_code == 200
