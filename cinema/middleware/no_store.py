"""Middleware that keeps responses out of caches unless the view allows caching."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase


def no_store(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Sends `Cache-Control: no-store` unless the view set its own policy.

    A cache must not store personal data. It must not store errors either, because it would send an error
    that one client provoked to all others.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
