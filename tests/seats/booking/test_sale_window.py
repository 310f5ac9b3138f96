"""`on_sale_from`: nobody but staff books or holds a seat before, by the database's clock."""

import threading
import time
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from cinema.seats.models import Booking
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.factories import BookingFactory, ShowFactory, UserFactory


@pytest.fixture
def show(db):
    """A show of tomorrow whose sale begins in an hour."""
    return ShowFactory(on_sale_from=timezone.now() + timedelta(hours=1))


CALLS = {
    "book": ("post", "book/", {"seat_number": 1}),
    "hold": ("put", "hold/", {"seat_numbers": [1, 2]}),
    "best": ("put", "hold/", {"best": 2}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("call", CALLS)
def test_seats_are_not_sold_before_the_sale_begins(as_alice, show, call):
    method, path, body = CALLS[call]
    response = getattr(as_alice, method)(f"/shows/{show.pk}/{path}", body, format="json")
    problem = response.json()
    assert (response.status_code, problem["code"]) == (409, "not_on_sale")
    assert problem["on_sale_from"] == show.on_sale_from.isoformat().replace("+00:00", "Z")
    assert 3590 < problem["retry_after"] <= 3600
    assert not Booking.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("call", CALLS)
def test_staff_may_sell_before(as_staff, show, call):
    method, path, body = CALLS[call]
    response = getattr(as_staff, method)(f"/shows/{show.pk}/{path}", body, format="json")
    assert response.status_code in (200, 201)


@pytest.mark.django_db
@pytest.mark.parametrize("call", CALLS)
def test_seats_are_sold_when_the_sale_has_begun(as_alice, show, call):
    Show.objects.update(on_sale_from=timezone.now())
    test_staff_may_sell_before(as_alice, show, call)


@pytest.mark.django_db
def test_sale_that_is_postponed_stops_holds_but_not_cancels(as_alice, alice, show):
    Show.objects.update(on_sale_from=None)
    booking = BookingFactory(show=show, user=alice, seat_number=3)
    as_alice.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [1]}, format="json")
    Show.objects.update(on_sale_from=show.on_sale_from)
    assert as_alice.post(f"/shows/{show.pk}/hold/book/").json()["code"] == "not_on_sale"
    assert as_alice.post(f"/bookings/{booking.pk}/cancel/").status_code == 200


@pytest.mark.django_db
def test_other_reasons_come_first(as_alice, show):
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 13}).json()["code"] == "seat_not_found"
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).json()["code"] == "show_started"


@pytest.mark.django_db
def test_staff_open_the_sale_by_api(as_staff, show):
    response = as_staff.patch(f"/shows/{show.pk}/", {"on_sale_from": None})
    assert (response.status_code, response.json()["on_sale_from"]) == (200, None)


@pytest.mark.django_db(transaction=True)
def test_rush_at_the_opening_second_sells_each_seat_once_and_none_before(server):
    """64 clients try all the time, from before the sale begins until each has a seat or there is none."""
    users = UserFactory.create_batch(64)
    opening = timezone.now() + timedelta(seconds=3)
    show = ShowFactory(on_sale_from=opening, total_seats=40)
    refused_before_opening = threading.Event()

    def buy(number, user):
        seat = 1 + number % 40
        while True:
            answer = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": seat}, user=user)
            if answer.code != "not_on_sale":
                assert timezone.now() >= opening
                return answer.code or answer.status
            refused_before_opening.set()
            time.sleep(0.2)

    results = run_concurrently([partial(buy, number, user) for number, user in enumerate(users)])
    assert refused_before_opening.is_set()
    assert sorted(map(str, results)) == ["201"] * 40 + ["seat_taken"] * 24
    assert_consistent()
