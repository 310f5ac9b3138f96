"""API views of the seat map of a show, and of the small part of it that browsers poll."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.api.problems import problem_response
from cinema.api.renderers import to_json
from cinema.seats.api.blocks import BlockedSeatsSerializer, BlockSerializer, change_blocks
from cinema.seats.exceptions import SeatNotFound
from cinema.seats.models import Seat
from cinema.seats.seat_map import queries
from cinema.seats.seat_map.queries import STATUSES, SeatsSnapshot, ShowSnapshot
from cinema.shows.exceptions import ShowNotFound
from cinema.shows.serializers import MomentField, ShowSummarySerializer
from cinema.shows.views import PublicReadView

SEAT_STATUSES = list(STATUSES.values())


class MapShowSerializer(ShowSummarySerializer):
    ends_at = MomentField(read_only=True, help_text="When the movie ends.")

    class Meta(ShowSummarySerializer.Meta):
        fields = [
            *ShowSummarySerializer.Meta.fields,
            *("ends_at", "format", "on_sale_from", "total_seats"),
        ]


class CountsSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    available = serializers.IntegerField()
    held = serializers.IntegerField()
    taken = serializers.IntegerField()
    blocked = serializers.IntegerField()


class CategorySerializer(serializers.Serializer):
    name = serializers.CharField()
    color = serializers.CharField()


class AreaSerializer(serializers.Serializer):
    text = serializers.CharField()
    x = serializers.FloatField(help_text="The left edge.")
    y = serializers.FloatField(help_text="The top edge.")
    width = serializers.FloatField()
    height = serializers.FloatField()


class ZoneSerializer(serializers.Serializer):
    name = serializers.CharField()
    x = serializers.FloatField(help_text="The smallest `x` of its seats.")
    y = serializers.FloatField(help_text="The smallest `y` of its seats.")


class LayoutSerializer(serializers.Serializer):
    width = serializers.FloatField(help_text="The largest `x` of all seats.")
    height = serializers.FloatField(help_text="The largest `y` of all seats.")
    categories = CategorySerializer(many=True)
    front = serializers.ChoiceField(
        ["top", "bottom", "left", "right"], help_text="The side of the seats where the screen or the stage is."
    )
    areas = AreaSerializer(many=True, help_text="Labeled parts of the hall without seats, such as a stage.")
    zones = ZoneSerializer(many=True, help_text="The named parts of the hall, such as a balcony.")
    pitch = serializers.FloatField(help_text="The usual distance of two neighboring seats.")


class MapSeatSerializer(serializers.Serializer):
    seat_number = serializers.IntegerField()
    label: Any = serializers.CharField(help_text="The label printed on the seat, such as `C7`.")
    row = serializers.CharField()
    column = serializers.IntegerField(help_text="The number of the seat in its row.")
    x = serializers.FloatField(help_text="The horizontal position to draw the seat at. A gap is an aisle.")
    y = serializers.FloatField(help_text="The vertical position, from top to bottom.")
    category = serializers.CharField()
    accessible = serializers.BooleanField()
    status = serializers.ChoiceField(SEAT_STATUSES)


COUNTS = {"total": 120, "available": 119, "held": 0, "taken": 1, "blocked": 0}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A seat map, shortened to its first two seats",
            {
                "show": {
                    "id": 7,
                    "movie": {"id": 1, "title": "The Third Man", "duration_minutes": 104},
                    "screen_name": "Screen 1",
                    "date_time": "2030-01-01T18:00:00Z",
                    "local_time": "2030-01-01T19:00:00+01:00",
                    "ends_at": "2030-01-01T19:44:00Z",
                    "format": "OV",
                    "on_sale_from": None,
                    "total_seats": 120,
                },
                "version": 121,
                "counts": COUNTS,
                "layout": {
                    "width": 14,
                    "height": 10,
                    "categories": [{"name": "Standard", "color": "#4a6fa5"}],
                    "front": "top",
                    "areas": [{"text": "Stage", "x": 2, "y": -3, "width": 11, "height": 2}],
                    "zones": [{"name": "Stalls", "x": 1, "y": 1}],
                    "pitch": 1,
                },
                "seats": [
                    {
                        "seat_number": number,
                        "label": f"A{number}",
                        "row": "A",
                        "column": number,
                        "x": number,
                        "y": 1,
                        "category": "Standard",
                        "accessible": False,
                        "status": status,
                    }
                    for number, status in ((1, "available"), (2, "taken"))
                ],
            },
        )
    ]
)
class SeatMapSerializer(serializers.Serializer):
    show = MapShowSerializer()
    version = serializers.IntegerField(help_text="Grows with every change of any seat.")
    counts = CountsSerializer()
    layout = LayoutSerializer()
    seats = MapSeatSerializer(many=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Three seats, the second one taken",
            {
                "show": 7,
                "version": 4,
                "counts": {"total": 3, "available": 2, "held": 0, "taken": 1, "blocked": 0},
                "statuses": "ata",
            },
        )
    ]
)
class AvailabilitySerializer(serializers.Serializer):
    show = serializers.IntegerField()
    version = serializers.IntegerField(help_text="The version of the seat map.")
    counts = CountsSerializer()
    statuses = serializers.CharField(
        help_text="One letter a seat, by `seat_number`: `a` available, `h` held, `t` taken, `b` blocked."
    )


class ETagView(APIView):
    """Answers with an ETag made from the version of the seats.

    A request whose `If-None-Match` has the ETag gets 304, and the body is not built.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Calls `get` without DRF's authentication, parsing and negotiation.

        A public read needs none of them, and they cost more than the answer itself.
        """
        if request.method in ("GET", "HEAD"):
            return self.get(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, show_id: int) -> HttpResponse:
        raise NotImplementedError

    def respond(
        self,
        request: HttpRequest,
        snapshot: ShowSnapshot | SeatsSnapshot | None,
        build_body: Callable[[Any], dict[str, Any]],
    ) -> HttpResponse:
        """Answers with the body built from the snapshot, with 304, or with 404 if there is no snapshot."""
        if snapshot is None:
            return problem_response("not_found", str(ShowNotFound().detail))
        # Answers without a body need `Vary` too, and the middleware that compresses skips them.
        headers = {"Cache-Control": "public, max-age=0, must-revalidate", "Vary": "Accept-Encoding"}
        if if_none_match := request.META.get("HTTP_IF_NONE_MATCH"):
            headers["ETag"] = snapshot.etag(snapshot.version)
            known_etags = {etag.removeprefix("W/") for etag in parse_etags(if_none_match)}
            if known_etags & {headers["ETag"].removeprefix("W/"), "*"}:
                return HttpResponseNotModified(headers=headers)
        body = build_body(snapshot)
        # A seat may have changed after the snapshot, so the ETag comes from the version in the body.
        headers["ETag"] = snapshot.etag(body["version"])
        return HttpResponse(to_json(body), content_type="application/json", headers=headers)


IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of the response that you have."
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    required=True,
    response=[200, 304],
    description="Changes with the response. Send it as `If-None-Match` with the next request.",
)
NOT_MODIFIED = OpenApiResponse(description="The response that you have is still current.")


class SeatMap(PublicReadView, ETagView):
    queryset = Seat.objects.none()
    authentication_classes = list(APIView.authentication_classes)
    problems = {"PATCH": [ShowNotFound, SeatNotFound]}

    @extend_schema(
        tags=["Seat map"],
        summary="Get the seat map of a show",
        description=(
            "Returns every seat with its position and status. The response is the same for every user. Send "
            "its `ETag` as `If-None-Match` to get 304 while nothing has changed."
        ),
        responses={200: SeatMapSerializer, 304: NOT_MODIFIED},
        parameters=[IF_NONE_MATCH, ETAG],
    )
    def get(self, request: HttpRequest, show_id: int) -> HttpResponse:
        # Only the comparison with `If-None-Match` needs the version. The seat map queries its own.
        snapshot = queries.show_snapshot(show_id, with_version="HTTP_IF_NONE_MATCH" in request.META)
        return self.respond(request, snapshot, queries.seat_map)

    @extend_schema(
        tags=["Seat map"],
        summary="Take seats out of sale, or put them back (staff)",
        description=(
            "Changes the seats that can be changed, and says which. Needs the permission `seats.change_seat`."
        ),
        request=BlockSerializer,
        responses=BlockedSeatsSerializer,
    )
    def patch(self, request: Request, show_id: int) -> Response:
        return Response(change_blocks(show_id, request.data))


class Availability(ETagView):
    @extend_schema(
        tags=["Seat map"],
        summary="Get the status of every seat",
        description="Returns the part of the seat map that changes, small enough for polling.",
        responses={200: AvailabilitySerializer, 304: NOT_MODIFIED},
        parameters=[IF_NONE_MATCH, ETAG],
    )
    def get(self, request: HttpRequest, show_id: int) -> HttpResponse:
        return self.respond(request, queries.seats_snapshot(show_id), queries.availability)
