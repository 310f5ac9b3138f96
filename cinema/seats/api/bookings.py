"""API views that book a seat, cancel a booking, and list the user's bookings."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.auth.authentication import StatelessTokenAuthentication, caller
from cinema.seats.api.fields import SeatNumberField
from cinema.seats.api.idempotency import idempotency_parameters, read_key, replayed_header
from cinema.seats.api.throttling import BookingThrottle
from cinema.seats.booking import services
from cinema.seats.exceptions import (
    AlreadyCancelled,
    AlreadyYours,
    BookingNotFound,
    IdempotencyKeyReused,
    LeavesSingleSeat,
    NotOnSale,
    SeatBlocked,
    SeatHeld,
    SeatNotFound,
    SeatTaken,
    ShowStarted,
    TooManySeats,
)
from cinema.seats.models import Booking
from cinema.shows.exceptions import ShowNotFound
from cinema.shows.serializers import ShowSummarySerializer, represent_show_summary


@extend_schema_serializer(examples=[OpenApiExample("Seat 12", {"seat_number": 12})])
class BookSerializer(serializers.Serializer):
    seat_number = SeatNumberField(help_text="From 1 to the `total_seats` of the show.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A booking",
            {
                "id": 31,
                "show": {
                    "id": 7,
                    "movie": {"id": 1, "title": "The Third Man", "duration_minutes": 104},
                    "screen_name": "Screen 1",
                    "date_time": "2030-01-01T18:00:00Z",
                    "local_time": "2030-01-01T19:00:00+01:00",
                },
                "seat_number": 12,
                "seat_label": "A12",
                "status": "booked",
                "created_at": "2029-12-24T09:30:00.123456Z",
            },
        )
    ]
)
class BookingSerializer(serializers.ModelSerializer):
    show = ShowSummarySerializer(read_only=True)
    # Declared, because a generated field would have the column's range, which differs between databases.
    seat_number = serializers.IntegerField(read_only=True)
    seat_label = serializers.CharField(
        read_only=True, help_text="The label printed on the seat, such as `C7`, as it was sold."
    )

    class Meta:
        model = Booking
        fields = ["id", "show", "seat_number", "seat_label", "status", "created_at"]
        read_only_fields = fields

    def to_representation(self, booking: Any) -> dict[str, Any]:
        return represent_booking(booking)


def represent_booking(booking: Any) -> dict[str, Any]:
    """The answer about a booking that `with_details` or a statement has loaded."""
    return {
        "id": booking.pk,
        "show": represent_show_summary(booking.show),
        "seat_number": booking.seat_number,
        "seat_label": booking.seat_label,
        "status": booking.status,
        "created_at": booking.created_at,
    }


class BookingQuerySerializer(serializers.Serializer):
    status = serializers.ChoiceField(Booking.Status.choices, required=False)


# Shared by all requests, because building the fields costs more than validating a body.
BOOK_SERIALIZER = BookSerializer()


class Book(generics.GenericAPIView):
    serializer_class = BookSerializer
    authentication_classes = [StatelessTokenAuthentication]
    throttle_classes = [BookingThrottle]
    problems = {
        "POST": [
            *(ShowNotFound, SeatNotFound, SeatTaken, SeatHeld, SeatBlocked),
            *(AlreadyYours, ShowStarted, NotOnSale, TooManySeats, LeavesSingleSeat, IdempotencyKeyReused),
        ]
    }

    @extend_schema(
        tags=["Bookings"],
        summary="Book a seat",
        description="Books the seat in one atomic step. After an error nothing has changed.",
        auth=cast(Any, [{"jwtAuth": []}]),
        responses={201: BookingSerializer},
        parameters=idempotency_parameters(
            "A request with the same key and seat gets the first booking again and books nothing."
        ),
    )
    def post(self, request: Request, show_id: int) -> Response:
        data = BOOK_SERIALIZER.run_validation(request.data)
        booking = services.book(
            **caller(request),
            show_id=show_id,
            seat_number=data["seat_number"],
            key=read_key(request),
        )
        return Response(
            represent_booking(booking), status=status.HTTP_201_CREATED, headers=replayed_header(booking)
        )


class Cancel(APIView):
    authentication_classes = [StatelessTokenAuthentication]
    problems = {"POST": [BookingNotFound, AlreadyCancelled, ShowStarted]}

    @extend_schema(
        tags=["Bookings"],
        summary="Cancel a booking",
        auth=cast(Any, [{"jwtAuth": []}]),
        request=None,
        responses=BookingSerializer,
    )
    def post(self, request: Request, booking_id: int) -> Response:
        booking = services.cancel(**caller(request), booking_id=booking_id)
        return Response(represent_booking(booking))


@extend_schema(tags=["Bookings"], summary="List my bookings, newest first", parameters=[BookingQuerySerializer])
class MyBookings(generics.ListAPIView):
    queryset = Booking.objects.none()
    serializer_class = BookingSerializer
    problems = {"GET": [ValidationError]}

    def get_queryset(self) -> QuerySet[Booking]:
        query = BookingQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        bookings = Booking.objects.by(int(str(self.request.user.pk)))
        return bookings.filter(**query.validated_data).with_details()


@extend_schema(
    tags=["Bookings"],
    summary="Get a booking",
    description="Your own booking. Staff with the permission `seats.view_booking` get everybody's.",
)
class BookingDetail(generics.RetrieveAPIView):
    queryset = Booking.objects.none()
    serializer_class = BookingSerializer
    lookup_url_kwarg = "booking_id"
    problems = {"GET": [BookingNotFound]}

    def get_object(self) -> Booking:
        user: Any = self.request.user
        bookings = Booking.objects.filter(pk=self.kwargs["booking_id"])
        if not (user.is_staff and user.has_perm("seats.view_booking")):
            bookings = bookings.by(user.pk)
        booking = bookings.with_details().first()
        if booking is None:
            raise BookingNotFound()
        return booking
