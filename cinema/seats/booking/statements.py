"""Every statement that changes who has a seat. This is where a seat is sold, held, released and cancelled.

Each statement is conditional, and the rows that it returns decide: all that were wanted, or nothing happened.
All conditions stand in the WHERE of the UPDATE that changes the seat. When two transactions want one seat, the
database lets the second wait, re-checks the condition on the changed row, and finds the seat taken.

Conditions on other tables are EXISTS, never a join. Django would turn a join into
`WHERE id IN (SELECT … WHERE NOT taken)`, which PostgreSQL does not re-check after the wait. Both would get the
seat.

Statements that change several seats lock them first, in the order of their numbers, so that two of them cannot
deadlock. PostgreSQL does that inside the statement. SQLite has one writer at a time, and needs no row locks.

The statements are plain SQL because the ORM would spend more on building them, for every sale again, than the
rest of the request costs (docs/performance.md).
"""

from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from cinema.seats.models import VERSION_STEP, Booking
from cinema.seats.sql.dialect import (
    EARLIER_OF,
    JSON_ITEM,
    JSON_ROWS,
    LOCK_ROWS,
    NOW,
    ONE_OF,
    PLUS_SECONDS,
    SEATS_OF_SHOW,
    SKIP_LOCKED,
    to_array,
    utc,
)
from cinema.seats.sql.fetch import Row, fetch_all, fetch_one
from cinema.seats.status import AVAILABLE, AVAILABLE_TO_USER, HELD_BY_USER
from cinema.shows.models import Movie, Show

# --- The shared conditions ----------------------------------------------------------------------
# AVAILABLE_TO_USER and HELD_BY_USER stand in `status.py`.

SHOW_IS_UPCOMING = f"EXISTS (SELECT 1 FROM shows_show WHERE id = %(show)s AND date_time > {NOW})"  # noqa: S608
# A changed password ends a token, because the token carries a hash of the password that it was issued for.
# Calls without a token, such as tests, have no hash; then only `is_active` counts.
USER_IS_ACTIVE = f"""EXISTS (SELECT 1 FROM {get_user_model()._meta.db_table} WHERE id = %(user)s AND is_active
    AND (CAST(%(password_hash)s AS text) IS NULL OR UPPER(MD5(password)) = %(password_hash)s))"""  # noqa: S608
# Staff may sell before everybody else.
USER_IS_STAFF = f"EXISTS (SELECT 1 FROM {get_user_model()._meta.db_table} WHERE id = %(user)s AND is_staff)"  # noqa: S608
SHOW_IS_ON_SALE = f"""EXISTS (SELECT 1 FROM shows_show WHERE id = %(show)s AND date_time > {NOW}
    AND (on_sale_from IS NULL OR on_sale_from <= {NOW} OR {USER_IS_STAFF}))"""  # noqa: S608

# --- The shared changes -------------------------------------------------------------------------

CHANGED = f"changes = changes + {VERSION_STEP}"
NOT_HELD = "held_by = NULL, held_since = NULL, held_until = NULL"
TAKEN = f"taken = TRUE, {NOT_HELD}, {CHANGED}"
ONE_OF_SEATS = ONE_OF.format("%(seats)s")


def _locked(condition: str) -> str:
    """The numbers of a show's seats that meet a condition, locked in their order, to be joined in an UPDATE."""
    return f"""
(SELECT number AS seat FROM seats_seat WHERE {SEATS_OF_SHOW} AND {condition}
 ORDER BY number {LOCK_ROWS}) locked"""  # noqa: S608


# --- BOOK and BOOK_HELD -------------------------------------------------------------------------

TAKE = f"""
UPDATE seats_seat SET {TAKEN}
WHERE show_id = %(show)s AND number = %(seat)s AND {AVAILABLE_TO_USER}
  AND {SHOW_IS_ON_SALE} AND {USER_IS_ACTIVE}
RETURNING show_id, number, label"""  # noqa: S608

TAKE_HELD = f"""
UPDATE seats_seat SET {TAKEN}
FROM {_locked("held_by = %(user)s")}
WHERE show_id = %(show)s AND number = seat AND {HELD_BY_USER}
  AND {SHOW_IS_ON_SALE} AND {USER_IS_ACTIVE}
RETURNING show_id, number, label"""  # noqa: S608

