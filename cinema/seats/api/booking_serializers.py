"""Serializers of a booking, for its owner and for staff."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from cinema.seats.models import Booking
from cinema.shows.serializers import SHOW_SUMMARY_EXAMPLE, ShowSummarySerializer, represent_show_summary


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A booking",
            {
                "id": 31,
                "show": SHOW_SUMMARY_EXAMPLE,
                "seat_number": 12,
                "seat_label": "A12",
                "status": "booked",
                "created_at": "2029-12-24T09:30:00.123456Z",
                "order": "7K3M-Q9XT",
                "kind": "Adult",
                "amount": 1250,
                "currency": "EUR",
                "cancelled_at": None,
                "cancelled_because": None,
                "admitted_at": None,
                "ticket": "B7-31.l5XfHbJbYw0Yv0pJ0m5m4JrV2b3Q0nq8m1c7k2s9dTE",
                "order_ticket": "O7-7K3M-Q9XT.Zr8k1nq0P5t3v7x9A2c4e6g8i0k2m4o6q8s0u2w4y6A",
            },
        )
    ]
)
class BookingSerializer(serializers.ModelSerializer):
    amount = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="The price at the sale, in the smallest unit of `currency`; null if the show had no prices.",
    )
    show = ShowSummarySerializer(read_only=True)
    # Declared, because a generated field would have the column's range, which differs between databases.
    seat_number = serializers.IntegerField(read_only=True)
    seat_label = serializers.CharField(
        read_only=True, help_text="The label printed on the seat, such as `C7`, as it was sold."
    )

    ticket = serializers.CharField(
        read_only=True, allow_null=True, help_text="Admits the booking at the door; null if it is cancelled."
    )
    order_ticket = serializers.CharField(
        read_only=True, allow_null=True, help_text="Admits all bookings of the order."
    )

    class Meta:
        model = Booking
        fields = [
            *("id", "show", "seat_number", "seat_label", "status", "created_at", "order"),
            *("kind", "amount", "currency", "cancelled_at", "cancelled_because"),
            *("admitted_at", "ticket", "order_ticket"),
        ]
        read_only_fields = fields

    def to_representation(self, booking: Any) -> dict[str, Any]:
        return represent_booking(booking)


def represent_booking(booking: Any) -> dict[str, Any]:
    """The answer about a booking that `with_details` or a statement has loaded."""
    return {
        "id": booking.pk,
        "show": represent_show_summary(booking.show),
        "seat_number": booking.seat_number,
        "seat_label": booking.seat_label,
        "status": booking.status,
        "created_at": booking.created_at,
        "order": booking.order,
        "kind": booking.kind,
        "amount": booking.amount,
        "currency": booking.currency,
        "cancelled_at": booking.cancelled_at,
        "cancelled_because": booking.cancelled_because,
        "admitted_at": booking.admitted_at,
        "ticket": booking.ticket,
        "order_ticket": booking.order_ticket,
    }


class StaffBookingSerializer(BookingSerializer):
    # Not read-only, because the schema requires read-only fields, and a call leaves these out for owners.
    guest_name = serializers.CharField(required=False, help_text="Only for staff; empty without a name.")
    sold_by = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="Only for staff: the id of the user who sold the seat at the till, or null.",
    )

    class Meta(BookingSerializer.Meta):
        fields = [*BookingSerializer.Meta.fields, "guest_name", "sold_by"]
        read_only_fields = BookingSerializer.Meta.fields

    def to_representation(self, booking: Any) -> dict[str, Any]:
        return represent_for_staff(booking)


def represent_for_staff(booking: Any) -> dict[str, Any]:
    guest = {"guest_name": booking.guest_name, "sold_by": booking.sold_by_id}
    return represent_booking(booking) | guest
