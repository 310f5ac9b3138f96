"""Keeps the values of existing rows in fields that the file leaves out.

Django gives such fields their defaults. Then a show that was archived or called off would be sold again, and a
booking would lose its price and its order.
"""

from contextlib import suppress
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from cinema.seats.models import Booking

# Fields that describe one state. If the file has one of a group, it decides all of them. Otherwise a cancelled
# booking could not be loaded as booked again, because the database refuses one that says when it was cancelled.
GROUPS = [
    {"status", "cancel_reason", "cancelled_at", "cancelled_because", "admitted_at"},
    {"taken", "blocked", "block_reason", "held_by", "held_since", "held_until"},
    {"user", "guest_name", "sold_by"},
    {"kind", "amount", "currency"},
]


def keep_fields_not_in_file(obj: Any) -> None:
    """Sets the fields that the file leaves out to their values in the database, if the row exists."""
    instance = obj.object
    if instance.pk is None:
        return
    decided = obj.names_in_file.union(*(group for group in GROUPS if group & obj.names_in_file))
    if isinstance(instance, Booking) and _gets_another_seat(instance):
        decided.add("sold_label")
    missing = [
        field.name
        for field in instance._meta.concrete_fields
        if field.serialize and not field.primary_key and field.name not in decided
    ]
    if missing:
        with suppress(ObjectDoesNotExist):
            instance.refresh_from_db(fields=missing)


def _gets_another_seat(booking: Booking) -> bool:
    same_seat = Booking.objects.of_seat(booking.show_id, booking.seat_number)
    return not same_seat.filter(pk=booking.pk).exists()
