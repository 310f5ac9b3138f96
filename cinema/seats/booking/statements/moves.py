"""Moves a booking to another seat."""

from collections.abc import Collection
from typing import Any

from cinema.seats.booking.prices import price_of
from cinema.seats.booking.statements.conditions import (
    CHANGED,
    NOT_HELD,
    ONE_OF_SEATS,
    SHOW_IS_ON_SALE,
    USER_IS_ACTIVE,
)
from cinema.seats.booking.statements.recording import KIND
from cinema.seats.sql.dialect import LOCK_ROWS, ONE_OF, SEATS_OF_SHOW, to_array
from cinema.seats.sql.fetch import fetch_all, fetch_one
from cinema.seats.status import AVAILABLE_TO_USER

# Locks the seats in the order of their numbers. Either all change or none. `pairs` is what `pair` must be in
# each new seat: 0, for null, or the new seats, if they must be a sofa. The columns of a seat's state are all
# set, for the reason that `_hold` gives.
CHANGE_SEATS = f"""
WITH locked AS MATERIALIZED (
SELECT number AS seat, number {ONE_OF.format("%(new)s")} AS is_new,
       {AVAILABLE_TO_USER} AND COALESCE(pair, 0) {ONE_OF.format("%(pairs)s")} AS is_available
FROM seats_seat WHERE {SEATS_OF_SHOW} AND number {ONE_OF_SEATS}
ORDER BY number {LOCK_ROWS})
UPDATE seats_seat SET taken = is_new, blocked = FALSE, {NOT_HELD}, {CHANGED}
FROM locked
WHERE show_id = %(show)s AND number = seat
  AND (SELECT COUNT(*) FROM locked WHERE is_new AND is_available) = %(size)s
  AND {SHOW_IS_ON_SALE} AND {USER_IS_ACTIVE}
RETURNING number, label"""  # noqa: S608


def change_seats(
    *, show_id: int, user_id: int, old: Collection[int], new: Collection[int], is_pair: bool
) -> dict[int, str]:
    """Takes the seats `new` and frees the seats `old`, or does nothing and returns {}. Returns the labels by
    number.

    With `is_pair` the new seats must be a sofa; otherwise none may be half of one. Call it in a transaction
    that has locked the live bookings of the old seats.
    """
    values = {
        "show": show_id,
        "user": user_id,
        "password_hash": None,
        "seats": to_array([*old, *new]),
        "new": to_array(new),
        "size": len(new),
        "pairs": to_array(new if is_pair else [0]),
    }
    rows: Any = fetch_all(CHANGE_SEATS, values)
    return dict(rows)


def pair_of(show_id: int, seat_number: int) -> int | None:
    """The other half of the sofa, or None if the seat is no half of one."""
    row = fetch_one(PAIR, {"show": show_id, "seat": seat_number})
    return row[0] if row else None


PAIR = "SELECT pair FROM seats_seat WHERE show_id = %(show)s AND number = %(seat)s"

AMOUNT = f"""
SELECT (SELECT amount FROM {price_of("seat.category", KIND)} price) FROM seats_seat seat
WHERE seat.show_id = %(show)s AND seat.number = %(seat)s"""  # noqa: S608


def amount(*, show_id: int, seat_number: int, kind: str | None) -> int | None:
    """Returns the present price of the seat; None if it has none of this kind."""
    row = fetch_one(AMOUNT, {"show": show_id, "seat": seat_number, "kind": kind})
    return row[0] if row else None
