"""Optional error reports to Sentry, and traces to an OpenTelemetry collector.

SENTRY_DSN and OTEL_EXPORTER_OTLP_ENDPOINT turn them on. They need the packages of requirements/telemetry.txt. A
report has what a line of the log has: no header, cookie, query string, body, password, token or e-mail address.
"""

import json
import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cinema.api import request_id
from cinema.monitoring.logging import record_fields, redact

# The keys of an event that Sentry gets. Its logging integration would also send requests, and the arguments of
# messages.
EVENT_KEYS = {
    *("event_id", "timestamp", "level", "logger", "platform", "release", "sdk", "server_name"),
    *("exception", "logentry"),
}


def require_package(variable: str, module: str) -> None:
    try:
        import_module(module)
    except ImportError:
        raise ImproperlyConfigured(
            f"{variable} needs more packages. Run: pip install -r requirements/telemetry.txt"
        ) from None


def start_sentry(dsn: str, version: str) -> None:
    """Reports each log record of level ERROR, with its traceback."""
    require_package("SENTRY_DSN", "sentry_sdk")
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration
    from sentry_sdk.utils import BadDsn

    try:
        sentry_sdk.init(
            dsn,
            release=version,
            # The others would add requests and users.
            default_integrations=False,
            integrations=[
                LoggingIntegration(level=None, event_level=logging.ERROR),
                AtexitIntegration(callback=lambda pending, timeout: None),
            ],
            auto_session_tracking=False,
            include_local_variables=False,
            max_breadcrumbs=0,
            before_send=reduce_event,
        )
    except BadDsn:
        raise ImproperlyConfigured("SENTRY_DSN must be like https://key@sentry.example/1.") from None


def reduce_event(event: Any, hint: dict[str, Any]) -> Any:
    """Keeps the fields of the log line and the traceback."""
    reduced = {key: value for key, value in event.items() if key in EVENT_KEYS}
    for exception in reduced.get("exception", {}).get("values", []):
        # The second line of a database error can quote the row, which holds what users sent.
        exception["value"] = str(exception.get("value") or "").partition("\n")[0]
        exception.pop("mechanism", None)
    if record := hint.get("log_record"):
        fields = record_fields(record)
        reduced["logentry"] = {"formatted": fields["message"]}
        names = ("request_id", "method", "path", "user", "status", "duration_ms")
        reduced["tags"] = {name: str(fields[name]) for name in names if name in fields}
    return json.loads(redact(json.dumps(reduced, default=str)))


def trace_requests(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Middleware that exports a span of each request. Without OTEL_EXPORTER_OTLP_ENDPOINT it is not used.

    OpenTelemetry's own instrumentation of Django would export URLs with their query strings.
    """
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        raise MiddlewareNotUsed
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import SpanKind, StatusCode

    # Here, because each worker process needs its own exporting thread. The exporter reads the variable itself.
    provider = TracerProvider(resource=Resource.create({"service.name": "cinema"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("cinema")

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with tracer.start_as_current_span("request", kind=SpanKind.SERVER) as span:
            response = get_response(request)
            method = str(request.method)
            route = request.resolver_match.route if request.resolver_match else "none"
            span.update_name(f"{method} {route}")
            span.set_attribute("http.request.method", method)
            span.set_attribute("http.route", route)
            span.set_attribute("http.response.status_code", response.status_code)
            span.set_attribute("cinema.request_id", request_id.id_of(request))
            if response.status_code >= 500:
                span.set_status(StatusCode.ERROR)
            return response

    return middleware
