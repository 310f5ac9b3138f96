"""Look at a show's seats, book one, list one's bookings, cancel."""

from collections.abc import Callable
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from redis.exceptions import RedisError
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from cinema.auth.authentication import StatelessTokenAuthentication
from cinema.rendering import to_json

from . import seat_map, services
from .exceptions import (
    AlreadyCancelled,
    AlreadyYours,
    BookingNotFound,
    IdempotencyKeyReused,
    LeavesSingleSeat,
    SeatBlocked,
    SeatHeld,
    SeatNotFound,
    SeatTaken,
    ShowNotFound,
    ShowStarted,
)
from .models import Booking
from .seat_map import SeenSeats, SeenShow
from .serializers import (
    AvailabilitySerializer,
    BookingQuerySerializer,
    BookingSerializer,
    BookSerializer,
    IdempotencyKeySerializer,
    SeatMapSerializer,
)


class BookingThrottle(UserRateThrottle):
    """Attempts of one user to book. When the cache that counts them does not answer, sales go on."""

    scope = "booking"

    def allow_request(self, request: Request, view: APIView) -> bool:
        try:
            return super().allow_request(request, view)
        except RedisError:
            return True


# One for all requests: to build its fields costs more than to check a body with them.
ASKED = BookSerializer()


class Book(generics.GenericAPIView):
    serializer_class = BookSerializer
    authentication_classes = [StatelessTokenAuthentication]
    throttle_classes = [BookingThrottle]
    refusals = {
        "POST": [
            *(ShowNotFound, SeatNotFound, SeatTaken, SeatHeld, SeatBlocked),
            *(AlreadyYours, ShowStarted, LeavesSingleSeat, IdempotencyKeyReused),
        ]
    }

    @extend_schema(
        tags=["Bookings"],
        summary="Book a seat",
        description="One atomic step: either the seat is yours, or nothing has happened.",
        auth=cast(Any, [{"jwtAuth": []}]),
        responses={201: BookingSerializer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "minLength": 1, "maxLength": 200},
                OpenApiParameter.HEADER,
                description="Makes a retry safe: the same key and seat again get the first answer again.",
            )
        ],
    )
    def post(self, request: Request, show_id: int) -> Response:
        asked = ASKED.run_validation(request.data)
        booking = services.book(
            user_id=int(str(request.user.pk)),
            show_id=show_id,
            seat_number=asked["seat_number"],
            key=IdempotencyKeySerializer.read(request.META.get("HTTP_IDEMPOTENCY_KEY")),
        )
        return Response(BookingSerializer(booking).data, status=status.HTTP_201_CREATED)


class Cancel(APIView):
    refusals = {"POST": [BookingNotFound, AlreadyCancelled, ShowStarted]}

    @extend_schema(tags=["Bookings"], summary="Cancel a booking", request=None, responses=BookingSerializer)
    def post(self, request: Request, booking_id: int) -> Response:
        booking = services.cancel(booking_id=booking_id, user_id=request.user.pk)
        return Response(BookingSerializer(booking).data)


@extend_schema(tags=["Bookings"], summary="List my bookings, newest first", parameters=[BookingQuerySerializer])
class MyBookings(generics.ListAPIView):
    queryset = Booking.objects.none()
    serializer_class = BookingSerializer
    refusals = {"GET": [ValidationError]}

    def get_queryset(self) -> QuerySet[Booking]:
        asked = BookingQuerySerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return Booking.objects.by(int(str(self.request.user.pk))).filter(**asked.validated_data).with_details()


class CachedByVersion(APIView):
    """A public answer with an ETag made of the version: who has it already gets 304, and none is built."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Reads go straight to `get`: with nobody to recognise, nothing to parse and one form of answer, all
        that DRF does before would cost more than the answer does."""
        if request.method in ("GET", "HEAD"):
            return self.get(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, show_id: int) -> HttpResponse:
        raise NotImplementedError

    def answer(
        self, request: HttpRequest, seen: SeenShow | SeenSeats | None, build: Callable[[Any], dict[str, Any]]
    ) -> HttpResponse:
        if seen is None:
            raise Http404
        headers = {"Cache-Control": "public, max-age=0, must-revalidate"}
        if sent := request.META.get("HTTP_IF_NONE_MATCH"):
            headers["ETag"] = seen.etag(seen.version)
            known = {etag.removeprefix("W/") for etag in parse_etags(sent)}
            if known & {headers["ETag"], "*"}:
                return HttpResponseNotModified(headers=headers)
        body = build(seen)
        # A seat may have changed since the first query: the body's own version is what it shows.
        headers["ETag"] = seen.etag(body["version"])
        return HttpResponse(to_json(body), content_type="application/json", headers=headers)


IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of the answer that you have."
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    required=True,
    response=[200, 304],
    description="Changes with the answer; send it as `If-None-Match` the next time.",
)
NOT_MODIFIED = OpenApiResponse(description="It has not changed.")


class SeatMap(CachedByVersion):
    @extend_schema(
        tags=["Seat map"],
        summary="The seat map of a show",
        description=(
            "Every seat with its place and status; the same answer for everybody. Send the `ETag` back as "
            "`If-None-Match` and get 304 while nothing has changed."
        ),
        responses={200: SeatMapSerializer, 304: NOT_MODIFIED},
        parameters=[IF_NONE_MATCH, ETAG],
    )
    def get(self, request: HttpRequest, show_id: int) -> HttpResponse:
        # Whoever has no map yet need not be told that it is the same.
        seen = seat_map.seen(show_id, with_version="HTTP_IF_NONE_MATCH" in request.META)
        return self.answer(request, seen, seat_map.seat_map)


class Availability(CachedByVersion):
    @extend_schema(
        tags=["Seat map"],
        summary="The seats' statuses only",
        description="The small part of the seat map that changes, for polling.",
        responses={200: AvailabilitySerializer, 304: NOT_MODIFIED},
        parameters=[IF_NONE_MATCH, ETAG],
    )
    def get(self, request: HttpRequest, show_id: int) -> HttpResponse:
        return self.answer(request, seat_map.seen_seats(show_id), seat_map.availability)
