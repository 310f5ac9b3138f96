"""What is counted of the requests, for Prometheus, over all worker processes of a node.

Each process counts in files of its own, in a fresh directory that `gunicorn.conf.py` makes, and whichever
is asked adds them up. Routes are URL patterns, never paths, so that no caller can make up new series.
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

# When a series began is not told over several processes, and so not over one.
disable_created_metrics()

OURS = CollectorRegistry()
REQUESTS = Counter(
    "cinema_requests", "Answers, by method, route and status.", ["method", "route", "status"], registry=OURS
)
SECONDS = Histogram(
    "cinema_request_seconds",
    "How long answers took, from when a request was there.",
    ["method", "route"],
    registry=OURS,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
PROBLEMS = Counter("cinema_problems", "Refusals and errors, by their code.", ["code"], registry=OURS)
STREAMS = Gauge(
    "cinema_open_streams", "Live event streams that are open.", multiprocess_mode="livesum", registry=OURS
)

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

# To look a series up by its labels costs more than to count in it.
_requests = cache(REQUESTS.labels)
_seconds = cache(SECONDS.labels)
_problems = cache(PROBLEMS.labels)


def measure_requests(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """A middleware. Where nobody may read what it counts, it counts nothing."""
    if not settings.METRICS_TOKEN:
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response: Any = get_response(request)
        method = request.method if request.method in METHODS else "other"
        # What is not one of our paths: files, and what nobody has.
        route = request.resolver_match.route if request.resolver_match else "none"
        _requests(method, route, response.status_code).inc()
        _seconds(method, route).observe(seconds_of(request))
        if code := getattr(response, "problem_code", None):
            _problems(code).inc()
        if getattr(response, "is_async", False):
            STREAMS.inc()
            response._resource_closers.append(STREAMS.dec)
        return response

    return middleware


class Workers(MultiProcessCollector):
    """prometheus_client's, but for files without content, which it would fail on: a worker that has just
    started, or was killed just then, has made one and written nothing."""

    def collect(self) -> Iterable[Metric]:
        files = Path(self._path).glob("*.db")
        return self.merge([str(file) for file in files if _is_written(file)], accumulate=True)


def _is_written(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:
        return False  # Of a worker that has just gone.


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever has the `METRICS_TOKEN`; without one in the settings there is nothing here."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        refusal = problem_response("not_authenticated", "Send the METRICS_TOKEN as a Bearer token.")
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    registry = OURS
    if ValueClass._multiprocess:
        registry = CollectorRegistry()
        Workers(registry)
    body = generate_latest(registry) + generate_latest(Build()) + generate_latest(Database())
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
