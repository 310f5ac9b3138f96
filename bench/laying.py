"""Laying out a new show's seats, as the service does when a show is saved, beside plain SQL.

That inserts as many rows of the same columns. Each is one transaction, measured from its beginning until it is
committed.
"""

from datetime import timedelta
from time import perf_counter
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench import agreement, filling
from bench.sizes import QUICK

# How many seats, and how often.
SIZES = {300: 3, 2000: 2} if QUICK else {300: 40, 2000: 20, 20_000: 8}

SERIES = {
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %s) SELECT n FROM s)",
    "postgresql": "GENERATE_SERIES(1, %s) AS s(n)",
}[connection.vendor]
CHARACTER = {"sqlite": "CHAR", "postgresql": "CHR"}[connection.vendor]

# Rows of twenty: the simplest hall.
PLAIN = f"""
INSERT INTO seats_seat
  (show_id, number, "row", "column", label, x, y, category, accessible, guid, color, line, changes)
SELECT %s, n, {CHARACTER}(65 + (n - 1) / 20 %% 26), 1 + (n - 1) %% 20,
       {CHARACTER}(65 + (n - 1) / 20 %% 26) || (1 + (n - 1) %% 20),
       1 + (n - 1) %% 20, 1 + (n - 1) / 20, 'Standard', FALSE, '', '#4a6fa5', (n - 1) / 20, 1
FROM {SERIES}"""


def measure_requests() -> dict[str, Any]:
    for insert_seats in (by_service, by_plain_sql):
        insert_seats(300)  # It warms up.
    figures: dict[str, Any] = {}
    for seats, times in SIZES.items():
        figure: dict[str, list[float]] = {"service_ms": [], "sql_ms": []}
        for _ in range(times):
            figure["service_ms"].append(milliseconds(by_service, seats))
            figure["sql_ms"].append(milliseconds(by_plain_sql, seats))
        figures[f"{seats:,} seats"] = figure
    agreement.check()
    return figures


def milliseconds(insert_seats: Any, seats: int) -> float:
    begin = perf_counter()
    insert_seats(seats)
    return (perf_counter() - begin) * 1000


def by_service(seats: int) -> None:
    filling.make_show(seats)


def by_plain_sql(seats: int) -> None:
    show = """
        INSERT INTO shows_show (movie_id, screen_name, date_time, total_seats)
        VALUES (1, 'Screen 1', %s, %s) RETURNING id"""
    time = timezone.now() + timedelta(days=30)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(show, [time, seats])
        (show_id,) = cursor.fetchone()
        cursor.execute(PLAIN, [show_id, seats])
