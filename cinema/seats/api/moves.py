"""API view that moves a booking to another seat."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.seats.api.booking_serializers import BookingSerializer, represent_booking
from cinema.seats.api.fields import SeatNumberField
from cinema.seats.api.throttling import BookingThrottle
from cinema.seats.booking.move import move
from cinema.seats.exceptions import (
    AlreadyAdmitted,
    AlreadyCancelled,
    AlreadyYours,
    BookingNotFound,
    LeavesSingleSeat,
    NotOnSale,
    OtherPrice,
    SeatBlocked,
    SeatHeld,
    SeatNotFound,
    SeatTaken,
    ShowStarted,
    SoldTogether,
)
from cinema.shows.exceptions import ShowCancelled


@extend_schema_serializer(examples=[OpenApiExample("To seat 14", {"seat_number": 14})])
class MoveSerializer(serializers.Serializer):
    seat_number = SeatNumberField(help_text="The new seat, from 1 to the `total_seats` of the show.")


class Move(APIView):
    throttle_classes = [BookingThrottle]
    problems = {
        "POST": [
            *(BookingNotFound, AlreadyCancelled, AlreadyAdmitted),
            *(SeatNotFound, SeatTaken, SeatHeld, SeatBlocked, SoldTogether, AlreadyYours),
            *(ShowCancelled, ShowStarted, NotOnSale, OtherPrice, LeavesSingleSeat),
        ]
    }

    @extend_schema(
        tags=["Bookings"],
        summary="Move a booking to another seat",
        description=(
            "Takes the new seat and frees the old one, or changes nothing. The booking keeps its id, order and "
            "ticket. A booking that already has the seat is returned as it is. A sofa moves whole, to another "
            "sofa: the answer is this booking, and the one of the other half goes along. Staff with the "
            "permission `seats.change_booking` move everybody's bookings, also admitted ones, and to seats of "
            "another price; the booking keeps its price."
        ),
        request=MoveSerializer,
        responses=BookingSerializer,
    )
    def post(self, request: Request, booking_id: int) -> Response:
        serializer = MoveSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data: Any = serializer.validated_data
        booking = move(
            booking_id=booking_id,
            seat_number=data["seat_number"],
            user_id=int(str(request.user.pk)),
            is_staff=request.user.is_staff and request.user.has_perm("seats.change_booking"),
        )
        return Response(represent_booking(booking))
