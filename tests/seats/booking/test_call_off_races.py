"""No user gets or keeps a seat while the show is called off."""

import random
import threading
from collections import Counter
from functools import partial

import pytest
from django.db import connection
from django.db.models import QuerySet
from rest_framework.exceptions import APIException

from cinema.seats.booking import services
from cinema.seats.exceptions import AlreadyCancelled, NoHold
from cinema.seats.models import Booking, Seat
from cinema.shows.exceptions import ShowCancelled
from tests.assertions import assert_consistent
from tests.concurrency import (
    run_concurrently,
    run_while_uncommitted,
    wait_until_another_waits_for_this_transaction,
)
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.seat_state import block, statuses_of, unblock
from tests.seats.booking.test_call_off import call_off

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_no_booking_is_live_after_a_show_was_called_off_during_40_buyers():
    """They book, hold, book the hold, and cancel at once, until the show is called off."""
    users = UserFactory.create_batch(40)
    for _ in range(3):
        show = ShowFactory(total_seats=8)

        def buy(user, show=show):
            sale = {"user_id": user.pk, "show_id": show.pk}
            bookings, choose = [], random.Random(user.pk)
            while True:
                seats = choose.sample(range(1, 9), 2)
                try:
                    if choose.random() < 0.5:
                        bookings = [services.book(**sale, seat_number=seats[0])]
                    else:
                        services.hold_seats(**sale, seat_numbers=seats)
                        bookings = services.book_hold(**sale)
                    for booking in bookings:
                        services.cancel(booking_id=booking.pk, user_id=user.pk)
                except (ShowCancelled, AlreadyCancelled) as refusal:
                    return type(refusal)
                except APIException:
                    continue

        def call_off_later(show=show):
            while Booking.objects.filter(show=show).count() < 30:
                pass
            return call_off(show)

        called_off, *refusals = run_concurrently([call_off_later, *(partial(buy, user) for user in users)])
        assert isinstance(called_off, int)
        assert set(Counter(refusals)) <= {ShowCancelled, AlreadyCancelled}
        assert not Booking.objects.live().filter(show=show).exists()
        assert Booking.objects.filter(show=show, cancelled_because="show_cancelled").count() == called_off
        assert statuses_of(show) == "b" * 8
        assert_consistent()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("call", ["book", "hold", "book_hold", "cancel", "unblock", "call off"])
def test_call_that_waits_for_a_show_being_called_off_is_rejected(alice, bob, show, call):
    sale = {"user_id": alice.pk, "show_id": show.pk}
    booking = BookingFactory(user=alice, show=show, seat_number=5)
    services.hold_seats(**sale, seat_numbers=[2])
    block(show, 7)
    run, expected = {
        "book": (partial(services.book, **sale, seat_number=1), ShowCancelled),
        "hold": (partial(services.hold_seats, **sale, seat_numbers=[1]), ShowCancelled),
        "book_hold": (partial(services.book_hold, **sale), ShowCancelled),
        "cancel": (partial(services.cancel, booking_id=booking.pk, user_id=alice.pk), AlreadyCancelled),
        "unblock": (partial(unblock, show, 7), list),
        "call off": (partial(call_off, show), AlreadyCancelled),
    }[call]
    called_off, result = run_while_uncommitted(partial(call_off, show), run)
    assert (called_off, type(result)) == (1, expected), result
    assert result if call != "unblock" else result == []
    assert statuses_of(show) == "b" * 12
    assert_consistent()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_seat_that_is_sold_and_cancelled_while_its_show_is_locked_causes_no_deadlock(alice, show, monkeypatch):
    """Alice books a seat after the bookings were read, and cancels when all seats are locked.

    Her cancel has locked her booking and waits for the seat.
    """
    lock = QuerySet.select_for_update
    threads = []

    def act_first(queryset, *args, **kwargs):
        if queryset.model is Seat and not threads:
            threads.append(None)
            run_concurrently([partial(services.book, user_id=alice.pk, show_id=show.pk, seat_number=12)])
        if kwargs.get("skip_locked") and threads == [None]:
            booking = Booking.objects.get()
            cancel = partial(services.cancel, booking_id=booking.pk, user_id=alice.pk)
            threads.append(threading.Thread(target=run_concurrently, args=[[cancel]]))
            threads[-1].start()
            wait_until_another_waits_for_this_transaction()
        return lock(queryset, *args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", act_first)
    assert call_off(show) == 0
    threads[-1].join(60)
    assert Booking.objects.get().cancelled_because == "owner"
    assert_consistent()


def test_hold_of_a_show_that_was_called_off_is_gone(alice, show):
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1])
    call_off(show)
    with pytest.raises(NoHold):
        services.current_hold(user_id=alice.pk, show_id=show.pk)
    services.release_hold(user_id=alice.pk, show_id=show.pk)
    assert statuses_of(show) == "b" * 12
