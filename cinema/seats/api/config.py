"""API view of what a front end needs to know about this cinema."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


def config() -> dict[str, Any]:
    return {
        "name": settings.CINEMA_NAME,
        "time_zone": settings.TIME_ZONE,
        "currency": settings.CURRENCY,
        "hold_seconds": settings.HOLD_SECONDS,
        "hold_max_seconds": settings.HOLD_MAX_SECONDS,
        "hold_max_seats": settings.HOLD_MAX_SEATS,
        "booking_max_seats": settings.BOOKING_MAX_SEATS,
        "password_reset": settings.PASSWORD_RESET,
    }


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A cinema in Berlin",
            {
                "name": "Kino Central",
                "time_zone": "Europe/Berlin",
                "currency": "EUR",
                "hold_seconds": 600,
                "hold_max_seconds": 1800,
                "hold_max_seats": 10,
                "booking_max_seats": 0,
                "password_reset": True,
            },
        )
    ]
)
class ConfigSerializer(serializers.Serializer):
    name = serializers.CharField()
    time_zone = serializers.CharField(help_text="Name in the IANA database.")
    currency = serializers.CharField(help_text="Code by ISO 4217.")
    hold_seconds = serializers.IntegerField(help_text="How long a hold lasts.")
    hold_max_seconds = serializers.IntegerField(help_text="How long a renewed hold lasts at most.")
    hold_max_seats = serializers.IntegerField(help_text="The maximum number of seats in a hold.")
    booking_max_seats = serializers.IntegerField(
        help_text="The maximum number of seats of one user in one show; 0 for no limit."
    )
    password_reset = serializers.BooleanField(help_text="Whether a forgotten password can be reset by mail.")


class Config(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["Shows"],
        summary="Get the configuration of the cinema",
        description="What a front end needs to show times, prices and limits as this cinema has them.",
        responses=ConfigSerializer,
    )
    def get(self, request: Request) -> Response:
        return Response(config())
