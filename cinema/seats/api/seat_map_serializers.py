"""Serializers of the seat map and of a show's availability."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from cinema.seats.seat_map.queries import STATUSES
from cinema.shows.serializers import SHOW_SUMMARY_EXAMPLE, MomentField, ShowSummarySerializer

SEAT_STATUSES = list(STATUSES.values())


class MapShowSerializer(ShowSummarySerializer):
    ends_at = MomentField(read_only=True, help_text="When the movie ends.")

    class Meta(ShowSummarySerializer.Meta):
        fields = [
            *ShowSummarySerializer.Meta.fields,
            *("ends_at", "format", "on_sale_from", "status", "total_seats"),
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


class PriceTableSerializer(serializers.Serializer):
    currency = serializers.CharField(help_text="Code by ISO 4217.")
    kinds = serializers.ListField(
        child=serializers.CharField(), help_text="The kinds of the list. The first one is the default."
    )
    by_category = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text=(
            "The amounts of each category of seats by kind, in the smallest unit of the currency. Seats of a "
            "category can't be booked for a kind without an amount."
        ),
    )


class MapSeatSerializer(serializers.Serializer):
    seat_number = serializers.IntegerField()
    label: Any = serializers.CharField(help_text="The label printed on the seat, such as `C7`.")
    row = serializers.CharField()
    column = serializers.IntegerField(help_text="The number of the seat in its row.")
    x = serializers.FloatField(help_text="The horizontal position to draw the seat at. A gap is an aisle.")
    y = serializers.FloatField(help_text="The vertical position, from top to bottom.")
    category = serializers.CharField()
    accessible = serializers.BooleanField()
    companion = serializers.BooleanField(help_text="For somebody beside an accessible seat.")
    pair = serializers.IntegerField(
        allow_null=True, help_text="The number of the other half of a sofa, which is sold whole."
    )
    status = serializers.ChoiceField(SEAT_STATUSES)


COUNTS = {"total": 120, "available": 119, "held": 0, "taken": 1, "blocked": 0}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A seat map, shortened to its first two seats",
            {
                "show": {
                    **SHOW_SUMMARY_EXAMPLE,
                    "ends_at": "2030-01-01T19:44:00Z",
                    "format": "OV",
                    "on_sale_from": None,
                    "status": "scheduled",
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
                "prices": {
                    "currency": "EUR",
                    "kinds": ["Adult", "Child"],
                    "by_category": {"Standard": {"Adult": 1250, "Child": 900}},
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
                        "companion": False,
                        "pair": None,
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
    prices = PriceTableSerializer(allow_null=True, help_text="Null if the show has no price list.")
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
