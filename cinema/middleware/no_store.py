"""Only what says that it may be kept is kept: no cache, and no browser's disk, holds what is one person's."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase


def no_store(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """A middleware. For refusals too: kept for all, one that a caller provoked would shut the others out."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
