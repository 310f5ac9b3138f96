"""Cancels one booking, the bookings of a deleted user, or those of a show that is called off."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from cinema.seats.booking.statements.answers import (
    JOIN_SHOW,
    SHOW,
    SHOW_COLUMNS,
    booking_from,
    in_one_statement,
    with_show,
)
from cinema.seats.booking.statements.conditions import (
    CHANGED,
    NOT_ADMITTED,
    NOT_HELD,
    ONE_OF_SEATS,
    SHOW_IS_UPCOMING,
    USER_IS_ACTIVE,
    locked_seats,
)
from cinema.seats.booking.statements.holds import RELEASE_OF_ANY_USER
from cinema.seats.models import Booking
from cinema.seats.sql.dialect import LOCK_ROWS, SEATS_OF_SHOW, to_array, utc
from cinema.seats.sql.distributed import is_distributed
from cinema.seats.sql.fetch import Row, fetch_all, fetch_one

# --- CANCEL --------------------------------------------------------------------------------------

CANCELLED_COLUMNS = """id, seat_number, user_id, created_at, "order", sold_label, kind, amount, currency"""


def _cancelled(because: Booking.CancelledBecause) -> str:
    return f"status = 'cancelled', cancelled_at = %(now)s, cancelled_because = '{because}', admitted_at = NULL"


def _cancel_booking(because: Booking.CancelledBecause, condition: str) -> str:
    return f"""
UPDATE seats_booking SET {_cancelled(because)}
WHERE show_id = %(show)s AND id = %(booking)s AND status = 'booked' AND {SHOW_IS_UPCOMING} {condition}
RETURNING {CANCELLED_COLUMNS}"""  # noqa: S608


def _cancel_pair(because: Booking.CancelledBecause, condition: str) -> str:
    """Cancels the bookings of both halves of a sofa, or none. It locks them in the order of their ids."""
    return f"""
WITH halves AS MATERIALIZED (
SELECT id AS half FROM seats_booking
WHERE show_id = %(show)s AND id IN (%(booking)s, %(other_half)s) AND status = 'booked' {condition}
ORDER BY id {LOCK_ROWS})
UPDATE seats_booking SET {_cancelled(because)} FROM halves
WHERE show_id = %(show)s AND id = half AND (SELECT COUNT(*) FROM halves) = 2 AND {SHOW_IS_UPCOMING}
RETURNING {CANCELLED_COLUMNS}"""  # noqa: S608


FREE = f"""
UPDATE seats_seat SET taken = FALSE, {CHANGED}
WHERE show_id = %(show)s AND number = %(seat)s
RETURNING label"""  # noqa: S608


# Only the call that cancelled the booking frees its seat, so the seat needs no other condition.
FREE_ONE = f"""
UPDATE seats_seat SET taken = FALSE, {CHANGED} FROM cancelled
WHERE show_id = %(show)s AND number = cancelled.seat_number
RETURNING number, label"""  # noqa: S608
FREE_BOTH = f"""
UPDATE seats_seat SET taken = FALSE, {CHANGED}
FROM {locked_seats("number IN (SELECT seat_number FROM cancelled)")}
WHERE show_id = %(show)s AND number = seat
RETURNING number, label"""  # noqa: S608


def _cancel_and_free(cancel_booking: str, free: str) -> str:
    """One PostgreSQL statement."""
    return f"""
WITH cancelled AS ({cancel_booking}),
freed AS ({free})
SELECT cancelled.id, cancelled.seat_number, cancelled.user_id, cancelled.created_at, cancelled."order",
       COALESCE(NULLIF(cancelled.sold_label, ''), freed.label),
       cancelled.kind, cancelled.amount, cancelled.currency, {SHOW_COLUMNS}
