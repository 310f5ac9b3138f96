"""Every request has an id: in the answer, in every line of the log, in every error's body.

It is the caller's `X-Request-ID` where that is safe to repeat, so that one id leads through all the
services on the way; else it is a fresh one.
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

# What this thread is answering.
current: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def request_id_middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """A middleware, the outermost: nothing is answered or logged without the id."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        # The server may know of an earlier time, before the request waited for a thread.
        request.META.setdefault("cinema.began", perf_counter())
        request.META["cinema.request_id"] = safe_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        before = current.set(request)
        try:
            response = get_response(request)
            response[HEADER] = request_id()
            if access.isEnabledFor(logging.INFO):
                milliseconds = round(seconds_of(request) * 1000, 1)
                about = {"status_code": response.status_code, "duration_ms": milliseconds}
                access.info("%s %s", request.method, request.path, extra=about)
            return response
        finally:
            current.reset(before)

    return middleware


def safe_id(offered: str) -> str:
    return offered if SAFE.fullmatch(offered) else secrets.token_hex(16)


def request_id() -> str:
    """That of the request under way; outside of any, a fresh one."""
    request = current.get()
    return id_of(request) if request else secrets.token_hex(16)


def id_of(request: HttpRequest) -> str:
    return request.META.get("cinema.request_id", "")


def user_id(request: HttpRequest) -> int | None:
    """Who asked, where that is known already: the log costs no query."""
    user = request.__dict__.get("user")
    if isinstance(user, LazyObject) and user.__dict__["_wrapped"] is empty:
        return None
    key = getattr(user, "pk", None)
    return None if key is None else int(str(key))


def seconds_of(request: HttpRequest) -> float:
    """How long it is under way."""
    return perf_counter() - request.META["cinema.began"]
