"""Bookings and seat maps, in and out. They shape; they sell nothing."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import build_object_type
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cinema.shows.serializers import ShowSummarySerializer, WholeNumberField, show_summary_out

from .models import Booking
from .seat_map import STATUSES

LONGEST_KEY = 200
MOST_SEATS = settings.HOLD_MAX_SEATS
SEAT_STATUSES = list(STATUSES.values())


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 100_000, "example": 12})
class SeatNumberField(WholeNumberField):
    """A whole number; which ones there are is the show's matter, and the sale's."""


@extend_schema_serializer(examples=[OpenApiExample("Seat 12", {"seat_number": 12})])
class BookSerializer(serializers.Serializer):
    seat_number = SeatNumberField(help_text="1 to the show's `total_seats`.")


@extend_schema_serializer(
    examples=[
        OpenApiExample("Seats 5 and 6", {"seat_numbers": [5, 6]}),
        OpenApiExample("The best three side by side", {"best": 3}),
    ],
    description="Either `seat_numbers` or `best`.",
)
class SeatsWantedSerializer(serializers.Serializer):
    seat_numbers = serializers.ListField(
        child=SeatNumberField(),
        required=False,
        allow_empty=False,
        max_length=MOST_SEATS,
        help_text="Exactly these seats; at most `HOLD_MAX_SEATS` (10).",
    )
    best = WholeNumberField(
        required=False, min_value=1, max_value=MOST_SEATS, help_text="The best so many adjacent free seats."
    )
    category = serializers.CharField(required=False, allow_null=True, help_text="Of this category only.")
    accessible = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="`true`: an accessible seat among them; `false`: none.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("seat_numbers" in attrs) == ("best" in attrs):
            raise serializers.ValidationError({"seat_numbers": ["Give either seat_numbers or best."]})
        return attrs


class SeatsWantedSchema(OpenApiSerializerExtension):
    """The two forms apart, so that neither both nor none of them fit the schema."""

    target_class = SeatsWantedSerializer

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        whole = super().map_serializer(auto_schema, direction)
        best = whole["properties"]
        numbers = {"seat_numbers": best.pop("seat_numbers") | {"minItems": 1}}
        return {
            "description": whole["description"],
            "oneOf": [
                build_object_type(numbers, ["seat_numbers"], title="These seats"),
                build_object_type(best, ["best"], title="The best seats"),
            ],
        }


@extend_schema_serializer(
    examples=[
        OpenApiExample("A hold", {"show": 7, "seat_numbers": [5, 6], "expires_at": "2029-12-24T09:40:00Z"})
    ]
)
class HoldSerializer(serializers.Serializer):
    show = serializers.IntegerField()
    seat_numbers = serializers.ListField(child=serializers.IntegerField())
    expires_at = serializers.DateTimeField(help_text="When the seats are free again, by the clock alone.")


class IdempotencyKeySerializer(serializers.Serializer):
    """The header that makes a retry safe."""

    key = serializers.CharField(max_length=LONGEST_KEY, trim_whitespace=False)

    def validate_key(self, value: str) -> str:
        if not value.isprintable():
            raise serializers.ValidationError("Use printable characters only.")
        return value

    @classmethod
    def read(cls, sent: str | None) -> str | None:
        """The key sent, if any was; a bad one is a validation error under the header's name."""
        if sent is None:
            return None
        serializer = cls(data={"key": sent})
        if not serializer.is_valid():
            raise serializers.ValidationError({"Idempotency-Key": serializer.errors["key"]})
        return serializer.validated_data["key"]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A booking",
            {
                "id": 31,
                "show": {
                    "id": 7,
                    "movie": {"id": 1, "title": "The Third Man", "duration_minutes": 104},
                    "screen_name": "Screen 1",
                    "date_time": "2030-01-01T18:00:00Z",
                },
                "seat_number": 12,
                "seat_label": "A12",
                "status": "booked",
                "created_at": "2029-12-24T09:30:00.123456Z",
            },
        )
    ]
)
class BookingSerializer(serializers.ModelSerializer):
    show = ShowSummarySerializer(read_only=True)
    # Spelt out, for the range of the column differs between databases.
    seat_number = serializers.IntegerField(read_only=True)
    seat_label = serializers.CharField(read_only=True, help_text="What is printed on the seat.")

    class Meta:
        model = Booking
        fields = ["id", "show", "seat_number", "seat_label", "status", "created_at"]
        read_only_fields = fields

    def to_representation(self, booking: Any) -> dict[str, Any]:
        return {
            "id": booking.pk,
            "show": show_summary_out(booking.show),
            "seat_number": booking.seat_number,
            "seat_label": booking.seat_label,
            "status": booking.status,
            "created_at": booking.created_at,
        }


class BookingQuerySerializer(serializers.Serializer):
    status = serializers.ChoiceField(Booking.Status.choices, required=False)


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
