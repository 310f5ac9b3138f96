"""Bookings cancelled by staff, in the list of bookings or on a drawn hall: each by its id, and one by one."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest
from rest_framework.exceptions import APIException

from cinema.seats.booking import services


def can_cancel_bookings(request: HttpRequest) -> bool:
    """No form changes a booking (see `admin.py`): who may change them may cancel them."""
    return request.user.has_perm("seats.change_booking")


def cancel_bookings(request: HttpRequest, booking_ids: Iterable[int]) -> list[int]:
    """Cancels them in the order of their ids, and answers which were cancelled.

    Each has a transaction of its own: a refusal is told in words, and undoes no other.
    """
    cancelled = []
    for booking_id in sorted(booking_ids):
        try:
            services.cancel(booking_id=booking_id)
            cancelled.append(booking_id)
        except APIException as refusal:
            messages.warning(request, f"Booking {booking_id}: {refusal.detail}")
    if cancelled:
        messages.success(request, f"Cancelled {len(cancelled)} booking{'' if len(cancelled) == 1 else 's'}.")
    return cancelled
