"""Time to create a new show's seats: saving the show through the service, compared with plain SQL.

The plain SQL inserts as many rows with the same columns. Each measurement is one transaction, commit included.
"""

from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench import consistency, fixtures
from bench.sizes import QUICK

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
    for create_show in (create_by_service, create_by_sql):
        create_show(300)  # The first call of each warms up caches.
    figures: dict[str, Any] = {}
    for seats, repetitions in REPETITIONS.items():
        figure: dict[str, list[float]] = {"service_ms": [], "sql_ms": []}
        for _ in range(repetitions):
            figure["service_ms"].append(milliseconds(create_by_service, seats))
            figure["sql_ms"].append(milliseconds(create_by_sql, seats))
        figures[f"{seats:,} seats"] = figure
    consistency.check()
    return figures


def milliseconds(create_show: Callable[[int], None], seats: int) -> float:
    start = perf_counter()
    create_show(seats)
    return (perf_counter() - start) * 1000


def create_by_service(seats: int) -> None:
    fixtures.create_show(seats)


def create_by_sql(seats: int) -> None:
    insert_show = """
        INSERT INTO shows_show (movie_id, screen_name, date_time, total_seats)
        VALUES (1, 'Screen 1', %s, %s) RETURNING id"""
    time = timezone.now() + timedelta(days=30)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(insert_show, [time, seats])
        (show_id,) = cursor.fetchone()
        cursor.execute(INSERT_SEATS, [show_id, seats])
