"""Fills a database by SQL with the same rows that the service would write, so `check_seats` finds nothing.

The service creates the first show and its seats. All other shows are copies of it, with all columns of a seat.
"""

from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.db import connection

# Seats of the first show, and so of all its copies.
SEATS = 300

SERIES = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < %s)"


def prepare_template() -> None:
    """Migrates an empty database and creates its first movie and show."""
    call_command("migrate", verbosity=0)
    add_movies(1)
    create_show(SEATS)


def create_show(seats: int) -> int:
    """Creates a show and its seats by the service; returns its id."""
    from django.utils import timezone

    from cinema.shows.models import Show

    time = timezone.now() + timedelta(days=30)
    # Each show has its own screen, because two shows of one screen must not overlap.
    screen = f"Screen {_last_show() + 1}"
    return Show.objects.create(movie_id=1, screen_name=screen, date_time=time, total_seats=seats).pk


def add_movies(number: int) -> None:
    _execute(
        f"""{SERIES} INSERT INTO shows_movie (title, duration_minutes)
        SELECT 'Movie ' || n, 90 + n %% 60 FROM series""",
        [number],
    )


def add_users(number: int) -> None:
    _execute(
        f"""{SERIES} INSERT INTO auth_user (username, password, first_name, last_name, email,
          is_active, is_staff, is_superuser, date_joined)
        SELECT 'person' || n, '!', '', '', '', TRUE, FALSE, FALSE, CURRENT_TIMESTAMP FROM series""",
        [number],
    )


def add_shows(number: int, *, booked: int = 0, like: int = 1) -> range:
    """Copies the show `like` this many times, with the first `booked` seats of each taken; returns the ids.

    Taken seats need bookings: call `add_bookings` afterwards.
    """
    from cinema.seats.models import Seat

    if not number:
        return range(0)
    first = _last_show() + 1
    _execute(
        f"""{SERIES} INSERT INTO shows_show (movie_id, screen_name, date_time, total_seats)
        SELECT movie_id, 'Copy ' || %s || '.' || n, date_time, total_seats
        FROM shows_show, series WHERE id = %s""",
        [number, first, like],
    )
    changed = {
        "show_id": "show.id",
        "taken": f"number <= {booked}",
        "changes": f"changes + CASE WHEN number <= {booked} THEN 2 ELSE 0 END",
    }
    columns = [field.column for field in Seat._meta.local_fields if field.column]
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changed.get(column, f'seat."{column}"') for column in columns)
    _execute(
        f"""INSERT INTO seats_seat ({names}) SELECT {values}
        FROM shows_show show CROSS JOIN seats_seat seat
        WHERE seat.show_id = %s AND show.id >= %s ORDER BY show.id, seat.number""",
        [like, first],
    )
    return range(first, _last_show() + 1)


def add_bookings(*, buyers: int, of_first_buyer: int = 0) -> None:
    """Adds a live booking for each taken seat that has none.

    The first user gets `of_first_buyer` bookings. The users 2 to `buyers` get the rest in turn.
    """
    seconds_ago = {
        "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', '-' || n || ' seconds')",
        "postgresql": "NOW() - n * INTERVAL '1 second'",
    }[connection.vendor]
    _execute(
        f"""WITH sold AS (
          SELECT show_id, number, label, ROW_NUMBER() OVER (ORDER BY number, show_id) AS n FROM seats_seat
          WHERE taken AND NOT EXISTS (
            SELECT 1 FROM seats_booking booking
            WHERE booking.show_id = seats_seat.show_id AND booking.seat_number = seats_seat.number))
        INSERT INTO seats_booking (user_id, show_id, seat_number, sold_label, status, created_at)
        SELECT CASE WHEN n <= %s THEN 1 ELSE 2 + n %% (%s - 1) END, show_id, number, label, 'booked',
               {seconds_ago}
        FROM sold""",
        [of_first_buyer, buyers],
    )


def remove_first_show() -> None:
    from cinema.shows.models import Show

    Show.objects.get(pk=1).delete()


def analyze_and_checkpoint() -> None:
    """Updates the planner's statistics and flushes to disk, so that neither happens while measuring."""
    _execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    _execute("CHECKPOINT" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)")


def _last_show() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM shows_show")
        return cursor.fetchone()[0]


def _execute(statement: str, parameters: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
