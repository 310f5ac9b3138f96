"""The API view that streams changes of a show's seats as server-sent events."""

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


class EventsQuerySerializer(serializers.Serializer):
    """Reads the version of the seats that a client has."""

    since = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="The `version` of the seat map that you have.",
    )

    @classmethod
    def read_version(cls, request: Any) -> int | None:
        """Returns the version, or None if the client has none. Raises `ValidationError` for an invalid `since`.

        `Last-Event-ID` wins over `since`, because a browser that reconnects sends its last event id with the
        original URL, whose `since` is older. An id that is no version is ignored.
        """
        last_event_id = request.headers.get("Last-Event-ID", "")
        if last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 19:
            return int(last_event_id)
        query = cls(data=request.query_params)
        query.is_valid(raise_exception=True)
        return query.validated_data.get("since")


class ChangedSeatSerializer(serializers.Serializer):
    seat_number = serializers.IntegerField()
    status = serializers.ChoiceField(SEAT_STATUSES)


class SeatsChangedSerializer(serializers.Serializer):
    """Describes the data of an event in the schema. `seat_map/live.py` writes it, once for all clients."""

    show = serializers.IntegerField()
    version = serializers.IntegerField(help_text="The version of the seat map, and the `id` of the event.")
    counts = CountsSerializer()
    complete = serializers.BooleanField(
        help_text="`true`: `seats` are all seats. `false`: those that changed since the previous event."
    )
    seats = ChangedSeatSerializer(many=True)


class Events(APIView):
    """Streams events if the server can keep a connection open for it, else answers with the current state.

    `cinema.asgi` can. The WSGI server cannot, and no server can once it has as many streams as it may.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    http_method_names = ["get", "head", "options"]
    problems = {"GET": [ValidationError]}
    event_serializer = SeatsChangedSerializer

    @extend_schema(
        tags=["Seat map"],
        summary="Stream changes of the seats of a show",
        description=(
            "Sends server-sent events, usually within a second of the change. The data of each event is a "
            "`SeatsChanged` as JSON, with the seats that changed since the previous event. The first event has "
            "all seats and `complete` true, unless you send your version in `since` or `Last-Event-ID`. After "
            "an event without seats, get the seat map again, because something else in it changed. A server "
            "that cannot keep the stream open sends the current state and closes the connection. Reconnect "
            "after `retry` milliseconds, as every `EventSource` does."
        ),
        responses={
            (200, "text/event-stream"): OpenApiResponse(
                OpenApiTypes.STR, examples=[OpenApiExample("Seat 2 was taken", EXAMPLE)]
            )
        },
        parameters=[
            EventsQuerySerializer,
            OpenApiParameter(
                "Last-Event-ID",
                str,
                OpenApiParameter.HEADER,
                description="The `id` of the last event that you have. Browsers send it when they reconnect.",
            ),
        ],
    )
    def get(self, request: Request, show_id: int) -> HttpResponseBase:
        known_version = EventsQuerySerializer.read_version(request)
        get_object_or_404(Show.objects.only("pk"), pk=show_id)
        # `X-Accel-Buffering` keeps nginx from buffering the stream.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        can_stream = request.method == "GET" and "cinema.streams" in request.META
        if can_stream and not live.is_full():
            events = live.Listener(show_id, known_version)
            return StreamingHttpResponse(events, content_type="text/event-stream", headers=headers)
        if can_stream:
            headers["Connection"] = "close"  # Frees the connection, because connections are what ran out.
        state = live.current_event(show_id, known_version)
        if state is None:
            raise Http404  # The show was deleted after the first query.
        return HttpResponse(state, content_type="text/event-stream", headers=headers)
