"""The sale, written out: this is where a seat is sold, and nowhere else.

All that must hold for a sale stands in the WHERE of one UPDATE: this show, this number, not taken,
not blocked, not held by somebody else, the show has not begun, the buyer is active. One row: sold. No
row: nothing happened. The database lets one of two rivals through, because the condition `NOT taken`
is on the very row that it changes: the second waits for the first, looks at the row again, and finds it
taken.

The other tables stand in EXISTS, never in a join: Django, say, would turn a join into
`WHERE id IN (SELECT … WHERE NOT taken)`, which PostgreSQL does not evaluate anew after the
wait, and both rivals would get the seat.

It is plain SQL for its readers, and because the ORM would spend more on building these
statements, at every sale anew, than all the rest of the request costs.
"""

from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from cinema.seats.models import VERSION_STEP, Booking
from cinema.seats.sql.dialect import NOW, utc
from cinema.seats.sql.fetch_one import one
from cinema.shows.models import Movie, Show

TAKE = f"""
UPDATE seats_seat
SET taken = TRUE, held_by = NULL, held_since = NULL, held_until = NULL, changes = changes + {VERSION_STEP}
WHERE show_id = %(show)s AND number = %(seat)s AND NOT taken AND NOT blocked
  AND (held_until IS NULL OR held_until <= {NOW} OR held_by = %(user)s)
  AND EXISTS (SELECT 1 FROM shows_show WHERE id = %(show)s AND date_time > {NOW})
  AND EXISTS (SELECT 1 FROM {get_user_model()._meta.db_table} WHERE id = %(user)s AND is_active)
RETURNING show_id, number, label"""  # noqa: S608 - put in are constants of the code's own

RECORD = """
INSERT INTO seats_booking (user_id, show_id, seat_number, status, created_at, idempotency_key)
VALUES (%(user)s, %(show)s, %(seat)s, 'booked', %(now)s, %(key)s)
RETURNING id"""

# What the answer says of the show comes with the first statement, so that the sale stays at two.
TAKE_AND_DESCRIBE = f"""{TAKE},
  (SELECT screen_name FROM shows_show WHERE id = show_id),
  (SELECT date_time FROM shows_show WHERE id = show_id),
  (SELECT movie.id FROM shows_show show JOIN shows_movie movie ON movie.id = movie_id WHERE show.id = show_id),
  (SELECT title FROM shows_show show JOIN shows_movie movie ON movie.id = movie_id WHERE show.id = show_id),
  (SELECT duration_minutes FROM shows_show show JOIN shows_movie movie ON movie.id = movie_id
   WHERE show.id = show_id)"""  # noqa: S608

# PostgreSQL can do both in one statement, which is then its own transaction: one round trip.
TAKE_RECORD_AND_DESCRIBE = f"""
WITH sold AS ({TAKE}),
booked AS (
INSERT INTO seats_booking (user_id, show_id, seat_number, status, created_at, idempotency_key)
SELECT %(user)s, show_id, number, 'booked', %(now)s, %(key)s FROM sold
RETURNING id)
SELECT booked.id, sold.label, show.screen_name, show.date_time, movie.id, movie.title, movie.duration_minutes
FROM booked, sold
JOIN shows_show show ON show.id = sold.show_id
JOIN shows_movie movie ON movie.id = show.movie_id"""  # noqa: S608


def sell(*, user_id: int, show_id: int, seat_number: int, key: str | None) -> Booking | None:
    """Sells the seat and records the booking, or does nothing and answers None.

    Raises `IntegrityError`, with nothing done, where a constraint of the bookings says no: the seat
    has a live booking although its row says free, or the idempotency key is used.
    """
    values = {"user": user_id, "show": show_id, "seat": seat_number, "key": key, "now": timezone.now()}
    execute = _in_one_statement if connection.vendor == "postgresql" else _in_two_statements
    row = execute(values)
    return _booking(values, *row) if row else None


def _in_one_statement(values: dict[str, Any]) -> tuple[Any, ...] | None:
    # Inside somebody else's transaction it gets a savepoint, so that a refusal does not spoil theirs.
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        return one(TAKE_RECORD_AND_DESCRIBE, values)


def _in_two_statements(values: dict[str, Any]) -> tuple[Any, ...] | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE_AND_DESCRIBE, values)
        seat = cursor.fetchone()
        if seat is None:
            return None
        cursor.execute(RECORD, values)
        (booking_id,) = cursor.fetchone()
        return booking_id, *seat[2:]


def _booking(
    values: dict[str, Any],
    booking_id: int,
    seat_label: str,
    screen_name: str,
    date_time: datetime,
    movie_id: int,
    title: str,
    duration_minutes: int,
) -> Booking:
    """The sold booking as `with_details()` would read it, without reading it."""
    movie = Movie(id=movie_id, title=title, duration_minutes=duration_minutes)
    show = Show(id=values["show"], movie=movie, screen_name=screen_name, date_time=utc(date_time))
    booking = Booking(
        id=booking_id,
        user_id=values["user"],
        show=show,
        seat_number=values["seat"],
        created_at=values["now"],
        idempotency_key=values["key"],
    )
    booking.seat_label = seat_label  # type: ignore[attr-defined]
    return booking
