"""Checks of the database after a measurement."""

from collections.abc import Sequence
from io import StringIO

from django.core.management import call_command

from bench.errors import BenchmarkError, require


def check() -> None:
    """Requires that `manage.py check_seats` finds no inconsistency in the whole database."""
    output = StringIO()
    try:
        call_command("check_seats", stdout=output, stderr=output)
    except SystemExit:
        raise BenchmarkError(output.getvalue()[-1000:]) from None


def check_sold(shows: Sequence[int], expected: int) -> None:
    """Requires that these shows have this many live bookings in total."""
    from cinema.seats.models import Booking

    sold = Booking.objects.live().filter(show__in=shows).count()
    require(sold == expected, f"{sold} seats are sold, expected {expected}.")
