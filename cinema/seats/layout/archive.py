"""Removes the seats of shows that ended long ago, and on request the shows themselves."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from cinema.seats.models import Booking, Seat, ShowLayout
from cinema.shows.models import Show
from cinema.shows.screens import lock_programme


class Removed(NamedTuple):
    """How many rows were removed."""

    shows: int
    seats: int
    bookings: int


def archive(show_id: int, *, ended_before: datetime, delete: bool = False) -> Removed:
    """Removes the seats of the show if it ended before this time, or changes nothing.

    Its bookings keep their labels. With `delete`, the show and its bookings are removed, too. Each call is one
    short transaction, so that the sales of other shows wait at most for one show.
    """
    with transaction.atomic():
        # The lock makes a change of the show finish first, so that a show that was moved is left alone.
        lock_programme()
        shows = Show.objects.select_for_update(of=("self",), no_key=True).select_related("movie")
        show = shows.filter(pk=show_id).first()
        if show is None or show.ends_at >= ended_before or (show.archived and not delete):
            return Removed(0, 0, 0)
        seats = remove_seats(show_id)
        if not delete:
            Show.objects.filter(pk=show_id).update(archived=True)
            return Removed(1, seats, 0)
        # Not by the ORM, which would update the seat of each booking.
        bookings = _delete("DELETE FROM seats_booking WHERE show_id = %s", show_id)
        show.delete()
        return Removed(1, seats, bookings)


def remove_seats(show_id: int) -> int:
    """Removes all seats of the show and their drawing, and returns how many seats there were.

    Call it in a transaction that has locked the show. It locks bookings before seats, and seats in the order of
    their numbers, like every other statement.
    """
    Booking.objects.filter(show=show_id).fix_labels()
    list(Seat.objects.filter(show=show_id).select_for_update().order_by("number").values_list("number"))
    ShowLayout.objects.filter(show=show_id).delete()
    return _delete("DELETE FROM seats_seat WHERE show_id = %s", show_id)


def _delete(statement: str, show_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [show_id])
        return cursor.rowcount
