"""API views that hold seats while a user decides or pays, and book the held seats."""

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
from cinema.seats.api.booking_serializers import BookingSerializer, represent_booking
from cinema.seats.api.fields import KindsField, SeatNumberField
from cinema.seats.api.idempotency import idempotency_parameters, read_key, replayed_header
from cinema.seats.api.throttling import BookingThrottle
from cinema.seats.api.tried_sales import was_tried
from cinema.seats.booking import services
from cinema.seats.booking.best_seats import hold_best
from cinema.seats.booking.statements import Hold
from cinema.seats.exceptions import (
    IdempotencyKeyReused,
    LeavesSingleSeat,
    NoAdjacentSeats,
    NoHold,
    NoSuchPrice,
    NotOnSale,
    SeatBlocked,
    SeatHeld,
    SeatNotFound,
    SeatTaken,
    ShowStarted,
    SoldTogether,
    TooManySeats,
)
from cinema.shows.exceptions import ShowCancelled, ShowNotFound
from cinema.shows.serializers import MomentField

MAX_SEATS_AT_ONCE = settings.HOLD_MAX_SEATS


@extend_schema_serializer(
    examples=[
        OpenApiExample("Seats 5 and 6", {"seat_numbers": [5, 6]}),
        OpenApiExample("The best three adjacent seats", {"best": 3}),
    ],
    description="Either `seat_numbers` or `best`.",
    # The name in the schema, and so the name of the type in generated clients.
    component_name="SeatsWanted",
)
class HoldRequestSerializer(serializers.Serializer):
    seat_numbers = serializers.ListField(
        child=SeatNumberField(),
        required=False,
        allow_empty=False,
        max_length=MAX_SEATS_AT_ONCE,
        help_text="The numbers of the seats to hold, at most `HOLD_MAX_SEATS` (10 by default).",
    )
    best = WholeNumberField(
        required=False,
        min_value=1,
        max_value=MAX_SEATS_AT_ONCE,
        help_text="How many seats to hold. The server selects the best adjacent seats that are available.",
    )
    category = serializers.CharField(
        required=False, allow_null=True, help_text="Select only from this category."
    )
    accessible = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text=(
            "`true` selects seats with at least one accessible seat, if possible beside a companion seat, "
            "`false` without any."
        ),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("seat_numbers" in attrs) == ("best" in attrs):
            raise serializers.ValidationError({"seat_numbers": ["Give either seat_numbers or best."]})
        return attrs


