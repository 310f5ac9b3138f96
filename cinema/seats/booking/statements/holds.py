"""Holds seats for a user, and releases them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from cinema.seats.booking.statements.conditions import (
    CHANGED,
    NOT_HELD,
    ONE_OF_SEATS,
    OTHER_HALF_IS_WANTED,
    SHOW_IS_ON_SALE,
    SHOW_IS_UPCOMING,
    USER_IS_ACTIVE,
    locked_seats,
)
from cinema.seats.sql.dialect import (
    EARLIER_OF,
    LOCK_ROWS,
    NOW,
    PLUS_SECONDS,
    SEATS_OF_SHOW,
    SKIP_LOCKED,
    to_array,
    utc,
)
from cinema.seats.sql.fetch import Row, Statement, fetch_all
from cinema.seats.status import AVAILABLE_TO_USER, HELD_BY_USER


@dataclass(frozen=True)
class Hold:
    """The seats of a show that a user holds, by number, and when the hold expires (UTC)."""

    show: int
    seat_numbers: list[int]
    expires_at: datetime


# A hold that is renewed keeps its first `held_since`, so that it can't be renewed beyond HOLD_MAX_SECONDS.
EXPIRES = EARLIER_OF.format(
    PLUS_SECONDS.format(time=NOW, seconds="%(seconds)s"),
    PLUS_SECONDS.format(time="since", seconds="%(max_seconds)s"),
)


def _hold(lock: str, condition: str = "") -> str:
    """Holds exactly the wanted seats of the show for the user, and releases the user's other seats.

    It locks the wanted seats and those that the user holds already. If all wanted ones are available to the
    user, and none is half a sofa without its other half, it writes both. Otherwise it writes nothing.

    PostgreSQL builds each new row from the version in the statement's snapshot, and checks the constraints on
    it, before it turns to the latest version. A booking may be cancelled while the statement waits for the
    lock. In the snapshot's version the seat is still taken. As both taken and held it would violate a
    constraint. So `taken` and `blocked` are set to FALSE, their value in the latest version of all these rows.

    `expires` is computed in a CTE, because Citus refuses the clock in a CASE of the UPDATE itself. The CTE is
    materialized. Otherwise Citus copies its rows to all nodes, and the hold fails while one is down.
    """
    return f"""
WITH locked AS MATERIALIZED (
SELECT number AS seat, number {ONE_OF_SEATS} AS is_wanted,
       {AVAILABLE_TO_USER} AND {OTHER_HALF_IS_WANTED} AS is_available,
       CASE WHEN {HELD_BY_USER} THEN held_since END AS mine_since
FROM seats_seat WHERE {SEATS_OF_SHOW} AND (number {ONE_OF_SEATS} OR held_by = %(user)s)
ORDER BY number {lock}),
granted AS MATERIALIZED (
SELECT seats, since, {EXPIRES} AS expires
FROM (SELECT COUNT(CASE WHEN is_wanted AND is_available THEN 1 END) AS seats,
             COALESCE(MIN(mine_since), {NOW}) AS since
      FROM locked) counted)
UPDATE seats_seat
SET held_by = CASE WHEN is_wanted THEN CAST(%(user)s AS bigint) END,
    held_since = CASE WHEN is_wanted THEN since END,
    held_until = CASE WHEN is_wanted THEN expires END,
    taken = FALSE, blocked = FALSE, {CHANGED}
FROM locked, granted
WHERE show_id = %(show)s AND number = seat AND (is_wanted OR mine_since IS NOT NULL)
  AND granted.seats = %(size)s {condition}
  AND {SHOW_IS_ON_SALE} AND {USER_IS_ACTIVE}
RETURNING number, held_until"""  # noqa: S608


HOLD = _hold(LOCK_ROWS)
# Refuses instead of waiting if another transaction has locked one of the seats. A seat that the user holds
# must not be skipped either, because it could not be released.
HOLD_WITHOUT_WAITING = _hold(
    f"{LOCK_ROWS} {SKIP_LOCKED}",
    f"""AND NOT EXISTS (
      SELECT 1 FROM seats_seat
      WHERE {SEATS_OF_SHOW} AND {HELD_BY_USER} AND number NOT IN (SELECT seat FROM locked))""",  # noqa: S608
)


def _release(condition: str) -> str:
    return f"""
