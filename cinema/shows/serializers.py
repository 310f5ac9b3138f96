"""Movies and shows, in and out."""

import re
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from .models import MAX_MINUTES, MAX_SEATS, Movie, Show

DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,30})", re.ASCII)


class WholeNumberField(serializers.IntegerField):
    """An integer in its one canonical spelling: `12` or `"12"`.

    DRF's field also takes `"012"`, `"1_2"`, `12.0` and the digits of other scripts, so that
    one seat would have many names.
    """

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, int) and not isinstance(data, bool):
            return data
        if isinstance(data, str) and DECIMAL.fullmatch(data) and data != "-0":
            return int(data)
        raise serializers.ValidationError(self.error_messages["invalid"], code="invalid")


@extend_schema_serializer(
    examples=[OpenApiExample("A movie", {"id": 1, "title": "The Third Man", "duration_minutes": 104})]
)
class MovieSerializer(serializers.ModelSerializer):
    duration_minutes = WholeNumberField(min_value=1, max_value=MAX_MINUTES)

    class Meta:
        model = Movie
        fields = ["id", "title", "duration_minutes"]


class ShowSummarySerializer(serializers.ModelSerializer):
    """A show as it stands inside a booking or a seat map, with its movie spelt out."""

    movie = MovieSerializer()

    class Meta:
        model = Show
        fields = ["id", "movie", "screen_name", "date_time"]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A show",
            {
                "id": 7,
                "movie": 1,
                "screen_name": "Screen 1",
                "date_time": "2030-01-01T18:00:00Z",
                "total_seats": 120,
                "available_seats": 96,
            },
        )
    ]
)
class ShowSerializer(serializers.ModelSerializer):
    movie: Any = serializers.PrimaryKeyRelatedField(read_only=True)
    total_seats = WholeNumberField(min_value=1, max_value=MAX_SEATS)
    available_seats = serializers.IntegerField(read_only=True)

    class Meta:
        model = Show
        fields = ["id", "movie", "screen_name", "date_time", "total_seats", "available_seats"]


class ShowQuerySerializer(serializers.Serializer):
    upcoming = serializers.BooleanField(required=False, help_text="`true`: only shows that have not begun.")
