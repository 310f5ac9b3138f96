"""The admin's page on which staff move a booking to another seat."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from rest_framework.exceptions import APIException

from cinema.api.bidi import isolate
from cinema.seats.admin.actions import can_cancel_bookings
from cinema.seats.admin.drawn_seats import draw_seats, posted_numbers, seats_with_status
from cinema.seats.admin.holders import buyer_name
from cinema.seats.booking.move import move
from cinema.seats.models import Booking
from cinema.shows.messages import problem_message


class MovePageMixin(admin.ModelAdmin):
    """Adds the page to the admin of bookings. It needs the permissions to change and to view bookings."""

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.move_view)
        return [path("move/<id:booking_id>/", view, name="seats_booking_move"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Shows the links to move and to cancel only to users who may do that."""
        context = {"can_move": can_cancel_bookings(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def move_view(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        if not (can_cancel_bookings(request) and self.has_view_permission(request)):
            raise PermissionDenied
        booking: Any = Booking.objects.with_details().select_related("user").filter(pk=booking_id).first()
        if booking is None:
            raise Http404
        if request.method == "POST" and self._move(request, booking):
            return HttpResponseRedirect(reverse("admin:seats_booking_change", args=[booking.pk]))
        context = {
            "title": f"Move booking {booking.pk}",
            "opts": self.opts,
            "booking": booking,
            "buyer": buyer_name(booking),
            "drawing": draw_seats(booking.show, seats_with_status(booking.show)),
            "tickable": {"available"},
            **self.admin_site.each_context(request),
        }
        return TemplateResponse(request, "admin/seats/move.html", context)

    def _move(self, request: HttpRequest, booking: Any) -> bool:
        """Moves the booking to the chosen seat. After a problem it adds a message and returns False."""
        numbers = posted_numbers(request, "seats")
        if len(numbers) != 1:
            messages.error(request, "Nothing was moved. Choose the new seat.")
            return False
        try:
            moved: Any = move(
                booking_id=booking.pk,
                seat_number=numbers[0],
                user_id=int(str(request.user.pk)),
                is_staff=True,
            )
        except APIException as problem:
            messages.error(request, f"Nothing was moved. {problem_message(problem)}")
            return False
        change = f"from {isolate(booking.seat_label)} to {isolate(moved.seat_label)}"
        self.log_change(request, moved, f"Moved {change}.")
        messages.success(request, f"Booking {booking.pk} was moved {change}.")
        return True
