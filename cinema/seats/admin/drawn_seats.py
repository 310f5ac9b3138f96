"""The seats of a show with their status, drawn for the forms in which staff choose some of them."""

from typing import Any

from django.http import HttpRequest

from cinema.seats.admin.holders import annotate_holders
from cinema.seats.admin.svg import drawing
from cinema.seats.models import Seat, ShowLayout
from cinema.seats.status import STATUSES, status_letter
from cinema.shows.models import Show


def seats_with_status(show: Show) -> list[Any]:
    """Returns the seats by number, with their `status` and the holder that `annotate_holders` adds."""
    seats = list(annotate_holders(Seat.objects.filter(show=show).with_held().order_by("number")))
    for seat in seats:
        seat.status = STATUSES[status_letter(taken=seat.taken, blocked=seat.blocked, held=seat.held)]
    return seats


def draw_seats(show: Show, seats: list[Any]) -> dict[str, Any]:
    """Returns the context of `hall_drawing.html`, with the areas of the show's layout."""
    layout = ShowLayout.objects.filter(show=show).first()
    return drawing(seats, layout.layout if layout else None)


def posted_numbers(request: HttpRequest, name: str) -> list[int]:
    """Returns the distinct numbers of a form field in order.

    Skips values that are no number, and numbers too large for the database.
    """
    values = request.POST.getlist(name)
    return sorted({int(value) for value in values if value.isdecimal() and len(value) < 10})
