"""Request metrics for Prometheus, summed over all worker processes of a node.

Each process counts in its own files, in a directory that `gunicorn.conf.py` makes. The process that answers
`/metrics` adds them up. The `route` label is a URL pattern and never a path, so that clients cannot create
new series.
"""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import ValueClass

from cinema.api.problems import problem_response
from cinema.api.request_id import seconds_of
from cinema.monitoring.collectors import Build, Database

# Several processes cannot report when a series was created, so one process does not either.
disable_created_metrics()

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "cinema_requests", "Responses by method, route, status.", ["method", "route", "status"], registry=REGISTRY
)
SECONDS = Histogram(
    "cinema_request_seconds",
    "Seconds from a request's arrival to its response.",
    ["method", "route"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
PROBLEMS = Counter("cinema_problems", "Error responses, by their code.", ["code"], registry=REGISTRY)
STREAMS = Gauge("cinema_open_streams", "Open event streams.", multiprocess_mode="livesum", registry=REGISTRY)

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

# Looking a series up by its labels costs more than counting in it.
_requests = cache(REQUESTS.labels)
_seconds = cache(SECONDS.labels)
_problems = cache(PROBLEMS.labels)


def measure_requests(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Middleware that counts and times all responses. Without a METRICS_TOKEN it is not used."""
    if not settings.METRICS_TOKEN:
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response: Any = get_response(request)
        method = request.method if request.method in METHODS else "other"
        # Static files and unknown paths have no URL pattern.
        route = request.resolver_match.route if request.resolver_match else "none"
        count_request(method, route, response.status_code, seconds_of(request))
        if code := getattr(response, "problem_code", None):
            _problems(code).inc()
        if getattr(response, "is_async", False):
            STREAMS.inc()
            response._resource_closers.append(STREAMS.dec)
        return response

    return middleware


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    _requests(method, route, status).inc()
    _seconds(method, route).observe(seconds)


class WorkersCollector(MultiProcessCollector):
    """A collector that skips empty files, on which prometheus_client fails.

    A worker leaves one when it has just started, or when it was killed just after its start.
    """

    def collect(self) -> Iterable[Metric]:
        files = Path(self._path).glob("*.db")
        return self.merge([str(file) for file in files if _is_written(file)], accumulate=True)


def _is_written(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:
        return False  # Its worker has just ended.


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answers the metrics to a client that sends the METRICS_TOKEN. Without that setting it answers 404."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        problem = problem_response("not_authenticated", "Send the METRICS_TOKEN as a Bearer token.")
        problem["WWW-Authenticate"] = "Bearer"
        return problem
    registry = REGISTRY
    if ValueClass._multiprocess:
        registry = CollectorRegistry()
        WorkersCollector(registry)
    body = generate_latest(registry) + generate_latest(Build()) + generate_latest(Database())
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
