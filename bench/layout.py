"""Time to create a new show's seats, compared with plain SQL that inserts as many rows with the same columns.

Each measurement is one transaction, commit included. `create_seats` is the layout alone: plain SQL inserts the
show. `save_show` is the whole save: the ORM, and the rules of the programme (spelling of the screen, overlaps).
They cost the same for every number of seats.
"""

from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench import consistency, fixtures
from bench.sizes import QUICK
from cinema.seats.layout.materialize import materialize_seats
from cinema.shows.models import Show

# Number of seats -> number of repetitions.
REPETITIONS = {300: 3, 2000: 2} if QUICK else {300: 40, 2000: 20, 20_000: 8}

SERIES = {
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %s) SELECT n FROM s)",
    "postgresql": "GENERATE_SERIES(1, %s) AS s(n)",
}[connection.vendor]

# A rectangular hall with numbered rows of twenty seats.
INSERT_SEATS = f"""
INSERT INTO seats_seat
  (show_id, number, "row", "column", label, x, y, category, accessible, guid, color, line, changes)
SELECT %s, n, CAST(1 + (n - 1) / 20 AS varchar), 1 + (n - 1) %% 20,
       (1 + (n - 1) / 20) || '-' || (1 + (n - 1) %% 20),
       1 + (n - 1) %% 20, 1 + (n - 1) / 20, 'Standard', FALSE, '', '#4a6fa5', (n - 1) / 20, 1
FROM {SERIES}"""


def measure() -> dict[str, Any]:
    """Returns, for each number of seats, the milliseconds of each way to create a show."""
    ways = {"seats_ms": create_seats, "save_ms": save_show, "sql_ms": insert_by_sql}
    for create in ways.values():
        create(300)  # The first call of each warms up caches.
    figures: dict[str, Any] = {}
    for seats, repetitions in REPETITIONS.items():
        figure: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(repetitions):
            for name, create in ways.items():
                figure[name].append(milliseconds(create, seats))
        figures[f"{seats:,} seats"] = figure
    consistency.check()
    return figures


def milliseconds(create: Callable[[int], None], seats: int) -> float:
    start = perf_counter()
    create(seats)
    return (perf_counter() - start) * 1000


def save_show(seats: int) -> None:
    fixtures.create_show(seats)


@transaction.atomic
def create_seats(seats: int) -> None:
    show = Show(pk=insert_show(seats), screen_name="Screen 1", total_seats=seats)
    materialize_seats(show, is_new=True)


@transaction.atomic
def insert_by_sql(seats: int) -> None:
    show_id = insert_show(seats)
    with connection.cursor() as cursor:
        cursor.execute(INSERT_SEATS, [show_id, seats])


def insert_show(seats: int) -> int:
    """Inserts a show by plain SQL and returns its id."""
    statement = """
        INSERT INTO shows_show (movie_id, screen_name, date_time, total_seats)
        VALUES (1, 'Screen 1', %s, %s) RETURNING id"""
    with connection.cursor() as cursor:
        cursor.execute(statement, [timezone.now() + timedelta(days=30), seats])
        (show_id,) = cursor.fetchone()
    return show_id
