"""API views of a booking's ticket, as a QR code and as a calendar file."""

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from cinema.seats.api.bookings import booking_for
from cinema.seats.exceptions import AlreadyCancelled, BookingNotFound
from cinema.seats.models import Booking
from cinema.seats.tickets.calendar import booking_calendar
from cinema.seats.tickets.codes import booking_code
from cinema.seats.tickets.qr import qr_svg


class TicketQuerySerializer(serializers.Serializer):
    order = serializers.BooleanField(
        default=False, help_text="`true`: the code of the order, which admits all of its bookings."
    )


def live_booking(request: Request, booking_id: int) -> Booking:
    booking = booking_for(request.user, booking_id)
    if not booking.is_live:
        raise AlreadyCancelled("This booking is cancelled, so it has no ticket. Book a seat again.")
    return booking


class TicketCode(APIView):
    problems = {"GET": [BookingNotFound, AlreadyCancelled, ValidationError]}

    @extend_schema(
        tags=["Tickets"],
        summary="Get the QR code of a ticket",
        parameters=[TicketQuerySerializer],
        responses={(200, "image/svg+xml"): OpenApiResponse(OpenApiTypes.STR, "The QR code of `ticket`.")},
    )
    def get(self, request: Request, booking_id: int) -> HttpResponse:
        query = TicketQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        booking = live_booking(request, booking_id)
        of_order = booking.order_ticket if query.validated_data["order"] else None
        code = of_order or booking_code(booking.show_id, booking.pk)
        return HttpResponse(qr_svg(code, f"Ticket of booking {booking.pk}"), content_type="image/svg+xml")


class TicketCalendar(APIView):
    problems = {"GET": [BookingNotFound, AlreadyCancelled]}

    @extend_schema(
        tags=["Tickets"],
        summary="Get a booking as a calendar file",
        responses={(200, "text/calendar"): OpenApiResponse(OpenApiTypes.STR, "An event of RFC 5545.")},
    )
    def get(self, request: Request, booking_id: int) -> HttpResponse:
        booking = live_booking(request, booking_id)
        content = booking_calendar(booking, host=request.get_host(), cinema_name=settings.CINEMA_NAME)
        headers = {"Content-Disposition": f'attachment; filename="booking-{booking.pk}.ics"'}
        return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)
