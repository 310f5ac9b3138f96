"""Staff cancel bookings, from the list of bookings or from a seat map."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from rest_framework.exceptions import APIException

from cinema.seats.admin.holders import buyer_name
from cinema.seats.booking import services
from cinema.shows.messages import problem_message


def can_cancel_bookings(request: HttpRequest) -> bool:
    """Requires the permission to change bookings. It allows nothing else, because no form changes a booking."""
    return request.user.has_perm("seats.change_booking")


def confirm_cancel(
    model_admin: ModelAdmin, request: HttpRequest, bookings: list[Any], *, ids_name: str, **context: Any
) -> HttpResponse:
    """Asks for confirmation, with a page that lists the bookings.

    The answer posts the ids as `ids_name`, and the fields of `form`, to the same page. The ids keep the
    confirmation from cancelling a booking that another user made in the meantime.
    """
    for booking in bookings:
        booking.holder = buyer_name(booking)
    context |= {"bookings": bookings, "ids_name": ids_name, **model_admin.admin_site.each_context(request)}
    return TemplateResponse(request, "admin/seats/cancel_confirmation.html", context)


def cancel_bookings(model_admin: ModelAdmin, request: HttpRequest, booking_ids: Iterable[int]) -> list[int]:
    """Cancels the bookings in the order of their ids, and returns the ids of the cancelled ones.

    Each booking has its own transaction, which also adds a line to its history. A booking that cannot be
    cancelled gets a warning, and does not keep the others from being cancelled.
    """
    cancelled: list[int] = []
    for booking_id in sorted(booking_ids):
        if booking_id in cancelled:
            continue  # The other half of a sofa.
        try:
            with transaction.atomic():
                booking = services.cancel(booking_id=booking_id)
                bookings = [booking, booking.other_half] if booking.other_half else [booking]
                for booking in bookings:
                    model_admin.log_change(request, booking, "Cancelled.")
            cancelled += [booking.pk for booking in bookings]
        except APIException as problem:
            messages.warning(request, f"Booking {booking_id}: {problem_message(problem)}")
    if cancelled:
        messages.success(request, f"Cancelled {len(cancelled)} booking{pluralize(len(cancelled))}.")
    return cancelled
