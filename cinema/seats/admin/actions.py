"""Staff cancel bookings, from the list of bookings or from a seat map."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from rest_framework.exceptions import APIException

from cinema.seats.booking import services
from cinema.shows.messages import problem_message


def can_cancel_bookings(request: HttpRequest) -> bool:
    """Requires the permission to change bookings. It allows nothing else, because no form changes a booking."""
    return request.user.has_perm("seats.change_booking")


def cancel_bookings(request: HttpRequest, booking_ids: Iterable[int]) -> list[int]:
    """Cancels the bookings in the order of their ids, and returns the ids of the cancelled ones.

    Each booking has its own transaction. A booking that cannot be cancelled gets a warning, and does not keep
    the others from being cancelled.
    """
    cancelled = []
    for booking_id in sorted(booking_ids):
        try:
            services.cancel(booking_id=booking_id)
            cancelled.append(booking_id)
        except APIException as problem:
            messages.warning(request, f"Booking {booking_id}: {problem_message(problem)}")
    if cancelled:
        messages.success(request, f"Cancelled {len(cancelled)} booking{pluralize(len(cancelled))}.")
    return cancelled
