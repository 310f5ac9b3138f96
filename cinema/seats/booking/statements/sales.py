"""Sells seats to users: one seat (BOOK), and those that the user holds (BOOK_HELD)."""

from collections.abc import Mapping
from contextlib import nullcontext

from django.db import connection, transaction

from cinema.seats.booking.prices import has_price
from cinema.seats.booking.statements.answers import booking_from, in_one_statement
from cinema.seats.booking.statements.conditions import (
    NOT_HALF_OF_PAIR,
    ON_SALE,
    SHOW_IS_ON_SALE,
    TAKEN,
    USER_IS_ACTIVE,
    show_meets,
)
from cinema.seats.booking.statements.recording import (
    KIND,
    KIND_OF_SEAT,
    sale_values,
    sell_in_two_statements,
    take_and_record,
)
from cinema.seats.models import Booking
from cinema.seats.sql.dialect import LOCK_ROWS, SEATS_OF_SHOW
from cinema.seats.sql.fetch import fetch_all, fetch_one
from cinema.seats.status import AVAILABLE_TO_USER, HELD_BY_USER

CATEGORY = "seats_seat.category"
SEAT_HAS_PRICE = show_meets(has_price(CATEGORY, KIND_OF_SEAT))

TAKE = f"""
UPDATE seats_seat SET {TAKEN}
WHERE show_id = %(show)s AND number = %(seat)s AND {AVAILABLE_TO_USER} AND {NOT_HALF_OF_PAIR}
  AND {show_meets(f"{ON_SALE} AND {has_price(CATEGORY, KIND)}")} AND {USER_IS_ACTIVE}
RETURNING show_id, number, label, category"""  # noqa: S608

# If one held seat has no price, none is sold.
TAKE_HELD = f"""
UPDATE seats_seat SET {TAKEN}
FROM (SELECT seat, MIN(has_price) OVER () AS all_have_prices FROM
(SELECT number AS seat,
        CASE WHEN {HELD_BY_USER} AND NOT {SEAT_HAS_PRICE} THEN 0 ELSE 1 END AS has_price
 FROM seats_seat WHERE {SEATS_OF_SHOW} AND held_by = %(user)s
 ORDER BY number {LOCK_ROWS}) held) locked
WHERE show_id = %(show)s AND number = seat AND {HELD_BY_USER}
  AND {SHOW_IS_ON_SALE} AND {USER_IS_ACTIVE}
  AND all_have_prices = 1
RETURNING show_id, number, label, category"""  # noqa: S608

BOOK_CALL, BOOK_HELD_CALL = "book", "hold/book"

BOOK = take_and_record(TAKE, KIND)
BOOK_WITH_KEY = take_and_record(TAKE, KIND, with_key=True)
BOOK_HELD = take_and_record(TAKE_HELD, KIND_OF_SEAT)
BOOK_HELD_WITH_KEY = take_and_record(TAKE_HELD, KIND_OF_SEAT, with_key=True)


def book(
    *,
    user_id: int,
    show_id: int,
    seat_number: int,
    key: str | None,
    kind: str | None = None,
    password_hash: str | None = None,
) -> Booking | None:
    """Sells a seat to a user, or does nothing and returns None. `kind` is the kind of its price.

    Raises `IntegrityError`, with nothing done, if a constraint of the bookings refuses: the seat has a live
    booking although its row says available, or the idempotency key is used.
    """
    values = sale_values(user_id, show_id, call=BOOK_CALL, key=key, password_hash=password_hash)
    values |= {"seat": seat_number, "kind": kind}
    if in_one_statement():
        # A refusal by a constraint would end an outer transaction. The savepoint prevents that.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            row = fetch_one(BOOK if key is None else BOOK_WITH_KEY, values)
        return booking_from(values, *row) if row else None
    bookings = sell_in_two_statements(TAKE, values, {seat_number: kind})
    return bookings[0] if bookings else None


def book_held(
    *,
    user_id: int,
    show_id: int,
    key: str | None,
    kinds: Mapping[int, str] | None = None,
    password_hash: str | None = None,
) -> list[Booking]:
    """Sells the seats that the user holds, in the order of their numbers. Returns [] if there are none.

    `kinds` are the kinds of their prices by seat number. Numbers of other seats are ignored.

    Call `lock_user` first. Raises `IntegrityError` like `book`.
    """
    values = sale_values(
        user_id, show_id, call=BOOK_HELD_CALL, key=key, password_hash=password_hash, kinds=kinds
    )
    if in_one_statement():
        statement = BOOK_HELD if key is None else BOOK_HELD_WITH_KEY
        return [booking_from(values, *row) for row in fetch_all(statement, values)]
    return sell_in_two_statements(TAKE_HELD, values, kinds or {})