FROM cancelled LEFT JOIN freed ON freed.number = cancelled.seat_number {JOIN_SHOW}"""  # noqa: S608


OWNER, STAFF = Booking.CancelledBecause.OWNER, Booking.CancelledBecause.STAFF
IS_OWNER = f"AND user_id = %(user)s AND admitted_at IS NULL AND {USER_IS_ACTIVE}"
CANCEL_BY_STAFF, CANCEL_BY_OWNER = _cancel_booking(STAFF, ""), _cancel_booking(OWNER, IS_OWNER)
CANCEL_PAIR_BY_STAFF, CANCEL_PAIR_BY_OWNER = _cancel_pair(STAFF, ""), _cancel_pair(OWNER, IS_OWNER)
CANCEL_AND_FREE = {
    CANCEL_BY_STAFF: _cancel_and_free(CANCEL_BY_STAFF, FREE_ONE),
    CANCEL_BY_OWNER: _cancel_and_free(CANCEL_BY_OWNER, FREE_ONE),
    CANCEL_PAIR_BY_STAFF: _cancel_and_free(CANCEL_PAIR_BY_STAFF, FREE_BOTH),
    CANCEL_PAIR_BY_OWNER: _cancel_and_free(CANCEL_PAIR_BY_OWNER, FREE_BOTH),
}


def cancel(
    *,
    booking_id: int,
    show_id: int,
    user_id: int | None,
    other_half: int | None = None,
    password_hash: str | None = None,
) -> Booking | None:
    """Cancels a live booking of an upcoming show and frees its seat, or does nothing and returns None.

    `other_half` is the id of the booking of a sofa's other half. With it, both are cancelled or none, and the
    returned booking has the other one as its `other_half`. `user_id` is None for staff, who may cancel
    everybody's bookings.
    """
    now = timezone.now()
    values = {
        "booking": booking_id,
        "other_half": other_half,
        "show": show_id,
        "user": user_id,
        "password_hash": password_hash,
        "now": now,
    }
    if other_half is None:
        statement = CANCEL_BY_STAFF if user_id is None else CANCEL_BY_OWNER
    else:
        statement = CANCEL_PAIR_BY_STAFF if user_id is None else CANCEL_PAIR_BY_OWNER
    if in_one_statement():
        rows = fetch_all(CANCEL_AND_FREE[statement], values)
    else:
        rows = _cancel_in_two_statements(statement, values)
    cancelled = {booking.pk: booking for booking in (_cancelled_booking(show_id, *row) for row in rows)}
    for booking in cancelled.values():
        booking.cancelled_at = now
        booking.cancelled_because = STAFF if user_id is None else OWNER
    if not cancelled:
        return None
    named = cancelled.pop(booking_id)
    named.other_half = next(iter(cancelled.values()), None)
    return named


def _cancelled_booking(
    show_id: int,
    booking_id: int,
    seat_number: int,
    owner_id: int,
    created_at: datetime,
    order: str,
    label: str,
    *price_and_show: Any,
) -> Booking:
    sale = {"show": show_id, "user": owner_id, "now": utc(created_at), "order": order}
    # No label: a server of an older version sold the seat, and the seat was removed since.
    booking = booking_from(sale, booking_id, seat_number, label or str(seat_number), *price_and_show)
    booking.status = Booking.Status.CANCELLED
    return booking


@transaction.atomic
def _cancel_in_two_statements(statement: str, values: dict[str, Any]) -> list[Row]:
    cancelled = fetch_all(statement if is_distributed() else with_show(statement), values)
    # Citus can't read the show in RETURNING, but every node has a copy of its table.
    show = fetch_one(SHOW, values) or () if cancelled and is_distributed() else ()
    rows = []
    for booking_id, seat_number, user_id, created_at, order, label, *price in cancelled:
        (current_label,) = fetch_one(FREE, values | {"seat": seat_number}) or (None,)
        rows.append(
            (booking_id, seat_number, user_id, created_at, order, label or current_label, *price, *show)
        )
    return rows


# --- END, before a user is deleted ---------------------------------------------------------------

# Half a sofa stays with an admitted other half, as if the owner cancelled it.
OTHER_HALF_IS_ADMITTED = """EXISTS (
  SELECT 1 FROM seats_seat seat JOIN seats_booking other_half
    ON other_half.show_id = seat.show_id AND other_half.seat_number = seat.pair
  WHERE seat.show_id = %(show)s AND seat.number = seats_booking.seat_number
    AND other_half.status = 'booked' AND other_half.admitted_at IS NOT NULL
    AND other_half.user_id = %(user)s
    AND COALESCE(other_half."order", '') = COALESCE(seats_booking."order", ''))"""
CANCEL_ALL_OF_USER = f"""
UPDATE seats_booking SET {_cancelled(OWNER)}
WHERE show_id = %(show)s AND user_id = %(user)s AND {NOT_ADMITTED} AND NOT {OTHER_HALF_IS_ADMITTED}
  AND {SHOW_IS_UPCOMING}
RETURNING seat_number"""  # noqa: S608

FREE_SEATS = f"""
UPDATE seats_seat SET taken = FALSE, {CHANGED}
WHERE show_id = %(show)s AND number {ONE_OF_SEATS}
RETURNING number"""  # noqa: S608


def end(*, user_id: int, show_id: int) -> None:
    """Cancels the user's live bookings of the show unless it has started, and releases what the user holds.

    Call it in a transaction that has locked all these seats (see `end_sales.py`).
    """
    values = {"user": user_id, "show": show_id, "now": timezone.now()}
    cancelled = [number for (number,) in fetch_all(CANCEL_ALL_OF_USER, values)]
    fetch_all(FREE_SEATS, {"show": show_id, "seats": to_array(cancelled)})
    fetch_all(RELEASE_OF_ANY_USER, values)


# --- CALL OFF a show -----------------------------------------------------------------------------

CALLED_OFF = "The show was called off"

CANCEL_ALL_OF_SHOW = f"""
UPDATE seats_booking SET {_cancelled(Booking.CancelledBecause.SHOW_CANCELLED)}
WHERE show_id = %(show)s AND status = 'booked'
RETURNING id"""  # noqa: S608

# A sale that waits for a seat re-checks the seat's own columns only. So each seat itself must refuse it.
BLOCK_ALL = f"""
UPDATE seats_seat SET taken = FALSE, blocked = TRUE, block_reason = %(reason)s, {NOT_HELD}, {CHANGED}
WHERE {SEATS_OF_SHOW} AND NOT blocked
RETURNING number"""  # noqa: S608


def call_off(show_id: int) -> int:
    """Cancels all live bookings of a show, ends all holds and blocks all seats. Returns the number of
    bookings.

    Call it in a transaction that has locked the show, its bookings and its seats (see `lock_with_show`).
    """
    cancelled = fetch_all(CANCEL_ALL_OF_SHOW, {"show": show_id, "now": timezone.now()})
    fetch_all(BLOCK_ALL, {"show": show_id, "reason": CALLED_OFF})
    return len(cancelled)
