"""Serializers of movies and shows.

`to_representation` builds each answer by hand, because DRF's loop over the fields costs ten times as much. The
fields still describe the answer in the schema. `tests/api/test_renderers.py` checks that both agree.
"""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from cinema.api.fields import WholeNumberField
from cinema.shows.limits import MAX_MINUTES, MAX_SEATS
from cinema.shows.models import Movie, Show


def represent_movie(movie: Movie) -> dict[str, Any]:
    return {"id": movie.pk, "title": movie.title, "duration_minutes": movie.duration_minutes}


def represent_show_summary(show: Show) -> dict[str, Any]:
    return {
        "id": show.pk,
        "movie": represent_movie(show.movie),
        "screen_name": show.screen_name,
        "date_time": show.date_time,
    }


@extend_schema_serializer(
    examples=[OpenApiExample("A movie", {"id": 1, "title": "The Third Man", "duration_minutes": 104})]
)
class MovieSerializer(serializers.ModelSerializer):
    duration_minutes = WholeNumberField(min_value=1, max_value=MAX_MINUTES)

    class Meta:
        model = Movie
        fields = ["id", "title", "duration_minutes"]

    def to_representation(self, movie: Movie) -> dict[str, Any]:
        return represent_movie(movie)


class ShowSummarySerializer(serializers.ModelSerializer):
    """A show inside a booking or a seat map, with its whole movie."""

    movie = MovieSerializer()

    class Meta:
        model = Show
        fields = ["id", "movie", "screen_name", "date_time"]

    def to_representation(self, show: Show) -> dict[str, Any]:
        return represent_show_summary(show)


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

    def to_representation(self, show: Any) -> dict[str, Any]:
        return {
            "id": show.pk,
            "movie": show.movie_id,
            "screen_name": show.screen_name,
            "date_time": show.date_time,
            "total_seats": show.total_seats,
            "available_seats": show.available_seats,
        }


class NewShowSerializer(ShowSerializer):
    total_seats = WholeNumberField(
        min_value=1,
        max_value=MAX_SEATS,
        required=False,
        help_text="May be left out if the screen has a seating plan. The plan then decides.",
    )


class ShowChangeSerializer(ShowSerializer):
    movie = serializers.PrimaryKeyRelatedField(queryset=Movie.objects.all(), pk_field=WholeNumberField())
    keep_bookings = serializers.BooleanField(
        required=False,
        write_only=True,
        help_text=(
            "`true` moves a show with live bookings to another time, screen or movie, with its bookings. "
            "Without it the answer is 409 `has_bookings`."
        ),
    )

    class Meta(ShowSerializer.Meta):
        fields = [*ShowSerializer.Meta.fields, "keep_bookings"]

    def update(self, show: Show, validated_data: dict[str, Any]) -> Show:
        show.keep_bookings = validated_data.pop("keep_bookings", False)
        return super().update(show, validated_data)


class ShowQuerySerializer(serializers.Serializer):
    upcoming = serializers.BooleanField(required=False, help_text="`true` leaves out shows that have begun.")
