"""`check_seats` finds inconsistencies, and repairs those that have only one possible repair."""

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


def check_seats(*options):
    """Runs the command; returns its exit status and output."""
    output = StringIO()
    try:
        call_command("check_seats", *options, stdout=output, stderr=output)
    except SystemExit as error:
        return error.code, output.getvalue()
    return 0, output.getvalue()


def seat(show, number):
    return Seat.objects.filter(show=show, number=number)


def test_consistent_database_passes_check_seats(alice, show):
    BookingFactory(user=alice, show=show)
    assert check_seats() == (0, "Shows, seats and bookings agree.\n")


def test_empty_database_passes_check_seats(db):
    assert check_seats()[0] == 0


# Each of these functions makes one inconsistency, and returns the message that reports it.


def free_booked_seat(show):
    seat(show, 3).update(taken=False)
    return f"show {show.pk}, seat 3: is not taken although it has a live booking"


def take_unbooked_seat(show):
    seat(show, 5).update(taken=True)
    return f"show {show.pk}, seat 5: is taken without a live booking"


def delete_seat(show):
    seat(show, 6).delete()
    return f"show {show.pk}: has 11 seats, not exactly 1 to 12"


def delete_booked_seat(show):
    seat(show, 3).delete()
    return f"show {show.pk}, seat 3: has a live booking but does not exist"


def delete_all_seats(show):
    Seat.objects.filter(show=show).delete()
    return f"show {show.pk}: has 0 seats, not exactly 1 to 12"


def raise_total_seats(show):
    Show.objects.filter(pk=show.pk).update(total_seats=20)
    return f"show {show.pk}: has 12 seats, not exactly 1 to 20"


def lower_total_seats(show):
    Show.objects.filter(pk=show.pk).update(total_seats=4)
    return f"show {show.pk}: has 12 seats, not exactly 1 to 4"


def hold_for_nine_days(show):
    now = timezone.now()
    seat(show, 7).update(held_by=1, held_since=now, held_until=now + timedelta(days=9))
    return f"show {show.pk}, seat 7: has a hold that lasts longer than the settings allow"


def delete_booking(show):
    Booking.objects.filter(show=show)._raw_delete("default")
    return f"show {show.pk}, seat 3: is taken without a live booking"


def rename_booked_seat(show):
    seat(show, 3).update(label="Z9")
    return f"show {show.pk}, seat 3: is labeled Z9, but its live booking says A3"


def remove_sold_label(show):
    Booking.objects.filter(show=show).update(sold_label="")
    return f"show {show.pk}, seat 3: is labeled A3, but its live booking has no label"


def call_off_without_its_seats(show):
    Booking.objects.filter(show=show).update(status="cancelled")
    Show.objects.filter(pk=show.pk).update(status="cancelled")
    return f"show {show.pk}, seat 5: is not blocked although the show was called off"


@pytest.mark.parametrize(
    "make_inconsistent",
    [
        call_off_without_its_seats,
        rename_booked_seat,
        remove_sold_label,
        free_booked_seat,
        take_unbooked_seat,
        delete_seat,
        delete_booked_seat,
        delete_all_seats,
        raise_total_seats,
        lower_total_seats,
        delete_booking,
        hold_for_nine_days,
    ],
)
def test_inconsistency_is_reported_and_then_repaired(alice, show, make_inconsistent):
    BookingFactory(user=alice, show=show, seat_number=3)
    BookingFactory(user=alice, seat_number=3)
    message = make_inconsistent(show)

    status, output = check_seats()
    assert status == 1
    assert message in output

    status, output = check_seats("--fix")
    assert status == 0
    assert f"fixed: {message}" in output
    assert check_seats()[0] == 0


def test_taken_seat_beyond_the_total_is_reported_and_not_repaired(alice, show):
    """Either the total or the booking may be wrong, so a person has to decide."""
    BookingFactory(user=alice, show=show, seat_number=12)
    Show.objects.update(total_seats=5)
    status, output = check_seats("--fix")
    assert status == 1
    assert "has 12 seats, not exactly 1 to 5" in output
    assert seat(show, 12).get().taken
    assert Booking.objects.live().exists()


def test_live_booking_of_a_show_that_was_called_off_is_reported_and_not_repaired(alice, show):
    BookingFactory(user=alice, show=show, seat_number=3)
    Show.objects.update(status="cancelled")
    status, output = check_seats("--fix")
    assert status == 1
    assert output.count("\nshow") == 1
    assert f"\nshow {show.pk}, seat 3: is not blocked although the show was called off\n" in output
    assert Booking.objects.live().exists()


def test_sold_label_that_another_seat_has_is_reported_and_not_repaired(alice, show):
    BookingFactory(user=alice, show=show, seat_number=3)
    Booking.objects.update(sold_label="A4")
    status, output = check_seats("--fix")
    assert status == 1
    assert "seat 3: is labeled A3, but its live booking says A4" in output
    assert seat(show, 3).get().label == "A3"


def test_restored_seat_gets_the_label_that_was_sold(alice, show):
    BookingFactory(user=alice, show=show, seat_number=3)
    Booking.objects.update(sold_label="Box 3")
    seat(show, 3).delete()
    assert check_seats("--fix")[0] == 0
    assert seat(show, 3).get().label == "Box 3"


def test_shows_are_checked_in_batches(db, monkeypatch):
    """Each query is limited to one batch of shows, and so is the memory that it needs."""
    monkeypatch.setattr("cinema.seats.management.commands.check_seats.BATCH", 2)
    shows = ShowFactory.create_batch(5)
    take_unbooked_seat(shows[4])
    with CaptureQueriesContext(connection) as queries:
        status, _ = check_seats()
    assert status == 1
    assert len(queries) == 4 + 4 + 3 * 9