class HoldRequestSchema(OpenApiSerializerExtension):
    """Describes the two forms with `oneOf`, so that a body with both or neither does not match the schema."""

    target_class = HoldRequestSerializer

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema = super().map_serializer(auto_schema, direction)
        best = schema["properties"]
        numbers = {"seat_numbers": best.pop("seat_numbers")}
        return {
            "description": schema["description"],
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
    expires_at = MomentField(help_text="When the hold expires and its seats are available again.")

    def to_representation(self, hold: Hold) -> dict[str, Any]:
        return represent_hold(hold)


def represent_hold(hold: Hold) -> dict[str, Any]:
    return {"show": hold.show, "seat_numbers": hold.seat_numbers, "expires_at": hold.expires_at}


class HoldQuerySerializer(serializers.Serializer):
    allow_empty = serializers.BooleanField(
        required=False,
        help_text="`true` answers 204 instead of 404 `no_hold` if you hold no seat. Browsers log each 404.",
    )


class HoldView(generics.GenericAPIView):
    serializer_class: Any = HoldRequestSerializer
    problems: dict[str, list[Any]] = {
        "PUT": [
            *(ShowNotFound, SeatNotFound, SeatTaken, SeatHeld, SeatBlocked, ShowStarted),
            *(ShowCancelled, NotOnSale, TooManySeats, NoAdjacentSeats, LeavesSingleSeat, SoldTogether),
        ],
        "GET": [NoHold, serializers.ValidationError],
    }

    def get_authenticators(self) -> list[Any]:
        """Reads look the user up. The statements that write check the user themselves, without a query more."""
        # drf-spectacular can't tell that both classes read the same token.
        is_schema = getattr(self, "swagger_fake_view", False)
        writes = not is_schema and self.request and self.request.method in {"PUT", "POST", "DELETE"}
        return [StatelessTokenAuthentication()] if writes else super().get_authenticators()

    def get_throttles(self) -> list[Any]:
        """Counts only requests that hold or book seats."""
        return [BookingThrottle()] if self.request.method in {"PUT", "POST"} else []

    @extend_schema(
        tags=["Holds"],
        summary="Hold seats of a show",
        description=(
            "Holds the seats in one atomic step and releases all other seats that you hold of the show. After "
            "an error nothing has changed. `seats` in the problem are the seats that are not available. Call "
            "again to change the seats, or to extend the hold up to a limit."
        ),
        responses=HoldSerializer,
    )
    def put(self, request: Request, show_id: int) -> Response:
        is_retry = was_tried(request)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        if "best" in data:
            hold = hold_best(
                **self._scope(),
                size=data["best"],
                category=data.get("category"),
                accessible=data["accessible"],
            )
        else:
            seats = data["seat_numbers"]
            hold = services.hold_seats(**self._scope(), seat_numbers=seats, was_tried=is_retry)
        return Response(represent_hold(hold))

    @extend_schema(
        tags=["Holds"],
        summary="Get my hold of a show",
        parameters=[HoldQuerySerializer],
        responses={200: HoldSerializer, 204: None},
    )
    def get(self, request: Request, show_id: int) -> Response:
        query = HoldQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        try:
            hold = services.current_hold(user_id=int(str(request.user.pk)), show_id=show_id)
        except NoHold:
            if query.validated_data.get("allow_empty"):
                return Response(status=status.HTTP_204_NO_CONTENT)
            raise
        return Response(represent_hold(hold))

    @extend_schema(tags=["Holds"], summary="Release my hold of a show", responses={204: None})
    def delete(self, request: Request, show_id: int) -> Response:
        services.release_hold(**self._scope())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_object(self) -> None:
        """Returns nothing. DRF calls it to answer OPTIONS, and would look for a `queryset`."""

    def _scope(self) -> dict[str, Any]:
        return {**caller(self.request), "show_id": self.kwargs["show_id"]}


@extend_schema_serializer(
    examples=[OpenApiExample("Seat 5 for a child, the others at the first price", {"kinds": {"5": "Child"}})]
)
class BookHoldSerializer(serializers.Serializer):
    kinds = KindsField(
        required=False,
        help_text="The kinds of the prices by seat number. Other seats get the first kind of the list.",
    )


class BookHold(HoldView):
    serializer_class = BookHoldSerializer
    body_is_optional = True
    http_method_names = ["post", "options"]
    pagination_class = None
    problems: dict[str, list[Any]] = {
        "POST": [NoHold, NoSuchPrice, ShowCancelled, ShowStarted, NotOnSale, IdempotencyKeyReused]
    }

    @extend_schema(
        tags=["Holds"],
        summary="Book all seats of my hold",
        description="Books all seats in one atomic step. After an error nothing has changed.",
        request=BookHoldSerializer,
        responses={201: BookingSerializer(many=True)},
        parameters=idempotency_parameters(
            "A request with the same key gets the first list again, also when the hold is gone."
        ),
    )
    def post(self, request: Request, show_id: int) -> Response:
        was_tried(request)  # Raises if the seats may be sold already. Else the call is tried once more.
        serializer = BookHoldSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        bookings = services.book_hold(
            **self._scope(), key=read_key(request), kinds=serializer.validated_data.get("kinds")
        )
        return Response(
            [represent_booking(booking) for booking in bookings],
            status=status.HTTP_201_CREATED,
            headers=replayed_header(bookings[0]),
        )
