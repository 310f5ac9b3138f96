"""Hold seats while one decides or pays, and book them."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import build_object_type
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from cinema.api.fields import WholeNumberField
from cinema.auth.authentication import StatelessTokenAuthentication, caller
from cinema.seats.api.bookings import BookingSerializer
from cinema.seats.api.fields import SeatNumberField
from cinema.seats.api.throttling import BookingThrottle
from cinema.seats.booking import services
from cinema.seats.booking.best_seats import hold_best
from cinema.seats.exceptions import (
    LeavesSingleSeat,
    NoAdjacentSeats,
    NoHold,
    SeatBlocked,
    SeatHeld,
    SeatNotFound,
    SeatTaken,
    ShowNotFound,
    ShowStarted,
)

MAX_SEATS_AT_ONCE = settings.HOLD_MAX_SEATS


@extend_schema_serializer(
    examples=[
        OpenApiExample("Seats 5 and 6", {"seat_numbers": [5, 6]}),
        OpenApiExample("The best three side by side", {"best": 3}),
    ],
    description="Either `seat_numbers` or `best`.",
)
class SeatsWantedSerializer(serializers.Serializer):
    seat_numbers = serializers.ListField(
        child=SeatNumberField(),
        required=False,
        allow_empty=False,
        max_length=MAX_SEATS_AT_ONCE,
        help_text="Exactly these seats; at most `HOLD_MAX_SEATS` (10).",
    )
    best = WholeNumberField(
        required=False,
        min_value=1,
        max_value=MAX_SEATS_AT_ONCE,
        help_text="The best so many adjacent free seats.",
    )
    category = serializers.CharField(required=False, allow_null=True, help_text="Of this category only.")
    accessible = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="`true`: an accessible seat among them; `false`: none.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("seat_numbers" in attrs) == ("best" in attrs):
            raise serializers.ValidationError({"seat_numbers": ["Give either seat_numbers or best."]})
        return attrs


class SeatsWantedSchema(OpenApiSerializerExtension):
    """The two forms apart, so that neither both nor none of them fit the schema."""

    target_class = SeatsWantedSerializer

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        whole = super().map_serializer(auto_schema, direction)
        best = whole["properties"]
        numbers = {"seat_numbers": best.pop("seat_numbers") | {"minItems": 1}}
        return {
            "description": whole["description"],
            "oneOf": [
                build_object_type(numbers, ["seat_numbers"], title="These seats"),
                build_object_type(best, ["best"], title="The best seats"),
            ],
        }


@extend_schema_serializer(
    examples=[
        OpenApiExample("A hold", {"show": 7, "seat_numbers": [5, 6], "expires_at": "2029-12-24T09:40:00Z"})
    ]
)
class HoldSerializer(serializers.Serializer):
    show = serializers.IntegerField()
    seat_numbers = serializers.ListField(child=serializers.IntegerField())
    expires_at = serializers.DateTimeField(help_text="When the seats are free again, by the clock alone.")


class HoldView(generics.GenericAPIView):
    serializer_class = SeatsWantedSerializer
    problems = {
        "PUT": [
            *(ShowNotFound, SeatNotFound, SeatTaken, SeatHeld, SeatBlocked, ShowStarted),
            *(NoAdjacentSeats, LeavesSingleSeat),
        ],
        "GET": [NoHold],
    }

    def get_authenticators(self) -> list[Any]:
        """Reads look the user up. The statements that write check the user themselves, without a query more."""
        # drf-spectacular can't tell that both classes read the same token.
        is_schema = getattr(self, "swagger_fake_view", False)
        writes = not is_schema and self.request and self.request.method in {"PUT", "POST", "DELETE"}
        return [StatelessTokenAuthentication()] if writes else super().get_authenticators()

    def get_throttles(self) -> list[Any]:
        """Only attempts to get seats are counted."""
        return [BookingThrottle()] if self.request.method in {"PUT", "POST"} else []

    @extend_schema(
        tags=["Holds"],
        summary="Hold these seats, or the best, and no others",
        description=(
            "All or none: a refused call changes nothing, and `seats` in its answer are those that could not "
            "be had. Call again to change the seats or to stay longer, up to a limit."
        ),
        responses=HoldSerializer,
    )
    def put(self, request: Request, show_id: int) -> Response:
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = asked.validated_data
        if "best" in wish:
            held = hold_best(
                **self._scope(),
                size=wish["best"],
                category=wish.get("category"),
                accessible=wish["accessible"],
            )
        else:
            held = services.hold_seats(**self._scope(), seat_numbers=wish["seat_numbers"])
        return Response(HoldSerializer(held).data)

    @extend_schema(tags=["Holds"], summary="What I hold of this show", responses=HoldSerializer)
    def get(self, request: Request, show_id: int) -> Response:
        hold = services.current_hold(user_id=int(str(request.user.pk)), show_id=show_id)
        return Response(HoldSerializer(hold).data)

    @extend_schema(tags=["Holds"], summary="Give back what I hold of this show", responses={204: None})
    def delete(self, request: Request, show_id: int) -> Response:
        services.release_hold(**self._scope())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_object(self) -> None:
        """For OPTIONS, which asks for what a PUT would replace: it may as well be the first."""

    def _scope(self) -> dict[str, Any]:
        return {**caller(self.request), "show_id": self.kwargs["show_id"]}


class BookHold(HoldView):
    http_method_names = ["post", "options"]
    pagination_class = None
    problems = {"POST": [NoHold, ShowStarted]}

    @extend_schema(
        tags=["Holds"],
        summary="Book all that I hold of this show",
        description="All or none.",
        request=None,
        responses={201: BookingSerializer(many=True)},
    )
    def post(self, request: Request, show_id: int) -> Response:
        booked = services.book_hold(**self._scope())
        return Response(BookingSerializer(booked, many=True).data, status=status.HTTP_201_CREATED)
