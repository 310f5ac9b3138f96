"""API views that book a seat, cancel a booking, and list the user's bookings."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.api.plain_lists import PlainList, PlainListMixin
from cinema.auth.authentication import StatelessTokenAuthentication, caller
from cinema.seats.api.booking_serializers import BookingSerializer, StaffBookingSerializer, represent_booking
from cinema.seats.api.fields import KindField, SeatNumberField
from cinema.seats.api.idempotency import idempotency_parameters, read_key, replayed_header
from cinema.seats.api.plain_bookings import my_bookings
from cinema.seats.api.throttling import BookingThrottle
from cinema.seats.api.tried_sales import was_tried
from cinema.seats.booking import services
from cinema.seats.exceptions import (
    AlreadyAdmitted,
    AlreadyCancelled,
    AlreadyYours,
    BookingNotFound,
    IdempotencyKeyReused,
    LeavesSingleSeat,
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
from cinema.seats.models import Booking
from cinema.seats.orders import AS_TYPED, read_order
from cinema.seats.sql.fetch import fetch_all
from cinema.shows.exceptions import ShowCancelled, ShowNotFound


@extend_schema_serializer(
    examples=[
        OpenApiExample("Seat 12", {"seat_number": 12}),
        OpenApiExample("Seat 12 for a child", {"seat_number": 12, "kind": "Child"}),
    ]
)
class BookSerializer(serializers.Serializer):
    seat_number = SeatNumberField(help_text="From 1 to the `total_seats` of the show.")
    kind = KindField(
        required=False, help_text="The kind of the price, such as `Child`. Default: the first of the list."
    )


class BookingQuerySerializer(serializers.Serializer):
    status = serializers.ChoiceField(Booking.Status.choices, required=False)
    order = serializers.RegexField(
        AS_TYPED,
        required=False,
        error_messages={"invalid": "An order has eight letters or digits, such as 7K3M-Q9XT."},
        help_text="An order code such as `7K3M-Q9XT`, in any letter case, with or without its dash.",
    )

    def validate_order(self, value: str) -> str | None:
        return read_order(value)


# Shared by all requests, because building the fields costs more than validating a body.
BOOK_SERIALIZER = BookSerializer()


class Book(generics.GenericAPIView):
    serializer_class = BookSerializer
    authentication_classes = [StatelessTokenAuthentication]
    throttle_classes = [BookingThrottle]
    problems = {
        "POST": [
            *(ShowNotFound, SeatNotFound, SeatTaken, SeatHeld, SeatBlocked, SoldTogether),
            *(NoSuchPrice, AlreadyYours, ShowCancelled, ShowStarted, NotOnSale),
            *(TooManySeats, LeavesSingleSeat, IdempotencyKeyReused),
        ]
    }

    @extend_schema(
        tags=["Bookings"],
        summary="Book a seat",
        description=(
            "Books the seat in one atomic step. After an error nothing has changed. Half a sofa (`pair`) can't "
            "be booked alone: hold both seats, and book the hold."
        ),
        auth=cast(Any, [{"jwtAuth": []}]),
        responses={201: BookingSerializer},
        parameters=idempotency_parameters(
            "A request with the same key and seat gets the first booking again and books nothing."
        ),
    )
    def post(self, request: Request, show_id: int) -> Response:
        is_retry = was_tried(request)
        data = BOOK_SERIALIZER.run_validation(request.data)
        booking = services.book(
            **caller(request),
            show_id=show_id,
            seat_number=data["seat_number"],
            key=read_key(request),
            kind=data.get("kind"),
            was_tried=is_retry,
        )
        return Response(
            represent_booking(booking), status=status.HTTP_201_CREATED, headers=replayed_header(booking)
        )


class Cancel(APIView):
    authentication_classes = [StatelessTokenAuthentication]
    problems = {"POST": [BookingNotFound, AlreadyCancelled, AlreadyAdmitted, ShowStarted]}

    @extend_schema(
        tags=["Bookings"],
        summary="Cancel a booking",
        description="Cancels both halves of a sofa that one call booked, and answers with this booking.",
        auth=cast(Any, [{"jwtAuth": []}]),
        request=None,
        responses=BookingSerializer,
    )
    def post(self, request: Request, booking_id: int) -> Response:
        booking = services.cancel(**caller(request), booking_id=booking_id)
        return Response(represent_booking(booking))


@extend_schema(tags=["Bookings"], summary="List my bookings, newest first", parameters=[BookingQuerySerializer])
class MyBookings(PlainListMixin, generics.ListAPIView):
    queryset = Booking.objects.none()
    serializer_class = BookingSerializer
    problems = {"GET": [ValidationError]}
    fetch_rows = staticmethod(fetch_all)

    def plain_list(self, request: HttpRequest, parameters: dict[str, str]) -> PlainList | None:
        return my_bookings(request, parameters)

    def get_queryset(self) -> QuerySet[Booking]:
        query = BookingQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        bookings = Booking.objects.by(int(str(self.request.user.pk)))
        return bookings.filter(**query.validated_data).with_details()


@extend_schema(
    tags=["Bookings"],
    summary="Get a booking",
    description=(
        "Your own booking. Staff with the permission `seats.view_booking` get everybody's, with `guest_name` "
        "and `sold_by`."
    ),
    responses=StaffBookingSerializer,
)
class BookingDetail(generics.RetrieveAPIView):
    queryset = Booking.objects.none()
    lookup_url_kwarg = "booking_id"
    problems = {"GET": [BookingNotFound]}

    def get_serializer_class(self) -> type[BookingSerializer]:
        return StaffBookingSerializer if may_view_all(self.request.user) else BookingSerializer

    def get_object(self) -> Booking:
        return booking_for(self.request.user, self.kwargs["booking_id"])


def may_view_all(user: Any) -> bool:
    return user.is_staff and user.has_perm("seats.view_booking")


def booking_for(user: Any, booking_id: int) -> Booking:
    """The booking with its details. Raises `BookingNotFound` if the user may not see it."""
    bookings = Booking.objects.filter(pk=booking_id)
    if not may_view_all(user):
        bookings = bookings.by(user.pk)
    booking = bookings.with_details().first()
    if booking is None:
        raise BookingNotFound()
    return booking
