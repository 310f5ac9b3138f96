"""The serializer field of a seat number."""

from drf_spectacular.utils import extend_schema_field

from cinema.api.fields import WholeNumberField


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 100_000, "example": 12})
class SeatNumberField(WholeNumberField):
    """A whole number. The sale checks whether the show has a seat with this number.

    The schema states the range of all shows, so that documentation and generated clients show it.
    """
