"""API view that calls a show off."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cinema.api.permissions import StaffPermission
from cinema.seats.booking import services
from cinema.seats.exceptions import AlreadyCancelled, ShowStarted
from cinema.shows.availability import count_available_seats
from cinema.shows.exceptions import ShowNotFound
from cinema.shows.models import Show
from cinema.shows.serializers import SHOW_EXAMPLE, ShowSerializer


@extend_schema_serializer(examples=[OpenApiExample("A defect", {"reason": "The projector is broken"})])
class CallOffSerializer(serializers.Serializer):
    reason = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=200, help_text="For staff."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "With 24 bookings",
            {"show": SHOW_EXAMPLE | {"status": "cancelled", "available_seats": 0}, "cancelled_bookings": 24},
        )
    ]
)
class CalledOffSerializer(serializers.Serializer):
    show = ShowSerializer()
    cancelled_bookings = serializers.IntegerField(help_text="The number of bookings that were cancelled.")


class CallOff(generics.GenericAPIView):
    queryset = Show.objects.with_details()
    serializer_class = CallOffSerializer
    body_is_optional = True
    permission_classes = [StaffPermission]
    required_permission = "shows.change_show"
    problems = {"POST": [ShowNotFound, AlreadyCancelled, ShowStarted]}

    @extend_schema(
        tags=["Shows"],
        summary="Call off a show (staff)",
        description=(
            "Cancels all live bookings of the show, ends all holds and takes all seats out of sale, in one "
            "atomic step. The show stays in the programme with the status `cancelled`, and can't be scheduled "
            "again. A show can be called off until its movie ends. Needs the permission `shows.change_show`."
        ),
        responses=CalledOffSerializer,
    )
    def post(self, request: Request, show_id: int) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        cancelled = services.call_off(show_id=show_id, reason=serializer.validated_data["reason"])
        show: Any = get_object_or_404(self.queryset, pk=show_id)
        count_available_seats([show])
        return Response({"show": ShowSerializer(show).data, "cancelled_bookings": cancelled})
