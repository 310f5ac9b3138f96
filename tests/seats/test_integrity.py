"""`check_seats` proves the agreement, says what does not agree, and repairs what is unambiguous."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from tests.factories import BookingFactory, ShowFactory

pytestmark = pytest.mark.django_db


def check(*options):
    """Exit status and output."""
    out, err = StringIO(), StringIO()
    try:
        call_command("check_seats", *options, stdout=out, stderr=err)
    except SystemExit as exit:
        return exit.code, out.getvalue() + err.getvalue()
    return 0, out.getvalue() + err.getvalue()


def seat(show, number):
    return Seat.objects.filter(show=show, number=number)


def test_all_is_well(alice, show):
    BookingFactory(user=alice, show=show)
    assert check() == (0, "Shows, seats and bookings agree.\n")


def test_an_empty_database_is_well(db):
    assert check()[0] == 0


def free_a_sold_seat(show):
    seat(show, 3).update(taken=False)
    return f"show {show.pk}, seat 3: is not taken although it has a live booking"


def take_an_unsold_seat(show):
    seat(show, 5).update(taken=True)
    return f"show {show.pk}, seat 5: is taken without a live booking"


def lose_a_seat(show):
    seat(show, 6).delete()
    return f"show {show.pk}: has 11 seats, not exactly 1 to 12"


def lose_a_sold_seat(show):
    seat(show, 3).delete()
    return f"show {show.pk}, seat 3: has a live booking but does not exist"


def lose_all_seats(show):
    Seat.objects.filter(show=show).delete()
    return f"show {show.pk}: has 0 seats, not exactly 1 to 12"


def want_more_seats(show):
    Show.objects.filter(pk=show.pk).update(total_seats=20)
    return f"show {show.pk}: has 12 seats, not exactly 1 to 20"


def want_fewer_seats(show):
    Show.objects.filter(pk=show.pk).update(total_seats=4)
    return f"show {show.pk}: has 12 seats, not exactly 1 to 4"


def hold_for_ever(show):
    now = timezone.now()
    held = {"held_by": 1, "held_since": now, "held_until": now + timedelta(days=9)}
    seat(show, 7).update(**held)
    return f"show {show.pk}, seat 7: has a hold that lasts longer than the settings allow"


def lose_a_booking(show):
    Booking.objects.filter(show=show)._raw_delete("default")
    return f"show {show.pk}, seat 3: is taken without a live booking"


@pytest.mark.parametrize(
    "spoil",
    [
        free_a_sold_seat,
        take_an_unsold_seat,
        lose_a_seat,
        lose_a_sold_seat,
        lose_all_seats,
        want_more_seats,
        want_fewer_seats,
        lose_a_booking,
        hold_for_ever,
    ],
)
def test_what_does_not_agree_is_said_and_then_repaired(alice, show, spoil):
    BookingFactory(user=alice, show=show, seat_number=3)
    BookingFactory(user=alice, seat_number=3)
    fault = spoil(show)

    status, output = check()
    assert status == 1
    assert fault in output

    status, output = check("--fix")
    assert status == 0
    assert f"fixed: {fault}" in output
    assert check()[0] == 0


def test_what_is_ambiguous_is_left_to_a_human(alice, show):
    """A taken seat beyond the show's total: is the total wrong, or the booking?"""
    BookingFactory(user=alice, show=show, seat_number=12)
    Show.objects.update(total_seats=5)
    status, output = check("--fix")
    assert status == 1
    assert "has 12 seats, not exactly 1 to 5" in output
    assert seat(show, 12).get().taken
    assert Booking.objects.live().exists()


def test_it_looks_at_shows_in_batches(db, monkeypatch):
    """Memory is bounded by the batch: each query names a batch of shows and brings only what is wrong."""
    monkeypatch.setattr("cinema.seats.management.commands.check_seats.BATCH", 2)
    shows = ShowFactory.create_batch(5)
    take_an_unsold_seat(shows[4])
    with CaptureQueriesContext(connection) as queries:
        status, _ = check()
    assert status == 1
    assert len(queries) == 2 + 4 + 3 * 5
