"""Hold seats while one decides or pays, and book them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from . import holds
from .exceptions import (
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
from .serializers import BookingSerializer, HoldSerializer, SeatsWantedSerializer
from .views import BookingThrottle


class HoldView(generics.GenericAPIView):
    serializer_class = SeatsWantedSerializer
    refusals = {
        "PUT": [
            *(ShowNotFound, SeatNotFound, SeatTaken, SeatHeld, SeatBlocked, ShowStarted),
            *(NoAdjacentSeats, LeavesSingleSeat),
        ],
        "GET": [NoHold],
    }

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
            held = holds.hold_best(
                **self._whose(),
                size=wish["best"],
                category=wish.get("category"),
                accessible=wish["accessible"],
            )
        else:
            held = holds.hold_seats(**self._whose(), seat_numbers=wish["seat_numbers"])
        return Response(HoldSerializer(held).data)

    @extend_schema(tags=["Holds"], summary="What I hold of this show", responses=HoldSerializer)
    def get(self, request: Request, show_id: int) -> Response:
        return Response(HoldSerializer(holds.current_hold(**self._whose())).data)

    @extend_schema(tags=["Holds"], summary="Give back what I hold of this show", responses={204: None})
    def delete(self, request: Request, show_id: int) -> Response:
        holds.release_hold(**self._whose())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_object(self) -> None:
        """For OPTIONS, which asks for what a PUT would replace: it may as well be the first."""

    def _whose(self) -> dict[str, Any]:
        return {"user_id": self.request.user.pk, "show_id": self.kwargs["show_id"]}


class BookHold(HoldView):
    http_method_names = ["post", "options"]
    pagination_class = None
    refusals = {"POST": [NoHold, ShowStarted]}

    @extend_schema(
        tags=["Holds"],
        summary="Book all that I hold of this show",
        description="All or none.",
        request=None,
        responses={201: BookingSerializer(many=True)},
    )
    def post(self, request: Request, show_id: int) -> Response:
        booked = holds.book_hold(**self._whose())
        return Response(BookingSerializer(booked, many=True).data, status=status.HTTP_201_CREATED)
