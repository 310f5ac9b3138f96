"""API view of the door: staff scan tickets and admit their bookings."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.api.permissions import StaffPermission
from cinema.seats.api.booking_serializers import StaffBookingSerializer, represent_for_staff
from cinema.seats.booking import door
from cinema.seats.exceptions import AlreadyAdmitted, AlreadyCancelled, InvalidTicket, WrongShow
from cinema.shows.exceptions import ShowNotFound

MAX_CODE_LENGTH = 200


@extend_schema_serializer(examples=[OpenApiExample("A scanned ticket", {"ticket": "B7-31.l5XfHbJbYw…"})])
class AdmitSerializer(serializers.Serializer):
    ticket = serializers.CharField(
        max_length=MAX_CODE_LENGTH, help_text="The `ticket` of a booking, or its `order_ticket`."
    )


class AdmittedSerializer(serializers.Serializer):
    admitted = StaffBookingSerializer(many=True)


class Admit(APIView):
    permission_classes = [StaffPermission]
    required_permission = "seats.admit_booking"
    problems = {"POST": [ShowNotFound, InvalidTicket, WrongShow, AlreadyAdmitted, AlreadyCancelled]}

    @extend_schema(
        tags=["Tickets"],
        summary="Admit the bookings of a ticket",
        description=(
            "Admits the booking, or all bookings of the order that are live and not admitted yet, each once. "
            "Needs the permission `seats.admit_booking`."
        ),
        request=AdmitSerializer,
        responses=AdmittedSerializer,
    )
    def post(self, request: Request, show_id: int) -> Response:
        serializer = AdmitSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data: Any = serializer.validated_data
        bookings = door.admit(show_id=show_id, code=data["ticket"])
        return Response({"admitted": [represent_for_staff(booking) for booking in bookings]})
