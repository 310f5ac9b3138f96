"""Keeps seats and live bookings in agreement when rows are saved or deleted past the services.

The ORM, the admin and cascades reach bookings by other doors than `book` and `cancel`. Connected in
`apps.py`; each runs in the transaction of the save or delete that caused it.
"""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from cinema.shows.exceptions import HasBookings
from cinema.shows.models import Show

from .models import Booking, Seat


def refuse_with_live_bookings(sender: Any, instance: Show, **kwargs: Any) -> None:
    """Before a show, or its movie, is deleted. Raises `HasBookings`; else drops the cancelled ones."""
    # While its seats are locked nobody can book the show; a sale under way is waited for and seen.
    list(Seat.objects.filter(show=instance).select_for_update().order_by("number").values_list("number"))
    if Booking.objects.live().filter(show=instance).exists():
        raise HasBookings()
    Booking.objects.filter(show=instance).delete()


def end_bookings(sender: Any, instance: AbstractBaseUser, **kwargs: Any) -> None:
    """Before a user is deleted: their seats become free."""
    # While the user is locked, no booking of theirs can be committed that the delete would not see.
    list(sender._default_manager.select_for_update().filter(pk=instance.pk).values_list("pk"))
    Booking.objects.by(instance.pk).delete()


def let_seat_follow(sender: Any, instance: Booking, raw: bool = False, **kwargs: Any) -> None:
    """After a booking was saved or deleted by the ORM: its seat is what the live bookings say."""
    if not raw:
        Seat.objects.filter(show=instance.show_id, number=instance.seat_number).follow_bookings()
