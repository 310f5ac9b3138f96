"""The header `Idempotency-Key` of the calls that sell, and `Idempotency-Replayed` of their answers."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

MAX_KEY_LENGTH = 200
REPLAYED_HEADER = "Idempotency-Replayed"


class IdempotencyKeySerializer(serializers.Serializer):
    """Validates the header `Idempotency-Key`, which makes retries safe."""

    key = serializers.CharField(max_length=MAX_KEY_LENGTH, trim_whitespace=False)

    def validate_key(self, value: str) -> str:
        if not value.isprintable():
            raise serializers.ValidationError("Use printable characters only.")
        return value


def read_key(request: Request) -> str | None:
    """Returns the key, or None without the header.

    Raises `ValidationError` with the name of the header for an invalid key.
    """
    header = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if header is None:
        return None
    serializer = IdempotencyKeySerializer(data={"key": header})
    if not serializer.is_valid():
        raise serializers.ValidationError({"Idempotency-Key": serializer.errors["key"]})
    return serializer.validated_data["key"]


def replayed_header(booking: Any) -> dict[str, str] | None:
    """The header that marks an answer as a replay, or None for a first answer."""
    return {REPLAYED_HEADER: "true"} if booking.is_replay else None


def idempotency_parameters(description: str) -> list[OpenApiParameter]:
    """Both headers, for the schema of a call. `description` says what makes two of its requests the same."""
    return [
        OpenApiParameter(
            "Idempotency-Key",
            {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
            OpenApiParameter.HEADER,
            description=f"Makes retries safe. {description} Keys belong to one user and one show.",
        ),
        OpenApiParameter(
            REPLAYED_HEADER,
            {"type": "string", "enum": ["true"]},
            OpenApiParameter.HEADER,
            response=[201],
            description=(
                "The answer is the first one for this Idempotency-Key, again. Nothing was booked now, and the "
                "bookings may have been moved or cancelled since. Other answers do not have this header."
            ),
        ),
    ]
