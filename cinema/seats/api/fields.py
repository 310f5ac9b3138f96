"""Serializer fields of seat numbers and of the kinds of prices."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cinema.api.fields import JsonInForms, WholeNumberField
from cinema.shows.limits import MAX_KIND_LENGTH, MAX_SEATS


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 100_000, "example": 12})
class SeatNumberField(WholeNumberField):
    """A whole number. The sale checks whether the show has a seat with this number.

    The schema states the range of all shows, so that documentation and generated clients show it.
    """


class KindField(serializers.CharField):
    """The kind of a price."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_KIND_LENGTH, **kwargs)


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "string", "minLength": 1, "maxLength": MAX_KIND_LENGTH},
        "propertyNames": {"pattern": "^([1-9][0-9]{0,4}|100000)$"},
        "example": {"5": "Child"},
    }
)
class KindsField(JsonInForms, serializers.DictField):
    """The kinds of prices by seat number. JSON writes the numbers as texts."""

    child = KindField()

    def to_internal_value(self, data: Any) -> dict[int, str]:
        kinds = super().to_internal_value(data)
        number = SeatNumberField(min_value=1, max_value=MAX_SEATS)
        return {number.run_validation(seat): kind for seat, kind in kinds.items()}
