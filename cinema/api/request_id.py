"""Gives every request an id, which is in the response, in its lines of the log and in the body of problems.

The id is the client's `X-Request-ID` if that is safe to repeat, so one id follows a request through several
services. Otherwise it is a new random id.
"""

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject, empty

HEADER = "X-Request-ID"
SAFE = re.compile(r"[A-Za-z0-9._:+/=~-]{1,128}")

access = logging.getLogger("cinema.access")

# The request that this thread is answering.
current: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def request_id_middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Sets the request's id and logs the request. As the outermost middleware, it sees every response."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        # The bridge has set an earlier time if the request waited for a thread.
        request.META.setdefault("cinema.began", perf_counter())
        request.META["cinema.request_id"] = safe_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        token = current.set(request)
        try:
            response = get_response(request)
            response[HEADER] = request_id()
            log_access(request, response.status_code)
            return response
        finally:
            current.reset(token)

    return middleware


def log_access(request: HttpRequest, status: int) -> None:
    """Writes the line of a request. The request must be the current one, because its fields are in the line."""
    if access.isEnabledFor(logging.INFO):
        milliseconds = round(seconds_of(request) * 1000, 1)
        extra = {"status_code": status, "duration_ms": milliseconds}
        access.info("%s %s", request.method, request.path, extra=extra)


def safe_id(header: str) -> str:
    return header if SAFE.fullmatch(header) else secrets.token_hex(16)


def request_id() -> str:
    """The id of the current request; a new id outside of requests."""
    request = current.get()
    return id_of(request) if request else secrets.token_hex(16)


def id_of(request: HttpRequest) -> str:
    return request.META.get("cinema.request_id", "")


def user_id(request: HttpRequest) -> int | None:
    """The id of the authenticated user, or None if the user is not loaded: logging must not cost a query."""
    user = request.__dict__.get("user")
    if isinstance(user, LazyObject) and user.__dict__["_wrapped"] is empty:
        return None
    key = getattr(user, "pk", None)
    return None if key is None else int(str(key))


def seconds_of(request: HttpRequest) -> float:
    """The seconds since the request arrived."""
    return perf_counter() - request.META["cinema.began"]
