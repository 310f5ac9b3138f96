"""What is read when Prometheus asks: how it stands in the database, which is the same for all nodes.

A sale, or a hold that lapses, is a matter of rows, whoever changed them and where; so it is counted there, and
a sale pays nothing for it.
"""

import platform
from collections.abc import Iterator
from typing import Any

import django
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Count
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cinema.seats.models import Booking, Seat
from cinema.seats.status import HOLD_IS_LIVE

CONNECTIONS = """
SELECT CASE WHEN wait_event_type = 'Lock' THEN 'waiting' ELSE state END, count(*)
FROM pg_stat_activity WHERE datname = current_database() AND state IS NOT NULL GROUP BY 1"""


class Build(Collector):
    def collect(self) -> Iterator[Metric]:
        about = {
            "version": settings.SPECTACULAR_SETTINGS["VERSION"],
            "python": platform.python_version(),
            "django": django.__version__,
        }
        build = GaugeMetricFamily("cinema_build_info", "What runs: 1, with its versions.", labels=list(about))
        build.add_metric([str(value) for value in about.values()], 1)
        yield build


class Database(Collector):
    """A database that does not answer takes only its own figures away."""

    def collect(self) -> Iterator[Metric]:
        try:
            found = list(_read())
            up = 1
        except (OperationalError, InterfaceError):
            found, up = [], 0
        yield GaugeMetricFamily("cinema_database_up", "1 when the database answered just now.", value=up)
        yield from found


def _read() -> Iterator[Metric]:
    yield _by(
        "cinema_bookings",
        "Bookings there are, by status; each was a sale.",
        "status",
        dict.fromkeys(Booking.Status.values, 0)
        | dict(Booking.objects.order_by().values_list("status").annotate(Count("pk"))),
    )
    held: Any = Seat.objects.of_upcoming_shows().filter(held_until__isnull=False).order_by()
    yield _by(
        "cinema_held_seats",
        "Seats of upcoming shows under a hold: live, or lapsed and wanted by nobody since.",
        "hold",
        held.aggregate(live=Count("number", HOLD_IS_LIVE), lapsed=Count("number", ~HOLD_IS_LIVE)),
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(CONNECTIONS)
            states = {"active": 0, "idle": 0, "idle in transaction": 0, "waiting": 0} | dict(cursor.fetchall())
            cursor.execute("SELECT current_setting('max_connections')::int")
            (most,) = cursor.fetchone()
        yield _by(
            "cinema_database_connections",
            "Connections to the database from all nodes, by state; `waiting` is for a lock.",
            "state",
            states,
        )
        yield GaugeMetricFamily("cinema_database_connections_most", "How many the server allows.", value=most)


def _by(name: str, about: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
