"""Builds a booking with its show from the row that a statement returns."""

from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from cinema.seats.models import Booking
from cinema.seats.sql.dialect import utc
from cinema.seats.sql.distributed import is_distributed
from cinema.shows.models import Movie, Show

# The columns of a booking's show that a response contains.
SHOW_COLUMNS = "show.screen_name, show.date_time, movie.id, movie.title, movie.duration_minutes"
JOIN_SHOW = """
JOIN shows_show show ON show.id = %(show)s
JOIN shows_movie movie ON movie.id = show.movie_id"""
SHOW = f"""
SELECT {SHOW_COLUMNS} FROM shows_show show JOIN shows_movie movie ON movie.id = show.movie_id
WHERE show.id = %(show)s"""  # noqa: S608


def in_one_statement() -> bool:
    """Tells whether one statement can change seats and bookings: PostgreSQL can, unless it is distributed."""
    return connection.vendor == "postgresql" and not is_distributed()


@cache
def with_show(statement: str) -> str:
    """Makes the statement return the columns of the show, too.

    SQLite needs two statements to sell or to cancel. Without this it would need a third one for the show.
    """
    columns = [
        f"(SELECT {column} FROM shows_show show JOIN shows_movie movie ON movie.id = movie_id"  # noqa: S608
        " WHERE show.id = %(show)s)"
        for column in SHOW_COLUMNS.split(", ")
    ]
    return ", ".join([statement, *columns])


def booking_from(
    values: dict[str, Any],
    booking_id: Any,
    seat_number: int,
    label: str,
    kind: str | None,
    amount: int | None,
    currency: str | None,
    screen_name: str,
    date_time: datetime,
    movie_id: int,
    title: str,
    duration_minutes: int,
) -> Booking:
    """Returns the booking as `with_details()` would load it, without a query."""
    movie = Movie(id=movie_id, title=title, duration_minutes=duration_minutes)
    show = Show(id=values["show"], movie=movie, screen_name=screen_name, date_time=utc(date_time))
    is_guest = "guest_name" in values
    booking = Booking(
        id=booking_id,
        user_id=None if is_guest else values["user"],
        sold_by_id=values["user"] if is_guest else None,
        guest_name=values.get("guest_name", ""),
        show=show,
        seat_number=seat_number,
        sold_label=label,
        kind=kind,
        amount=amount,
        currency=currency,
        created_at=values["now"],
        order=values["order"],
        idempotency_key=values.get("key"),
    )
    booking.seat_label = label  # type: ignore[attr-defined]
    return booking
