"""API view of the till: staff sell seats to guests without an account."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.api.permissions import StaffPermission
from cinema.seats.api.booking_serializers import StaffBookingSerializer, represent_for_staff
from cinema.seats.api.fields import KindsField, SeatNumberField
from cinema.seats.api.idempotency import idempotency_parameters, read_key, replayed_header
from cinema.seats.booking import till
from cinema.seats.exceptions import (
    IdempotencyKeyReused,
    NoSuchPrice,
    SeatBlocked,
    SeatHeld,
    SeatNotFound,
    SeatTaken,
    ShowStarted,
)
from cinema.seats.models import MAX_GUEST_NAME_LENGTH
from cinema.shows.exceptions import ShowCancelled, ShowNotFound
from cinema.shows.limits import MAX_SEATS


@extend_schema_serializer(
    examples=[
        OpenApiExample("Two seats", {"seat_numbers": [5, 6]}),
        OpenApiExample(
            "For an adult and a child",
            {"seat_numbers": [5, 6], "guest_name": "Rosa Klein", "kinds": {"6": "Child"}},
        ),
    ]
)
class SellSerializer(serializers.Serializer):
    seat_numbers = serializers.ListField(child=SeatNumberField(), allow_empty=False, max_length=MAX_SEATS)
    guest_name = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=MAX_GUEST_NAME_LENGTH
    )
    kinds = KindsField(
        required=False,
        help_text="The kinds of the prices by seat number. Other seats get the first kind of the list.",
    )
    blocked = serializers.BooleanField(
        default=False, help_text="`true` also sells seats that are blocked. They are not blocked any more."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if others := sorted(attrs.get("kinds", {}).keys() - set(attrs["seat_numbers"])):
            raise serializers.ValidationError({"kinds": [f"Seat {others[0]} is not one of seat_numbers."]})
        return attrs


class Sell(APIView):
    permission_classes = [StaffPermission]
    required_permission = "seats.sell_seats"
    problems = {
        "POST": [
            *(ShowNotFound, SeatNotFound, SeatTaken, SeatHeld, SeatBlocked, NoSuchPrice),
            *(ShowCancelled, ShowStarted, IdempotencyKeyReused),
        ]
    }

    @extend_schema(
        tags=["Till"],
        summary="Sell seats to a guest (staff)",
        description=(
            "Sells all of the seats or none, to a guest without an account, until the movie ends. After an "
            "error nothing has changed. Needs the permission `seats.sell_seats`."
        ),
        request=SellSerializer,
        responses={201: StaffBookingSerializer(many=True)},
        parameters=idempotency_parameters(
            "A request with the same key and seats gets the first list again and sells nothing."
        ),
    )
    def post(self, request: Request, show_id: int) -> Response:
        serializer = SellSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data: Any = serializer.validated_data
        bookings = till.sell(
            clerk_id=int(str(request.user.pk)),
            show_id=show_id,
            seat_numbers=data["seat_numbers"],
            guest_name=data["guest_name"],
            key=read_key(request),
            kinds=data.get("kinds"),
            also_blocked=data["blocked"],
        )
        return Response(
            [represent_for_staff(booking) for booking in bookings],
            status=status.HTTP_201_CREATED,
            headers=replayed_header(bookings[0]),
        )