RECORD = """
INSERT INTO seats_booking (user_id, show_id, seat_number, sold_label, status, created_at{})"""
# With an idempotency key, each booking remembers the request: the call, its number, its place in the answer.
KEY_COLUMNS = ", idempotency_key, key_call, key_number, key_place"
BOOK_CALL, BOOK_HELD_CALL = "book", "hold/book"

# The columns of a booking's show that a response contains.
SHOW_COLUMNS = "show.screen_name, show.date_time, movie.id, movie.title, movie.duration_minutes"
JOIN_SHOW = """
JOIN shows_show show ON show.id = %(show)s
JOIN shows_movie movie ON movie.id = show.movie_id"""


def _take_and_record(take: str, *, with_key: bool = False) -> str:
    """One PostgreSQL statement, which is its own transaction: one round trip sells the seats."""
    columns, values = KEY_COLUMNS if with_key else "", ""
    if with_key:
        values = ", %(key)s, %(call)s, number, ROW_NUMBER() OVER (ORDER BY number)"
    return f"""
WITH sold AS ({take}),
booked AS ({RECORD.format(columns)}
SELECT %(user)s, show_id, number, label, 'booked', %(now)s{values} FROM sold
RETURNING id, seat_number, sold_label)
SELECT booked.id, booked.seat_number, booked.sold_label, {SHOW_COLUMNS}
FROM booked {JOIN_SHOW}
ORDER BY booked.seat_number"""  # noqa: S608


BOOK = _take_and_record(TAKE)
BOOK_WITH_KEY = _take_and_record(TAKE, with_key=True)
BOOK_HELD = _take_and_record(TAKE_HELD)
BOOK_HELD_WITH_KEY = _take_and_record(TAKE_HELD, with_key=True)


def _with_show(statement: str) -> str:
    """Adds the columns of the show to what a statement returns. SQLite needs two statements to sell or to
    cancel, and would need a third one for the show."""
    columns = [
        f"(SELECT {column} FROM shows_show show JOIN shows_movie movie ON movie.id = movie_id"  # noqa: S608
        " WHERE show.id = %(show)s)"
        for column in SHOW_COLUMNS.split(", ")
    ]
    return ", ".join([statement, *columns])


TAKE_WITH_SHOW = _with_show(TAKE)
TAKE_HELD_WITH_SHOW = _with_show(TAKE_HELD)
RECORD_ONE = f"""{RECORD.format("")}
VALUES (%(user)s, %(show)s, %(seat)s, %(label)s, 'booked', %(now)s) RETURNING id"""
RECORD_ONE_WITH_KEY = f"""{RECORD.format(KEY_COLUMNS)}
VALUES (%(user)s, %(show)s, %(seat)s, %(label)s, 'booked', %(now)s, %(key)s, %(call)s, %(seat)s, %(place)s)
RETURNING id"""


def book(
    *, user_id: int, show_id: int, seat_number: int, key: str | None, password_hash: str | None = None
) -> Booking | None:
    """Sells a seat to a user, or does nothing and returns None.

    Raises `IntegrityError`, with nothing done, if a constraint of the bookings refuses: the seat has a live
    booking although its row says available, or the idempotency key is used.
    """
    values = {
        "user": user_id,
        "password_hash": password_hash,
        "show": show_id,
        "seat": seat_number,
        "key": key,
        "call": BOOK_CALL,
        "now": timezone.now(),
    }
    if connection.vendor == "postgresql":
        # Inside an outer transaction a savepoint keeps a refusal from spoiling it.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            row = fetch_one(BOOK if key is None else BOOK_WITH_KEY, values)
        return _booking(values, *row) if row else None
    bookings = _sell_in_two_statements(TAKE_WITH_SHOW, values)
    return bookings[0] if bookings else None


def book_held(
    *, user_id: int, show_id: int, key: str | None, password_hash: str | None = None
) -> list[Booking]:
    """Sells the seats that the user holds, in the order of their numbers; [] and no change if that is none.

    Call `lock_user` first. Raises `IntegrityError` like `book`.
    """
    values = {
        "user": user_id,
        "password_hash": password_hash,
        "show": show_id,
        "key": key,
        "call": BOOK_HELD_CALL,
        "now": timezone.now(),
    }
    if connection.vendor == "postgresql":
        statement = BOOK_HELD if key is None else BOOK_HELD_WITH_KEY
        return [_booking(values, *row) for row in fetch_all(statement, values)]
    return _sell_in_two_statements(TAKE_HELD_WITH_SHOW, values)


