"""Finds the show of a booking, and the booking for the other half of its sofa."""

from typing import Any

from django.db import InternalError, OperationalError, connection, transaction
from django.db.models.functions import Now

from cinema.seats.models import Booking
from cinema.seats.sql.distributed import is_distributed
from cinema.seats.sql.fetch import fetch_one
from cinema.shows.models import Show

# The other half of a sofa was sold by the same call, so it has the same user and order.
SHOW_AND_OTHER_HALF = """SELECT booking.show_id, other_half.id
FROM seats_booking booking
LEFT JOIN seats_seat seat ON seat.show_id = booking.show_id AND seat.number = booking.seat_number
LEFT JOIN seats_booking other_half ON other_half.show_id = booking.show_id
  AND other_half.seat_number = seat.pair AND other_half.status = 'booked'
  AND COALESCE(other_half.user_id, 0) = COALESCE(booking.user_id, 0)
  AND COALESCE(other_half."order", '') = COALESCE(booking."order", '')
WHERE booking.id = %(booking)s"""
OTHER_HALF = f"{SHOW_AND_OTHER_HALF} AND booking.show_id = %(show)s"

# The upcoming shows of each node, by the shard of their bookings.
SHOWS_BY_NODE = """SELECT array_agg(show_id) FROM unnest(%s::bigint[]) show_id
JOIN pg_dist_placement ON shardid = get_shard_id_for_distribution_column('seats_booking', show_id)
GROUP BY groupid ORDER BY groupid"""


def show_and_other_half(booking_id: int) -> tuple[int, int | None] | None:
    """Returns the ids of a booking's show, and of the live booking for the other half of its sofa or None."""
    if not is_distributed():
        row: Any = fetch_one(SHOW_AND_OTHER_HALF, {"booking": booking_id})
    elif (show_id := _show_on_any_node(booking_id)) is None:
        return None
    else:
        row = fetch_one(OTHER_HALF, {"booking": booking_id, "show": show_id})
    return row and tuple(row)


def _show_on_any_node(booking_id: int) -> int | None:
    """Asks all nodes of a distributed database at once, and one by one if one of them is down.

    So a booking of an upcoming show can be cancelled if the node of its show is up. Raises the error of the
    node that is down if no other has the booking.
    """
    try:
        return _show_of(booking_id)
    except (OperationalError, InternalError) as error:
        for show_ids in _shows_by_node():
            try:
                show_id = _show_of(booking_id, show__in=show_ids)
            except (OperationalError, InternalError):
                continue
            if show_id is not None:
                return show_id
        raise error


@transaction.atomic  # A savepoint, if the caller has a transaction, which an error would end otherwise.
def _show_of(booking_id: int, **conditions: Any) -> int | None:
    bookings = Booking.objects.filter(pk=booking_id, **conditions).order_by()
    return bookings.values_list("show_id", flat=True).first()


def _shows_by_node() -> list[list[int]]:
    upcoming = Show.objects.filter(date_time__gt=Now()).order_by().values_list("pk", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(SHOWS_BY_NODE, [list(upcoming)])
        return [show_ids for (show_ids,) in cursor.fetchall()]
