"""Bookings in the admin: staff find them, cancel live ones, and delete cancelled ones.

No form changes a booking, because a form could make seats and bookings disagree. Seats have no admin page for
the same reason.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from cinema.api.bidi import isolate
from cinema.api.folded_search import FoldedSearchMixin
from cinema.seats.admin.actions import can_cancel_bookings, cancel_bookings, confirm_cancel
from cinema.seats.admin.day import DayPagesMixin
from cinema.seats.admin.moves import MovePageMixin
from cinema.seats.admin.till import TillPagesMixin
from cinema.seats.models import Booking, BookingQuerySet
from cinema.seats.orders import read_order

# One page must list them for confirmation, and one request must cancel them before its timeout.
MAX_SELECTED = 1000


@admin.register(Booking)
class BookingAdmin(DayPagesMixin, TillPagesMixin, MovePageMixin, FoldedSearchMixin):
    list_display = ["id", "order", "user", "guest", "show", "seat", "status", "created_at"]
    list_filter = ["status", "show__screen_name", "show__date_time"]
    search_fields = [
        *("=id", "=order", "=seat_label", "user__folded__search__contains", "guest_folded__contains"),
        *("show__movie__title_folded__contains", "show__screen_folded__contains"),
    ]
    search_help_text = (
        "Order, booking number, seat, user, guest, email address, movie or screen. Several words narrow the "
        "search."
    )
    ordering = ["-id"]
    fields = [
        *("order", "user", "guest", "sold_by", "show", "seat", "status", "created_at"),
        *("cancelled_at", "cancelled_because"),
    ]
    readonly_fields = ["guest", "seat"]
    actions = ["cancel"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        return Booking.objects.with_details().select_related("user", "sold_by")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Booking], search_term: str) -> Any:
        """Also finds an order that was typed without its dash."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        order = read_order(search_term)
        return (found | queryset.filter(order=order) if order else found), duplicates

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return can_cancel_bookings(request)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Refuses to delete live bookings, because the user may have paid for them."""
        live = [
            f"{booking}, booking {booking.pk}, is live. "
            "Only cancelled bookings can be deleted. Cancel it first."
            for booking in objs
            if booking.is_live
        ]
        missing_permissions = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return [str(booking) for booking in objs], {"bookings": len(objs)}, missing_permissions, live

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        # If staff selected all rows of a filter, the queryset may contain a booking made since.
        queryset.cancelled().delete()

    @admin.display(description="Seat", ordering="seat_number")
    def seat(self, booking: Any) -> str:
        return f"{isolate(booking.seat_label)} (number {booking.seat_number})"

    @admin.display(description="Guest", ordering="guest_name")
    def guest(self, booking: Any) -> str:
        return isolate(booking.guest_name) if booking.guest_name else ""

    @admin.action(description="Cancel selected bookings", permissions=["cancel"])
    def cancel(self, request: HttpRequest, bookings: BookingQuerySet) -> HttpResponse | None:
        """Cancels the bookings after a confirmation."""
        if "post" in request.POST:
            cancel_bookings(self, request, bookings.values_list("pk", flat=True))
            return None
        selected = list(bookings[: MAX_SELECTED + 1])
        live = [booking for booking in selected if booking.is_live]
        if len(selected) > MAX_SELECTED:
            messages.warning(request, f"Select at most {MAX_SELECTED} bookings at once.")
        elif not live:
            messages.warning(request, "All selected bookings are already cancelled. Select live ones.")
        else:
            return self._confirm_cancel(request, live, len(selected) - len(live))
        return None

    def _confirm_cancel(self, request: HttpRequest, live: list[Booking], skipped: int) -> HttpResponse:
        are = "is" if skipped == 1 else "are"
        return confirm_cancel(
            self,
            request,
            live,
            ids_name=ACTION_CHECKBOX_NAME,
            form={"action": "cancel", "post": "yes"},
            title="Cancel bookings",
            back=request.get_full_path(),
            skipped=skipped and f"{skipped} of the selected bookings {are} already cancelled.",
        )