@transaction.atomic
def _sell_in_two_statements(take: str, values: dict[str, Any]) -> list[Booking]:
    # SQLite can not write in a CTE.
    seats = sorted(fetch_all(take, values), key=lambda seat: seat[1])
    record = RECORD_ONE if values["key"] is None else RECORD_ONE_WITH_KEY
    bookings = []
    for place, (_, number, label, *show) in enumerate(seats, start=1):
        seat = {"seat": number, "label": label, "place": place}
        (booking_id,) = fetch_one(record, values | seat) or (None,)
        bookings.append(_booking(values, booking_id, number, label, *show))
    return bookings


def _booking(
    values: dict[str, Any],
    booking_id: Any,
    seat_number: int,
    label: str,
    screen_name: str,
    date_time: datetime,
    movie_id: int,
    title: str,
    duration_minutes: int,
) -> Booking:
    """The booking as `with_details()` would read it, without reading it."""
    movie = Movie(id=movie_id, title=title, duration_minutes=duration_minutes)
    show = Show(id=values["show"], movie=movie, screen_name=screen_name, date_time=utc(date_time))
    booking = Booking(
        id=booking_id,
        user_id=values["user"],
        show=show,
        seat_number=seat_number,
        sold_label=label,
        created_at=values["now"],
        idempotency_key=values.get("key"),
    )
    booking.seat_label = label  # type: ignore[attr-defined]
    return booking


# --- HOLD and RELEASE ---------------------------------------------------------------------------


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
    """Makes the wanted seats, and no others, the ones that the user holds of the show.

    It locks the wanted seats and those that the user holds already. If all wanted ones are available to the
    user, it writes both. Otherwise it writes nothing.

    PostgreSQL builds each new row from the version in the statement's snapshot, and checks the constraints on
    it, before it turns to the latest version. A booking may be cancelled while the statement waits for the
    lock. In the snapshot's version the seat is still taken. As both taken and held it would violate a
    constraint. So `taken` and `blocked` are set to FALSE, their value in the latest version of all these rows.
    """
    return f"""
WITH locked AS MATERIALIZED (
SELECT number AS seat, number {ONE_OF_SEATS} AS is_wanted, {AVAILABLE_TO_USER} AS is_available,
       CASE WHEN {HELD_BY_USER} THEN held_since END AS mine_since
FROM seats_seat WHERE {SEATS_OF_SHOW} AND (number {ONE_OF_SEATS} OR held_by = %(user)s)
ORDER BY number {lock}),
granted AS (
SELECT COUNT(CASE WHEN is_wanted AND is_available THEN 1 END) AS seats,
       COALESCE(MIN(mine_since), {NOW}) AS since
FROM locked)
UPDATE seats_seat
SET held_by = CASE WHEN is_wanted THEN CAST(%(user)s AS bigint) END,
    held_since = CASE WHEN is_wanted THEN since END,
    held_until = CASE WHEN is_wanted THEN {EXPIRES} END,
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
FROM {_locked("held_by = %(user)s")}
WHERE show_id = %(show)s AND number = seat AND {HELD_BY_USER} {condition}
RETURNING number"""  # noqa: S608


RELEASE = _release(f"AND {USER_IS_ACTIVE}")
# Also the holds of an inactive user, who is being deleted.
RELEASE_OF_ANY_USER = _release(f"AND {SHOW_IS_ON_SALE}")

# Names the advisory locks of users, apart from any others.
USER_LOCKS = 1_213_156_420
LOCK_USER = "SELECT pg_advisory_xact_lock(%(lock)s)"
LOCK_SHOW = f"""
SELECT number, {HELD_BY_USER} FROM seats_seat WHERE {SEATS_OF_SHOW} ORDER BY number {LOCK_ROWS}"""  # noqa: S608


