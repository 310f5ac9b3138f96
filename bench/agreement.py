"""What must hold when all is done: shows, seats and bookings agree, and so many seats are sold."""

from collections.abc import Sequence
from io import StringIO

from django.core.management import call_command

from bench.wrong import Wrong, require


def check() -> None:
    """Over the whole database, by the service's own command."""
    told = StringIO()
    try:
        call_command("check_seats", stdout=told, stderr=told)
    except SystemExit:
        raise Wrong(told.getvalue()[-1000:]) from None


def check_sold(shows: Sequence[int], number: int) -> None:
    from cinema.seats.models import Booking

    sold = Booking.objects.live().filter(show__in=shows).count()
    require(sold == number, f"{sold} seats are sold, not {number}.")
