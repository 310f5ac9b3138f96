"""Admits bookings at the door."""

from cinema.seats.booking.statements.conditions import NOT_ADMITTED
from cinema.seats.sql.dialect import LOCK_ROWS, NOW
from cinema.seats.sql.fetch import fetch_all


def _admit(condition: str) -> str:
    """Of two scanners of one ticket, the second waits for the row, and then finds `admitted_at` set."""
    return f"""
UPDATE seats_booking SET admitted_at = {NOW}
FROM (SELECT id AS ticket FROM seats_booking
 WHERE show_id = %(show)s AND {condition} AND {NOT_ADMITTED} ORDER BY id {LOCK_ROWS}) locked
WHERE show_id = %(show)s AND id = ticket
RETURNING id"""  # noqa: S608


ADMIT_BOOKING = _admit("id = %(booking)s")
ADMIT_ORDER = _admit('"order" = %(order)s')


def admit(*, show_id: int, booking_id: int | None, order: str | None) -> list[int]:
    """Admits the booking, or those bookings of the order that are live and not admitted yet. Returns their
    ids; [] and no change if there is none."""
    values = {"show": show_id, "booking": booking_id, "order": order}
    return [booking for (booking,) in fetch_all(ADMIT_BOOKING if order is None else ADMIT_ORDER, values)]
