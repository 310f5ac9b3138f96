"""Counts and logs an answer as the middleware does for the views."""

import logging

from django.conf import settings

from cinema.api.request_id import access, current, log_access, seconds_of
from cinema.monitoring.metrics import count_request
from cinema.server.fast_path.plain_request import PlainRequest


def record(request: PlainRequest, status: int) -> None:
    if not (settings.METRICS_TOKEN or access.isEnabledFor(logging.INFO)):
        return
    django_request = request.for_django()
    if settings.METRICS_TOKEN:
        count_request(request.scope["method"], request.view.route, status, seconds_of(django_request))
    token = current.set(django_request)
    log_access(django_request, status)
    current.reset(token)
