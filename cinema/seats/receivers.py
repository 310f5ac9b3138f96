"""Signal receivers that keep seats in step with shows, users and bookings; `apps.py` connects them.

They cover every write that does not go through `booking.services`: the ORM, the admin, cascades, factories.
Each receiver runs in the transaction of the save or delete that sent the signal.
"""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from cinema.seats.booking.end_sales import end_sales
from cinema.seats.booking.statements import call_off
from cinema.seats.integrity import sync_with_bookings
from cinema.seats.layout.materialize import materialize_seats
from cinema.seats.models import Booking, Seat
from cinema.shows.exceptions import HasBookings, ShowCancelled
from cinema.shows.models import Show

BEGUN_WITH_BOOKINGS = (
    "The show has started, so its live bookings can't be cancelled, and it stays with them as a record. "
    "manage.py archive_shows --delete removes shows that ended long ago, together with their bookings."
)


def remember_old_screen(sender: Any, instance: Any, raw: bool, **kwargs: Any) -> None:
    """Before a show is saved: notes whether it moves to another screen, which may have another plan."""
    instance.moves = False
    if instance.pk is not None and not raw:
        left = Show.objects.filter(pk=instance.pk).values_list("screen_name", flat=True).first()
        instance.moves = left not in (None, instance.screen_name)


def lay_out_seats(
    sender: Any,
    instance: Any,
    raw: bool,
    created: bool,
    update_fields: frozenset[str] | None,
    **kwargs: Any,
) -> None:
    if raw:
        # The fixture may contain the seats further down. Our `loaddata` adds missing seats at its end.
        return
    if update_fields is None or "total_seats" in update_fields:
        materialize_seats(instance, is_new=created, moved=instance.moves)
    elif "screen_name" in update_fields and instance.moves:
        # The instance's other fields were not saved and may be stale.
        materialize_seats(Show.objects.get(pk=instance.pk), moved=True)


def call_off_cancelled_show(
    sender: Any, instance: Show, raw: bool, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    """After the ORM saved a show as cancelled: calls it off like `services.call_off`.

    `check_show` lets no show be saved that already was.
    """
    if not raw and instance.is_cancelled and (update_fields is None or "status" in update_fields):
        Booking.objects.live().lock_with_show(instance.pk)
        call_off(instance.pk)


def protect_live_bookings(sender: Any, instance: Show, **kwargs: Any) -> None:
    """Before a show or its movie is deleted: raises `HasBookings`, or deletes the cancelled bookings.

    The locks make a sale under way finish first, so that its booking is seen, and make later sales wait.
    """
    Booking.objects.live().lock_with_show(instance.pk)
    if Booking.objects.live().filter(show=instance).exists():
        has_begun = not Show.objects.upcoming().filter(pk=instance.pk).exists()
        raise HasBookings(BEGUN_WITH_BOOKINGS) if has_begun else HasBookings()
    Booking.objects.filter(show=instance).delete()


def end_sales_of_user(sender: Any, instance: AbstractBaseUser, **kwargs: Any) -> None:
    """Before a user is deleted: cancels bookings of upcoming shows and ends holds. Other bookings stay, without
    a user."""
    end_sales(instance.pk)


def remember_old_seat(sender: Any, instance: Any, raw: bool, **kwargs: Any) -> None:
    """Before the ORM saves a booking: notes its seat, because the save may move it to another one. Then the
    booking gets the label of its new seat. Raises `ShowCancelled` if a live booking's show was called off."""
    if not raw:
        if instance.is_live:
            instance.cancelled_at = instance.cancelled_because = None
            if not Show.objects.scheduled().filter(pk=instance.show_id).exists():
                raise ShowCancelled()
        instance.old_seat = Booking.objects.filter(pk=instance.pk).values_list("show", "seat_number").first()
        if instance.old_seat not in (None, (instance.show_id, instance.seat_number)):
            instance.sold_label = ""


def sync_seats_after_booking(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """After the ORM saved or deleted a booking: updates its seat, and the one that it left, and stores the
    label of its seat if it has none."""
    if raw:
        return
    seat = (instance.show_id, instance.seat_number)
    for show_id, number in {seat, getattr(instance, "old_seat", None) or seat}:
        sync_with_bookings(Seat.objects.filter(show=show_id, number=number))
    if not instance.sold_label:
        label = Seat.objects.filter(show=seat[0], number=seat[1]).values_list("label", flat=True).first()
        instance.sold_label = label or str(instance.seat_number)
        saved = Booking.objects.filter(show=instance.show_id, pk=instance.pk)
        saved.update(sold_label=instance.sold_label)