def lock_user(user_id: int) -> None:
    """Makes other hold calls of this user wait until the transaction ends.

    Without it, two calls at once could leave the user with more seats than either asked for: a statement does
    not see the seats that the other one holds but has not committed. It is an advisory lock, not a row lock: a
    distributed database replicates the users' table, so a row lock would lock the row on every node.
    """
    if connection.vendor == "postgresql":
        fetch_one(LOCK_USER, {"lock": (USER_LOCKS << 32) + user_id % 2**32})


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
    values = {
        "user": user_id,
        "password_hash": password_hash,
        "show": show_id,
        "seats": to_array(seat_numbers),
        "size": len(seat_numbers),
        "seconds": settings.HOLD_SECONDS,
        "max_seconds": settings.HOLD_MAX_SECONDS,
    }
    rows = fetch_all(HOLD if wait else HOLD_WITHOUT_WAITING, values)
    # Released seats are returned too, without a time.
    held = {number: expires_at for number, expires_at in rows if expires_at is not None}
    return Hold(show_id, sorted(held), utc(next(iter(held.values())))) if held else None


def release(*, user_id: int, show_id: int, password_hash: str | None = None) -> list[Row]:
    """Releases what the user holds of the show. Call `lock_user` first."""
    return fetch_all(RELEASE, {"user": user_id, "password_hash": password_hash, "show": show_id})


# --- CANCEL -------------------------------------------------------------------------------------


def _cancel_booking(condition: str) -> str:
    return f"""
UPDATE seats_booking SET status = 'cancelled'
WHERE show_id = %(show)s AND id = %(booking)s AND status = 'booked' AND {SHOW_IS_UPCOMING} {condition}
RETURNING id, seat_number, user_id, created_at, sold_label"""  # noqa: S608


FREE = f"""
UPDATE seats_seat SET taken = FALSE, {CHANGED}
WHERE show_id = %(show)s AND number = %(seat)s
RETURNING label"""  # noqa: S608


def _cancel_and_free(cancel_booking: str) -> str:
    """One PostgreSQL statement. The seat needs no condition: only the call that cancelled the booking frees
    it."""
    return f"""
WITH cancelled AS ({cancel_booking}),
freed AS (
UPDATE seats_seat SET taken = FALSE, {CHANGED} FROM cancelled
WHERE show_id = %(show)s AND number = cancelled.seat_number
RETURNING number, label)
SELECT cancelled.id, cancelled.seat_number, cancelled.user_id, cancelled.created_at,
       COALESCE(NULLIF(cancelled.sold_label, ''), freed.label), {SHOW_COLUMNS}
FROM cancelled LEFT JOIN freed ON freed.number = cancelled.seat_number {JOIN_SHOW}"""  # noqa: S608


CANCEL_BY_STAFF = _cancel_booking("")
CANCEL_BY_OWNER = _cancel_booking(f"AND user_id = %(user)s AND {USER_IS_ACTIVE}")
CANCEL_AND_FREE = {statement: _cancel_and_free(statement) for statement in (CANCEL_BY_STAFF, CANCEL_BY_OWNER)}
CANCEL_WITH_SHOW = {statement: _with_show(statement) for statement in CANCEL_AND_FREE}


def show_of_booking(booking_id: int) -> int | None:
    row = fetch_one("SELECT show_id FROM seats_booking WHERE id = %(booking)s", {"booking": booking_id})
    return row[0] if row else None


def cancel(
    *, booking_id: int, show_id: int, user_id: int | None, password_hash: str | None = None
) -> Booking | None:
    """Cancels a live booking of an upcoming show and frees its seat, or does nothing and returns None.

    `user_id` None stands for staff, who may cancel anybody's booking.
    """
    statement = CANCEL_BY_STAFF if user_id is None else CANCEL_BY_OWNER
    values = {"booking": booking_id, "show": show_id, "user": user_id, "password_hash": password_hash}
    if connection.vendor == "postgresql":
        row = fetch_one(CANCEL_AND_FREE[statement], values)
    else:
        row = _cancel_in_two_statements(statement, values)
    if row is None:
        return None
    booking_id, seat_number, owner_id, created_at, label, *show = row
    sale = {"show": show_id, "user": owner_id, "now": utc(created_at)}
    # Only a booking by a server of an older version has no label, and only a removed seat has no current one.
    booking = _booking(sale, booking_id, seat_number, label or str(seat_number), *show)
    booking.status = Booking.Status.CANCELLED
    return booking


