"""Serializers of movies and shows.

`to_representation` builds each answer by hand, because DRF's loop over the fields costs ten times as much. The
fields still describe the answer in the schema. `tests/api/test_renderers.py` checks that both agree.
"""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as InvalidTime
from django.db.models import DateTimeField
from django.utils.timezone import is_aware
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from cinema.api.fields import WholeNumberField
from cinema.shows.limits import MAX_MINUTES, MAX_SEATS, POSTER_URL
from cinema.shows.models import Movie, PriceList, Show
from cinema.shows.times import from_wall, to_local


def represent_movie(movie: Movie) -> dict[str, Any]:
    return {"id": movie.pk, "title": movie.title, "duration_minutes": movie.duration_minutes}


def represent_show_summary(show: Show) -> dict[str, Any]:
    return {
        "id": show.pk,
        "movie": represent_movie(show.movie),
        "screen_name": show.screen_name,
        "date_time": show.date_time,
        "local_time": to_local(show.date_time),
    }


class MovieSummarySerializer(serializers.ModelSerializer):
    """A movie inside a show."""

    duration_minutes = WholeNumberField(min_value=1, max_value=MAX_MINUTES)

    class Meta:
        model = Movie
        fields = ["id", "title", "duration_minutes"]

    def to_representation(self, movie: Movie) -> dict[str, Any]:
        return represent_movie(movie)


MOVIE_FACTS = ["description", "age_rating", "language", "poster_url"]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A movie",
            {
                "id": 1,
                "title": "The Third Man",
                "duration_minutes": 104,
                "description": "Vienna after the war. A writer looks for his friend.",
                "age_rating": "12",
                "language": "English",
                "poster_url": "https://posters.example/the-third-man.jpg",
            },
        )
    ]
)
class MovieSerializer(MovieSummarySerializer):
    poster_url = serializers.RegexField(
        POSTER_URL,
        required=False,
        allow_blank=True,
        max_length=1000,
        error_messages={"invalid": "Must start with https://."},
        help_text="Address of a picture, https:// only.",
    )

    class Meta(MovieSummarySerializer.Meta):
        fields = [*MovieSummarySerializer.Meta.fields, *MOVIE_FACTS]

    def to_representation(self, movie: Movie) -> dict[str, Any]:
        return represent_movie(movie) | {name: getattr(movie, name) for name in MOVIE_FACTS}


class MomentField(serializers.DateTimeField):
    """A moment: read with an offset or as the cinema's wall time, shown in UTC."""

    def enforce_timezone(self, value: datetime) -> datetime:
        """DRF calls it for input and output. Raises `ValidationError` for a wall time that clocks skip."""
        try:
            return value.astimezone(UTC) if is_aware(value) else from_wall(value)
        except OverflowError:
            self.fail("overflow")
        except InvalidTime as error:
            raise serializers.ValidationError(error.messages, code="invalid") from None


class LocalTimeField(serializers.DateTimeField):
    """The start in the cinema's time zone, with its offset."""

    def __init__(self, **kwargs: Any) -> None:
        help_text = "`date_time` with the offset of the cinema's time zone."
        super().__init__(source="date_time", read_only=True, help_text=help_text, **kwargs)


class ShowModelSerializer(serializers.ModelSerializer):
    """Reads and shows the times of a show as moments."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        DateTimeField: MomentField,
    }


class ShowSummarySerializer(ShowModelSerializer):
    """A show inside a booking or a seat map, with its whole movie."""

    movie = MovieSummarySerializer()
    local_time = LocalTimeField()

    class Meta:
        model = Show
        fields = ["id", "movie", "screen_name", "date_time", "local_time"]

    def to_representation(self, show: Show) -> dict[str, Any]:
        return represent_show_summary(show)


SHOW_SUMMARY_EXAMPLE = {
    "id": 7,
    "movie": {"id": 1, "title": "The Third Man", "duration_minutes": 104},
    "screen_name": "Screen 1",
    "date_time": "2030-01-01T18:00:00Z",
    "local_time": "2030-01-01T19:00:00+01:00",
}

SHOW_EXAMPLE = {
    "id": 7,
    "movie": 1,
    "movie_title": "The Third Man",
    "movie_age_rating": "12",
    "movie_poster_url": "https://posters.example/the-third-man.jpg",
    "screen_name": "Screen 1",
    "date_time": "2030-01-01T18:00:00Z",
    "local_time": "2030-01-01T19:00:00+01:00",
    "ends_at": "2030-01-01T19:44:00Z",
    "format": "OV",
    "on_sale_from": None,
    "status": "scheduled",
    "price_list": 1,
    "price_from": 900,
    "total_seats": 120,
    "available_seats": 96,
}


@extend_schema_serializer(examples=[OpenApiExample("A show", SHOW_EXAMPLE)])
class ShowSerializer(ShowModelSerializer):
    movie: Any = serializers.PrimaryKeyRelatedField(read_only=True)
    movie_title = serializers.CharField(source="movie.title", read_only=True)
    movie_age_rating = serializers.CharField(source="movie.age_rating", read_only=True)
    movie_poster_url = serializers.CharField(source="movie.poster_url", read_only=True)
    local_time = LocalTimeField()
    ends_at = MomentField(read_only=True, help_text="When the movie ends.")
    price_list: Any = serializers.PrimaryKeyRelatedField(
        queryset=PriceList.objects.all(),
        pk_field=WholeNumberField(),
        required=False,
        allow_null=True,
        help_text="The id of the price list; null if the show has no prices.",
    )
    price_from = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="The least amount of the price list, in the smallest unit of the currency.",
    )
    total_seats = WholeNumberField(min_value=1, max_value=MAX_SEATS)
    available_seats = serializers.IntegerField(read_only=True)

    class Meta:
        model = Show
        fields = [
            *("id", "movie", "movie_title", "movie_age_rating", "movie_poster_url", "screen_name"),
            *("date_time", "local_time", "ends_at", "format"),
            *("on_sale_from", "status", "price_list", "price_from", "total_seats", "available_seats"),
        ]
        read_only_fields = ["status"]

    def to_representation(self, show: Any) -> dict[str, Any]:
        return {
            "id": show.pk,
            "movie": show.movie_id,
            "movie_title": show.movie.title,
            "movie_age_rating": show.movie.age_rating,
            "movie_poster_url": show.movie.poster_url,
            "screen_name": show.screen_name,
            "date_time": show.date_time,
            "local_time": to_local(show.date_time),
            "ends_at": show.ends_at,
            "format": show.format,
            "on_sale_from": show.on_sale_from,
            "status": show.status,
            "price_list": show.price_list_id,
            "price_from": show.price_from,
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


@extend_schema_serializer(
    examples=[OpenApiExample("A screen", {"name": "Grand Hall", "seats": 1440, "has_plan": True})]
)
class ScreenSerializer(serializers.Serializer):
    name = serializers.CharField()
    seats = serializers.IntegerField(
        allow_null=True,
        help_text="Of the latest show, or else by the plan; null if the plan has faults.",
    )
    has_plan = serializers.BooleanField(help_text="Whether the screen has a seating plan.")
