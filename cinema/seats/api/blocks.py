"""Staff take seats out of sale and put them back, by `PATCH` on the seat map of a show."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from cinema.seats.api.fields import SeatNumberField
from cinema.seats.booking.sale_context import check_seats_can_change
from cinema.seats.booking.statements import block, unblock
from cinema.shows.exceptions import ShowArchived
from cinema.shows.limits import MAX_SEATS
from cinema.shows.models import Show


@extend_schema_serializer(
    examples=[
        OpenApiExample("Broken seats", {"seat_numbers": [5, 6], "blocked": True, "reason": "Broken"}),
    ]
)
class BlockSerializer(serializers.Serializer):
    seat_numbers = serializers.ListField(child=SeatNumberField(), allow_empty=False, max_length=MAX_SEATS)
    blocked = serializers.BooleanField(help_text="`true` takes the seats out of sale, `false` puts them back.")
    reason = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=200, help_text="For staff."
    )


@extend_schema_serializer(examples=[OpenApiExample("One is taken", {"changed": [5], "unchanged": [6]})])
class BlockedSeatsSerializer(serializers.Serializer):
    changed = serializers.ListField(child=serializers.IntegerField())
    unchanged = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Seats that are taken, held or already as wanted.",
    )


def change_blocks(show_id: int, data: Any) -> dict[str, list[int]]:
    """Blocks or unblocks the seats that can be. Raises `ShowNotFound`, `SeatNotFound`, `ShowArchived`,
    `ShowCancelled` or `ValidationError`."""
    serializer = BlockSerializer(data=data)
    serializer.is_valid(raise_exception=True)
    wanted: Any = serializer.validated_data
    numbers = set(wanted["seat_numbers"])
    check_seats_can_change(show_id, numbers)
    if wanted["blocked"]:
        changed = block(show_id=show_id, seat_numbers=numbers, reason=wanted["reason"])
    else:
        changed = unblock(show_id=show_id, seat_numbers=numbers)
    if not changed and Show.objects.filter(pk=show_id, archived=True).exists():
        raise ShowArchived()
    return {"changed": changed, "unchanged": sorted(numbers.difference(changed))}
