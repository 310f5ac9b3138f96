"""Metrics that are queried from the database when Prometheus reads them. They are the same on all nodes.

Bookings and holds are counted in their tables, whichever node or admin page made them, so counting adds no work
to a booking.
"""

import platform
from collections.abc import Iterator
from typing import Any

import django
from django.conf import settings
from django.db import Error, connection
from django.db.models import Count
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cinema.api.problems import is_unavailable
from cinema.notices.models import Delivery
from cinema.notices.outbox import oldest_waiting_seconds
from cinema.seats.models import Booking, Seat
from cinema.seats.status import HOLD_IS_LIVE

CONNECTIONS = """
SELECT CASE WHEN wait_event_type = 'Lock' THEN 'waiting' ELSE state END, count(*)
FROM pg_stat_activity WHERE datname = current_database() AND state IS NOT NULL GROUP BY 1"""


class Build(Collector):
    def collect(self) -> Iterator[Metric]:
        versions = {
            "version": settings.SPECTACULAR_SETTINGS["VERSION"],
            "python": platform.python_version(),
            "django": django.__version__,
        }
        build = GaugeMetricFamily("cinema_build_info", "1, with versions as labels.", labels=list(versions))
        build.add_metric([str(version) for version in versions.values()], 1)
        yield build


class Database(Collector):
    """If the database does not answer, only its own metrics are missing."""

    def collect(self) -> Iterator[Metric]:
        try:
            metrics = list(_query())
            up = 1
        except Error as error:
            if not is_unavailable(error):
                raise
            metrics, up = [], 0
        yield GaugeMetricFamily("cinema_database_up", "1 if the database answered just now, else 0.", value=up)
        yield from metrics


def _query() -> Iterator[Metric]:
    yield _gauge(
        "cinema_bookings",
        "Bookings in the database, by status.",
        "status",
        dict.fromkeys(Booking.Status.values, 0)
        | dict(Booking.objects.order_by().values_list("status").annotate(Count("pk"))),
    )
    held: Any = Seat.objects.of_upcoming_shows().filter(held_until__isnull=False).order_by()
    yield _gauge(
        "cinema_held_seats",
        "Seats of upcoming shows with a live hold, or with an expired one that nobody has replaced.",
        "hold",
        held.aggregate(live=Count("number", HOLD_IS_LIVE), lapsed=Count("number", ~HOLD_IS_LIVE)),
    )
    yield GaugeMetricFamily(
        "cinema_oldest_notice_seconds",
        "The age of the oldest notice that is not delivered yet; 0 if there is none.",
        value=oldest_waiting_seconds(),
    )
    yield GaugeMetricFamily(
        "cinema_notices_given_up",
        "Deliveries of notices that were given up.",
        value=Delivery.objects.filter(state=Delivery.State.GIVEN_UP).count(),
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(CONNECTIONS)
            states = {"active": 0, "idle": 0, "idle in transaction": 0, "waiting": 0} | dict(cursor.fetchall())
            cursor.execute("SELECT current_setting('max_connections')::int")
            (max_connections,) = cursor.fetchone()
        yield _gauge(
            "cinema_database_connections",
            "Connections of all nodes to the database, by state; `waiting` waits for a lock.",
            "state",
            states,
        )
        yield GaugeMetricFamily(
            "cinema_database_connections_most",
            "Connections that the database server allows at most.",
            value=max_connections,
        )


def _gauge(name: str, documentation: str, label: str, counts: dict[str, int]) -> Metric:
    """Returns a gauge with one sample for each value of its only label."""
    family = GaugeMetricFamily(name, documentation, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family
