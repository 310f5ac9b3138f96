"""Live changes of a show's seats."""

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from cinema.problem_schema import ProblemAutoSchema
from cinema.shows.models import Show

from . import live
from .serializers import KnownVersionSerializer, SeatsChangedSerializer

EXAMPLE = """retry: 1000

id: 414
data: {"show":7,"version":414,"counts":{"total":3,"available":2,"held":0,"taken":1,"blocked":0},\
"complete":false,"seats":[{"seat_number":2,"status":"taken"}]}

"""


class StreamSchema(ProblemAutoSchema):
    """Names the component of an event's data, for OpenAPI has no word for what a stream consists of."""

    def get_extensions(self) -> dict[str, Any]:
        return {"x-event-data": self.resolve_serializer(SeatsChangedSerializer, "response").ref}


@extend_schema(
    tags=["Seat map"],
    summary="Live changes of the seats of a show",
    description=(
        "Server-sent events, within a second of the change; the data of each is a `SeatsChanged`, as JSON. "
        "Each names the seats that have changed since the one before; the first one names all, with "
        "`complete` true, unless `since` or `Last-Event-ID` says what you have. An event that names no seat "
        "says that the map has changed otherwise: get it anew. A server that can't keep a stream open "
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
class Events(APIView):
    """A stream where the server can keep one open (`cinema.asgi`), else the present state and an end."""

    schema = StreamSchema()
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    http_method_names = ["get", "head", "options"]
    refusals = {"GET": [ValidationError]}

    def get(self, request: Request, show_id: int) -> HttpResponseBase:
        known = KnownVersionSerializer.read(request)
        get_object_or_404(Show.objects.only("pk"), pk=show_id)
        # nginx passes a stream on as it comes when it is told so.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        if request.method == "GET" and "cinema.streams" in request.META:
            events = live.follow(show_id, known)
            return StreamingHttpResponse(events, content_type="text/event-stream", headers=headers)
        state = live.present_state(show_id, known)
        return HttpResponse(state, content_type="text/event-stream", headers=headers)
