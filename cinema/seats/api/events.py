"""API views that stream changes of the seats of shows as server-sent events."""

import re
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from cinema.api.fields import WholeNumberField
from cinema.seats.api.seat_map_serializers import SEAT_STATUSES, CountsSerializer
from cinema.seats.booking.refusals import no_seats_error
from cinema.seats.seat_map import live
from cinema.shows.exceptions import Archived, ShowNotFound
from cinema.shows.models import Show

EXAMPLE = """retry: 1000

id: 414
data: {"show":7,"version":414,"counts":{"total":3,"available":2,"held":0,"taken":1,"blocked":0},\
"complete":false,"seats":[{"seat_number":2,"status":"taken"}]}

"""


EVENT_STREAM = {
    (200, "text/event-stream"): OpenApiResponse(
        OpenApiTypes.STR, examples=[OpenApiExample("Seat 2 was taken", EXAMPLE)]
    )
}
LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID",
    str,
    OpenApiParameter.HEADER,
    description="The `id` of the last event that you have. Browsers send it when they reconnect.",
)
# The maximum number of shows in one stream. Their ids and versions must fit into a URL.
MAX_SHOWS = 50


@extend_schema_field({"type": "boolean", "example": True})
class OnceField(serializers.BooleanField):
    """Has an example, with which Swagger UI fills its form."""


def last_event_versions(request: Any, count: int) -> list[int | None]:
    """Reads the versions of `count` shows from `Last-Event-ID`. An id of another form has none."""
    texts = request.headers.get("Last-Event-ID", "").split(",")
    if len(texts) != count or not all(re.fullmatch("[0-9]{0,18}", text) for text in texts):
        return [None] * count
    return [int(text) if text else None for text in texts]


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
        (version,) = last_event_versions(request, 1)
        if version is not None:
            return version
        query = cls(data=request.query_params)
        query.is_valid(raise_exception=True)
        return query.validated_data.get("since")


class OnceSerializer(serializers.Serializer):
    """Reads whether a client wants one answer instead of a stream."""

    once = OnceField(
        required=False,
        help_text="`true` sends the current state and ends. Swagger needs it, because it waits for the end.",
    )

    @classmethod
    def read(cls, request: Any) -> bool:
        """Raises `ValidationError` for an invalid `once`."""
        query = cls(data=request.query_params)
        query.is_valid(raise_exception=True)
        return query.validated_data.get("once", False)


class NumberListField(serializers.ListField):
    """Reads integers that are separated by commas, such as `7,8,9`."""

    def __init__(self, *, min_value: int, **kwargs: Any) -> None:
        child = WholeNumberField(min_value=min_value, max_value=2**63 - 1)
        super().__init__(child=child, allow_empty=False, max_length=MAX_SHOWS, **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        text = dictionary.get(self.field_name)
        return empty if text is None else text.split(",")


def number_list_parameter(name: str, description: str, *, minimum: int, **kwargs: Any) -> OpenApiParameter:
    """Documents a `NumberListField` in the schema."""
    items = {"type": "integer", "minimum": minimum}
    schema = {"type": "array", "items": items, "minItems": 1, "maxItems": MAX_SHOWS}
    return OpenApiParameter(name, schema, style="form", explode=False, description=description, **kwargs)


class ChangedSeatSerializer(serializers.Serializer):
    seat_number = serializers.IntegerField()
    status = serializers.ChoiceField(SEAT_STATUSES)


class SeatsChangedSerializer(serializers.Serializer):
    """Describes the data of an event in the schema. `seat_map/live.py` writes it, once for all clients."""

    show = serializers.IntegerField()
    version = serializers.IntegerField(help_text="The version of the seat map.")
    counts = CountsSerializer()
    complete = serializers.BooleanField(
        help_text="`true`: `seats` are all seats. `false`: those that changed since the previous event."
    )
    seats = ChangedSeatSerializer(many=True)


class EventsOfShowsQuerySerializer(serializers.Serializer):
    """Reads which shows a client follows, and the versions of their seats that it has."""

    shows = NumberListField(min_value=1)
    since = NumberListField(min_value=0, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs.get("since", attrs["shows"])) != len(attrs["shows"]):
            raise ValidationError({"since": ["Give one version for each show, in the same order."]})
        return attrs

    @classmethod
    def read_versions(cls, request: Any) -> dict[int, int | None]:
        """Returns the version that the client has of each show, or None, by show id.

        `Last-Event-ID` wins over `since`, as for one show.
        """
        query = cls(data=request.query_params)
        query.is_valid(raise_exception=True)
        shows = query.validated_data["shows"]
        known = dict(zip(shows, query.validated_data.get("since", [None] * len(shows)), strict=True))
        versions = last_event_versions(request, len(known))
        return {
            show: since if version is None else version
            for (show, since), version in zip(known.items(), versions, strict=True)
        }


class EventsView(APIView):
    """Streams events if the server can keep a connection open for it, else sends the current state and ends.

    `cinema.asgi` can. The WSGI server cannot, and neither can a server that has reached its limit of streams.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    http_method_names = ["get", "head", "options"]
    problems: dict[str, Any] = {"GET": [ValidationError, Archived]}
    event_serializer = SeatsChangedSerializer

    def respond(self, request: Request, known: dict[int, int | None]) -> HttpResponseBase:
        """Answers with the events since the `known` versions of shows.

        404 if one of them does not exist, 410 if one is archived.
        """
        once = OnceSerializer.read(request)
        existing = Show.objects.filter(pk__in=known, archived=False).values_list("pk", flat=True)
        if missing := sorted(known.keys() - set(existing)):
            raise no_seats_error(missing[0])
        # `X-Accel-Buffering` keeps nginx from buffering the stream.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        can_stream = request.method == "GET" and "cinema.streams" in request.META and not once
        if can_stream and not live.is_full():
            events = live.Listener(known)
            return StreamingHttpResponse(events, content_type="text/event-stream", headers=headers)
        if can_stream:
            headers["Connection"] = "close"  # Closes its file, because the streams use too many.
        state = live.current_events(known)
        if state is None:
            raise ShowNotFound()  # A show was deleted or archived after the first query.
        return HttpResponse(state, content_type="text/event-stream", headers=headers)


class Events(EventsView):
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
        responses=EVENT_STREAM,
        parameters=[
            EventsQuerySerializer,
            OnceSerializer,
            LAST_EVENT_ID,
        ],
    )
    def get(self, request: Request, show_id: int) -> HttpResponseBase:
        return self.respond(request, {show_id: EventsQuerySerializer.read_version(request)})


class EventsOfShows(EventsView):
    problems = {"GET": [ValidationError, ShowNotFound, Archived]}

    @extend_schema(
        tags=["Seat map"],
        summary="Stream changes of the seats of several shows",
        description=(
            "Sends the events of several shows in one stream, because a browser opens at most six connections "
            "of HTTP/1.1 to a server. The events are those of `GET /shows/{show_id}/events/`, and their `show` "
            "is the show that they belong to. The `id` of an event has the `version` that you then have of "
            "each show, in the order of `shows`. A browser sends it in `Last-Event-ID` when it reconnects, and "
            "gets only later changes. The stream ends when one of the shows is deleted."
        ),
        responses=EVENT_STREAM,
        parameters=[
            number_list_parameter("shows", "The ids of the shows.", required=True, minimum=1),
            OnceSerializer,
            number_list_parameter(
                "since", "The `version` of each seat map that you have, in the order of `shows`.", minimum=0
            ),
            LAST_EVENT_ID,
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        return self.respond(request, EventsOfShowsQuerySerializer.read_versions(request))
