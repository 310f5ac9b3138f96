"""Bookings in the admin: staff find and cancel them.

No form changes a booking, because a form could make seats and bookings disagree. Seats have no admin page for
the same reason.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from cinema.seats.admin.actions import can_cancel_bookings, cancel_bookings
from cinema.seats.models import Booking
from cinema.seats.receivers import delete_bookings
from cinema.shows.admin.lookups import LookupErrorsMixin


@admin.register(Booking)
class BookingAdmin(LookupErrorsMixin):
    list_display = ["id", "user", "show", "seat", "status", "created_at"]
    list_filter = ["status", "show__screen_name", "show__date_time"]
    search_fields = ["user__username", "show__movie__title", "show__screen_name"]
    ordering = ["-id"]
    fields = ["user", "show", "seat", "status", "created_at"]
    readonly_fields = ["seat"]
    actions = ["cancel"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        return Booking.objects.with_details().select_related("user")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return can_cancel_bookings(request)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        delete_bookings(queryset)

    @admin.display(description="Seat", ordering="seat_number")
    def seat(self, booking: Any) -> str:
        return f"{booking.seat_label} (number {booking.seat_number})"

    @admin.action(description="Cancel selected bookings", permissions=["cancel"])
    def cancel(self, request: HttpRequest, bookings: QuerySet[Booking]) -> None:
        cancel_bookings(request, bookings.values_list("pk", flat=True))
