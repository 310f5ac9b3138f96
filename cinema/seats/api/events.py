"""Live changes of a show's seats."""

from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from cinema.seats.api.seat_maps import SEAT_STATUSES, CountsSerializer
from cinema.seats.seat_map import live
from cinema.shows.models import Show

EXAMPLE = """retry: 1000

id: 414
data: {"show":7,"version":414,"counts":{"total":3,"available":2,"held":0,"taken":1,"blocked":0},\
"complete":false,"seats":[{"seat_number":2,"status":"taken"}]}

"""


class KnownVersionSerializer(serializers.Serializer):
    """Which version of the seats a listener has."""

    since = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="The `version` of the seat map that you have.",
    )

    @classmethod
    def read(cls, request: Any) -> int | None:
        """The version, or None; raises a validation error for a bad `since`.

        `Last-Event-ID` goes before: a browser sends it when it comes back to the address it began with.
        One that is none of ours is as good as none.
        """
        last = request.headers.get("Last-Event-ID", "")
        if last.isascii() and last.isdecimal() and len(last) < 19:
            return int(last)
        asked = cls(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return asked.validated_data.get("since")


class ChangedSeatSerializer(serializers.Serializer):
    seat_number = serializers.IntegerField()
    status = serializers.ChoiceField(SEAT_STATUSES)


class SeatsChangedSerializer(serializers.Serializer):
    """The data of one event. It is only described here: `live` writes it, fast and once for all listeners."""

    show = serializers.IntegerField()
    version = serializers.IntegerField(help_text="As in the seat map; also the event's `id`.")
    counts = CountsSerializer()
    complete = serializers.BooleanField(
        help_text="Whether `seats` are all there are, or those that have changed since the event before."
    )
    seats = ChangedSeatSerializer(many=True)


class Events(APIView):
    """A stream where the server can keep one (more) open (`cinema.asgi`), else the present state and an end."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    http_method_names = ["get", "head", "options"]
    problems = {"GET": [ValidationError]}
    event_serializer = SeatsChangedSerializer

    @extend_schema(
        tags=["Seat map"],
        summary="Live changes of the seats of a show",
        description=(
            "Server-sent events, within a second of the change; the data of each is a `SeatsChanged`, as JSON. "
            "Each names the seats that have changed since the one before; the first one names all, with "
            "`complete` true, unless `since` or `Last-Event-ID` says what you have. An event that names no "
            "seat says that the map has changed otherwise: get it anew. A server that can't keep a stream open "
            "answers with the present state and ends; come back after `retry` milliseconds, as every "
            "`EventSource` does."
        ),
        responses={
            (200, "text/event-stream"): OpenApiResponse(
                OpenApiTypes.STR, examples=[OpenApiExample("Seat 2 was taken", EXAMPLE)]
            )
        },
        parameters=[
            KnownVersionSerializer,
            OpenApiParameter(
                "Last-Event-ID",
                str,
                OpenApiParameter.HEADER,
                description="The `id` of the last event that you have; browsers send it by themselves.",
            ),
        ],
    )
    def get(self, request: Request, show_id: int) -> HttpResponseBase:
        known = KnownVersionSerializer.read(request)
        get_object_or_404(Show.objects.only("pk"), pk=show_id)
        # nginx passes a stream on as it comes when it is told so.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        can_stream = request.method == "GET" and "cinema.streams" in request.META
        if can_stream and not live.is_full():
            events = live.Listener(show_id, known)
            return StreamingHttpResponse(events, content_type="text/event-stream", headers=headers)
        if can_stream:
            headers["Connection"] = "close"  # What is scarce is connections.
        state = live.present_state(show_id, known)
        if state is None:
            raise Http404  # It has been deleted meanwhile.
        return HttpResponse(state, content_type="text/event-stream", headers=headers)