UPDATE seats_seat SET {NOT_HELD}, {CHANGED}
FROM {locked_seats("held_by = %(user)s")}
WHERE show_id = %(show)s AND number = seat AND {HELD_BY_USER} {condition}
RETURNING number"""  # noqa: S608


RELEASE = _release(f"AND {USER_IS_ACTIVE}")
# Also the holds of an inactive user, who is being deleted.
RELEASE_OF_ANY_USER = _release(f"AND {SHOW_IS_UPCOMING}")

# Names the advisory locks of users, apart from any others.
USER_LOCKS = 1_213_156_420
LOCK_USERS = "SELECT pg_advisory_xact_lock(lock) FROM unnest(CAST(%(locks)s AS bigint[])) lock"
LOCK_SHOW = f"""
SELECT number, {HELD_BY_USER} FROM seats_seat WHERE {SEATS_OF_SHOW} ORDER BY number {LOCK_ROWS}"""  # noqa: S608


def lock_user(user_id: int) -> None:
    """Makes other hold calls of this user wait until the transaction ends.

    Without it, two calls at once could leave the user with more seats than either asked for: a statement does
    not see the seats that the other one holds but has not committed. It is an advisory lock, not a row lock: a
    distributed database replicates the users' table, so a row lock would lock the row on every node.
    """
    if connection.vendor == "postgresql":
        fetch_all(*lock_users([user_id]))


def lock_users(user_ids: Iterable[int]) -> Statement:
    """PostgreSQL's statement that locks several users, in an order in which no two of its calls deadlock."""
    return LOCK_USERS, {"locks": to_array(sorted((USER_LOCKS << 32) + user % 2**32 for user in user_ids))}


def lock_seats_of_show(show_id: int, user_id: int) -> set[int]:
    """Makes all other changes of the show's seats wait until the transaction ends. Returns the numbers of the
    seats that the user holds."""
    rows = fetch_all(LOCK_SHOW, {"show": show_id, "user": user_id})
    return {number for number, is_held_by_user in rows if is_held_by_user}


def hold(
    *,
    user_id: int,
    show_id: int,
    seat_numbers: Collection[int],
    wait: bool = True,
    password_hash: str | None = None,
) -> Hold | None:
    """Holds these seats for the user and releases the user's others of the show, or does nothing and returns
    None.

    The hold lasts HOLD_SECONDS from now, and at most HOLD_MAX_SECONDS from its first call. Without `wait`,
    seats that another transaction has locked count as unavailable. Call `lock_user` first.
    """
    values = hold_values(user_id, show_id, seat_numbers, password_hash)
    return hold_from(values, fetch_all(HOLD if wait else HOLD_WITHOUT_WAITING, values))


def hold_values(
    user_id: int, show_id: int, seat_numbers: Collection[int], password_hash: str | None
) -> dict[str, Any]:
    return {
        "user": user_id,
        "password_hash": password_hash,
        "show": show_id,
        "seats": to_array(seat_numbers),
        "size": len(seat_numbers),
        "seconds": settings.HOLD_SECONDS,
        "max_seconds": settings.HOLD_MAX_SECONDS,
    }


def hold_from(values: dict[str, Any], rows: list[Row]) -> Hold | None:
    """The hold in the rows that the statement returns. None if it held nothing."""
    # Released seats are returned too, without a time.
    held = {number: expires_at for number, expires_at in rows if expires_at is not None}
    return Hold(values["show"], sorted(held), utc(next(iter(held.values())))) if held else None


def release(*, user_id: int, show_id: int, password_hash: str | None = None) -> list[Row]:
    """Releases what the user holds of the show. Call `lock_user` first."""
    return fetch_all(RELEASE, {"user": user_id, "password_hash": password_hash, "show": show_id})
