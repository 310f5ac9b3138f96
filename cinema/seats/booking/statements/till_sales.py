"""Sells seats at the till (SELL)."""

from collections.abc import Collection, Mapping

from cinema.api.folding import fold
from cinema.seats.booking.statements.answers import booking_from, in_one_statement
from cinema.seats.booking.statements.conditions import ONE_OF_SEATS, TAKEN, USER_IS_ACTIVE
from cinema.seats.booking.statements.recording import (
    BY_GUEST,
    KIND_OF_SEAT,
    sale_values,
    sell_in_two_statements,
    take_and_record,
)
from cinema.seats.booking.statements.sales import SEAT_HAS_PRICE
from cinema.seats.models import Booking
from cinema.seats.sql.dialect import LOCK_ROWS, NOW, PLUS_SECONDS, SEATS_OF_SHOW, to_array
from cinema.seats.sql.fetch import fetch_all
from cinema.seats.status import AVAILABLE_OR_BLOCKED_TO_USER, AVAILABLE_TO_USER

SELL_CALL = "sell"
SHOW_HAS_NOT_ENDED = f"""EXISTS (
  SELECT 1 FROM shows_show show JOIN shows_movie movie ON movie.id = show.movie_id
  WHERE show.id = %(show)s AND show.status = 'scheduled'
    AND {PLUS_SECONDS.format(time="show.date_time", seconds="(movie.duration_minutes * 60)")} > {NOW})"""  # noqa: S608


def _take_all(available: str) -> str:
    """Takes the wanted seats, or none if one of them is not available or has no price.

    It sets `blocked` for the reason that `_hold` gives, and also because the clerk may sell blocked seats.
    `locked` is MATERIALIZED, because a second scan would leave out the seats that were just written.
    """
    return f"""
WITH locked AS MATERIALIZED (
SELECT number AS seat, {available} AND {SEAT_HAS_PRICE} AS is_available
FROM seats_seat WHERE {SEATS_OF_SHOW} AND number {ONE_OF_SEATS}
ORDER BY number {LOCK_ROWS})
UPDATE seats_seat SET {TAKEN}, blocked = FALSE, block_reason = ''
FROM locked
WHERE show_id = %(show)s AND number = seat
  AND (SELECT COUNT(*) FROM locked WHERE is_available) = %(size)s
  AND {SHOW_HAS_NOT_ENDED} AND {USER_IS_ACTIVE}
RETURNING show_id, number, label, category"""  # noqa: S608


TAKE_ALL = _take_all(AVAILABLE_TO_USER)
TAKE_ALL_ALSO_BLOCKED = _take_all(AVAILABLE_OR_BLOCKED_TO_USER)
SELL = {take: take_and_record(take, KIND_OF_SEAT, BY_GUEST) for take in (TAKE_ALL, TAKE_ALL_ALSO_BLOCKED)}
SELL_WITH_KEY = {take: take_and_record(take, KIND_OF_SEAT, BY_GUEST, with_key=True) for take in SELL}


def sell(
    *,
    clerk_id: int,
    show_id: int,
    seat_numbers: Collection[int],
    guest_name: str,
    key: str | None,
    kinds: Mapping[int, str],
    also_blocked: bool,
) -> list[Booking]:
    """Sells the seats to a guest, in the order of their numbers. Returns [] if not all can be sold.

    Call it with `also_blocked` in a transaction that has locked the show. Raises `IntegrityError` like `book`.
    """
    take = TAKE_ALL_ALSO_BLOCKED if also_blocked else TAKE_ALL
    values = sale_values(clerk_id, show_id, call=SELL_CALL, key=key, kinds=kinds) | {
        "seats": to_array(seat_numbers),
        "size": len(seat_numbers),
        "guest_name": guest_name,
        "guest_folded": fold(guest_name),
    }
    if in_one_statement():
        statement = (SELL if key is None else SELL_WITH_KEY)[take]
        return [booking_from(values, *row) for row in fetch_all(statement, values)]
    return sell_in_two_statements(take, values, kinds)