@transaction.atomic
def _cancel_in_two_statements(statement: str, values: dict[str, Any]) -> Row | None:
    cancelled = fetch_one(CANCEL_WITH_SHOW[statement], values)
    if cancelled is None:
        return None
    booking_id, seat_number, user_id, created_at, label, *show = cancelled
    (current_label,) = fetch_one(FREE, values | {"seat": seat_number}) or (None,)
    return booking_id, seat_number, user_id, created_at, label or current_label, *show


# --- END, before a user is deleted --------------------------------------------------------------

CANCEL_ALL_OF_USER = f"""
UPDATE seats_booking SET status = 'cancelled'
WHERE show_id = %(show)s AND user_id = %(user)s AND status = 'booked' AND {SHOW_IS_ON_SALE}
RETURNING seat_number"""  # noqa: S608

FREE_SEATS = f"""
UPDATE seats_seat SET taken = FALSE, {CHANGED}
WHERE show_id = %(show)s AND number {ONE_OF_SEATS}
RETURNING number"""  # noqa: S608


def end(*, user_id: int, show_id: int) -> None:
    """Cancels the user's live bookings of the show unless it has started, and releases what the user holds.

    Call it in a transaction that has locked all these seats (see `end_sales.py`).
    """
    values = {"user": user_id, "show": show_id}
    cancelled = [number for (number,) in fetch_all(CANCEL_ALL_OF_USER, values)]
    fetch_all(FREE_SEATS, {"show": show_id, "seats": to_array(cancelled)})
    fetch_all(RELEASE_OF_ANY_USER, values)


# --- BLOCK and UNBLOCK --------------------------------------------------------------------------

BLOCK = f"""
UPDATE seats_seat SET blocked = TRUE, block_reason = %(reason)s, {NOT_HELD}, {CHANGED}
FROM {_locked(f"number {ONE_OF_SEATS}")}
WHERE show_id = %(show)s AND number = seat AND {AVAILABLE}
RETURNING number"""  # noqa: S608

UNBLOCK = f"""
UPDATE seats_seat SET blocked = FALSE, block_reason = '', {CHANGED}
FROM {_locked(f"number {ONE_OF_SEATS}")}
WHERE show_id = %(show)s AND number = seat AND blocked
RETURNING number"""  # noqa: S608


def block(*, show_id: int, seat_numbers: Collection[int], reason: str) -> list[int]:
    """Takes those of the seats that are available out of sale; returns their numbers."""
    values = {"show": show_id, "seats": to_array(seat_numbers), "reason": reason}
    return sorted(number for (number,) in fetch_all(BLOCK, values))


def unblock(*, show_id: int, seat_numbers: Collection[int]) -> list[int]:
    """Puts those of the seats that are blocked back on sale; returns their numbers."""
    values = {"show": show_id, "seats": to_array(seat_numbers)}
    return sorted(number for (number,) in fetch_all(UNBLOCK, values))


# --- RENUMBER, for a re-layout ------------------------------------------------------------------

# Every new number with the old one of the same seat, or null for a seat that is new.
RENUMBER = f"""
UPDATE seats_seat
SET taken = COALESCE(old.taken, FALSE), held_by = old.held_by, held_since = old.held_since,
    held_until = old.held_until, blocked = COALESCE(old.blocked, FALSE),
    block_reason = COALESCE(old.block_reason, '')
FROM (
SELECT CAST({JSON_ITEM.format(0)} AS integer) AS seat, before.taken, before.held_by, before.held_since,
       before.held_until, before.blocked, before.block_reason
FROM {JSON_ROWS.format("%(pairs)s")}
LEFT JOIN seats_seat before ON before.show_id = %(show)s
  AND before.number = CAST({JSON_ITEM.format(1)} AS integer)) old
WHERE show_id = %(show)s AND number = old.seat
RETURNING number"""  # noqa: S608


def renumber(*, show_id: int, pairs_json: bytes) -> None:
    """Moves the state of seats (taken, held, blocked) to their new numbers; `[[new, old or null], …]` as JSON.

    All rows must exist and be locked.
    """
    fetch_all(RENUMBER, {"show": show_id, "pairs": pairs_json.decode()})
