"""The seat map of a show, and the small part of it that browsers poll."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
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
from rest_framework.views import APIView

from cinema.api.renderers import to_json
from cinema.seats.seat_map import queries
from cinema.seats.seat_map.queries import STATUSES, SeatsSnapshot, ShowSnapshot
from cinema.shows.serializers import ShowSummarySerializer

SEAT_STATUSES = list(STATUSES.values())


class MapShowSerializer(ShowSummarySerializer):
    class Meta(ShowSummarySerializer.Meta):
        fields = [*ShowSummarySerializer.Meta.fields, "total_seats"]


class CountsSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    available = serializers.IntegerField()
    held = serializers.IntegerField()
    taken = serializers.IntegerField()
    blocked = serializers.IntegerField()


class CategorySerializer(serializers.Serializer):
    name = serializers.CharField()
    color = serializers.CharField()


class LayoutSerializer(serializers.Serializer):
    width = serializers.FloatField(help_text="The greatest `x` of a seat.")
    height = serializers.FloatField(help_text="The greatest `y` of a seat.")
    categories = CategorySerializer(many=True)


class MapSeatSerializer(serializers.Serializer):
    seat_number = serializers.IntegerField()
    label: Any = serializers.CharField(help_text="What is printed on the seat.")
    row = serializers.CharField()
    column = serializers.IntegerField(help_text="The number within the row.")
    x = serializers.FloatField(help_text="Where to draw it; a gap is an aisle.")
    y = serializers.FloatField()
    category = serializers.CharField()
    accessible = serializers.BooleanField()
    status = serializers.ChoiceField(SEAT_STATUSES)


COUNTS = {"total": 120, "available": 119, "held": 0, "taken": 1, "blocked": 0}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A seat map, cut after its second seat",
            {
                "show": {
                    "id": 7,
                    "movie": {"id": 1, "title": "The Third Man", "duration_minutes": 104},
                    "screen_name": "Screen 1",
                    "date_time": "2030-01-01T18:00:00Z",
                    "total_seats": 120,
                },
                "version": 121,
                "counts": COUNTS,
                "layout": {
                    "width": 14,
                    "height": 10,
                    "categories": [{"name": "Standard", "color": "#4a6fa5"}],
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
    version = serializers.IntegerField(help_text="As in the seat map.")
    counts = CountsSerializer()
    statuses = serializers.CharField(
        help_text="One letter a seat, by `seat_number`: `a` available, `h` held, `t` taken, `b` blocked."
    )


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
        self,
        request: HttpRequest,
        seen: ShowSnapshot | SeatsSnapshot | None,
        build: Callable[[Any], dict[str, Any]],
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
        seen = queries.show_snapshot(show_id, with_version="HTTP_IF_NONE_MATCH" in request.META)
        return self.answer(request, seen, queries.seat_map)


class Availability(CachedByVersion):
    @extend_schema(
        tags=["Seat map"],
        summary="The seats' statuses only",
        description="The small part of the seat map that changes, for polling.",
        responses={200: AvailabilitySerializer, 304: NOT_MODIFIED},
        parameters=[IF_NONE_MATCH, ETAG],
    )
    def get(self, request: HttpRequest, show_id: int) -> HttpResponse:
        return self.answer(request, queries.seats_snapshot(show_id), queries.availability)
