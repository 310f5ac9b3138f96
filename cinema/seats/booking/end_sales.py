"""Ends the sales of a user who is being deleted: cancels bookings of upcoming shows, and releases holds."""

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q

from cinema.seats import status
from cinema.seats.booking import statements
from cinema.seats.models import Booking, BookingQuerySet, Seat

User = get_user_model()


def end_sales(user_id: int) -> None:
    """Cancels the user's live bookings of upcoming shows and ends the user's holds.

    Call it in the transaction that deletes the user. Sales under way finish first, and later ones are refused.
    """
    lock_sales(user_id)
    for show_id in _shows_with_sales(user_id):
        statements.end(user_id=user_id, show_id=show_id)


def lock_sales(user_id: int) -> None:
    """Makes all other sales, holds and cancels of the user wait until the transaction ends.

    The row of the user comes last, because a sale locks a seat first and then this row, by its foreign key.
    Another order could deadlock.
    """
    statements.lock_user(user_id)
    for show_id in _shows_with_sales(user_id):
        live = _upcoming_bookings(user_id).filter(show=show_id)
        sold = Exists(live.of_seat(OuterRef("show"), OuterRef("number")))
        live.lock_with_show(show_id, Seat.objects.filter(Q(sold) | status.held_by(user_id)))
    list(User.objects.filter(pk=user_id).select_for_update().values_list("pk"))


def _shows_with_sales(user_id: int) -> list[int]:
    """The upcoming shows of which the user has live bookings or holds."""
    held = Seat.objects.held_by(user_id).of_upcoming_shows()
    sales = [*_upcoming_bookings(user_id).values_list("show"), *held.values_list("show")]
    return sorted({show_id for (show_id,) in sales})


def _upcoming_bookings(user_id: int) -> BookingQuerySet:
    return Booking.objects.by(user_id).live().of_upcoming_shows().order_by()
