"""Takes seats out of sale, and puts them back."""

from collections.abc import Collection

from django.db import transaction

from cinema.seats.booking.statements.conditions import CHANGED, NOT_HELD, ONE_OF_SEATS, locked_seats
from cinema.seats.sql.dialect import to_array
from cinema.seats.sql.fetch import fetch_all
from cinema.seats.status import AVAILABLE
from cinema.shows.models import Show

# The conditions stand in the subquery that locks the rows. In the WHERE of the UPDATE, PostgreSQL
# without statistics would expect one row. It would read all wanted seats again for each seat.
BLOCK = f"""
UPDATE seats_seat SET blocked = TRUE, block_reason = %(reason)s, {NOT_HELD}, {CHANGED}
FROM {locked_seats(f"number {ONE_OF_SEATS} AND {AVAILABLE}")}
WHERE show_id = %(show)s AND number = seat
RETURNING number"""  # noqa: S608

UNBLOCK = f"""
UPDATE seats_seat SET blocked = FALSE, block_reason = '', {CHANGED}
FROM {locked_seats(f"number {ONE_OF_SEATS} AND blocked")}
WHERE show_id = %(show)s AND number = seat
RETURNING number"""  # noqa: S608


def block(*, show_id: int, seat_numbers: Collection[int], reason: str) -> list[int]:
    """Takes those of the seats that are available out of sale; returns their numbers."""
    values = {"show": show_id, "seats": to_array(seat_numbers), "reason": reason}
    return sorted(number for (number,) in fetch_all(BLOCK, values))


@transaction.atomic
def unblock(*, show_id: int, seat_numbers: Collection[int]) -> list[int]:
    """Puts those of the seats that are blocked back on sale; returns their numbers. None if the show was called
    off.

    The lock makes it wait while the show is being called off. The statement itself would not see that.
    """
    if not Show.objects.scheduled().select_for_update(no_key=True).filter(pk=show_id).values_list("pk"):
        return []
    values = {"show": show_id, "seats": to_array(seat_numbers)}
    return sorted(number for (number,) in fetch_all(UNBLOCK, values))
