"""Middleware that serves every path with and without its trailing slash, without a redirect."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLResolver, get_resolver, is_valid_path

Handler = Callable[[HttpRequest], HttpResponseBase]


def trailing_slash(get_response: Handler) -> Handler:
    """Serves `/movies` as `/movies/` and `/login/` as `/login`. A redirect would lose the body of a POST."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if path.endswith("/"):
            # Routes of files, such as `/bookings/31/ticket.svg`, have a parameter.
            if path[:-1] in _paths_without_slash() or ("." in path and is_valid_path(path[:-1])):
                request.path_info = path[:-1]
        elif is_valid_path(path + "/"):
            request.path_info = path + "/"
        return get_response(request)

    return middleware


@cache
def _paths_without_slash() -> set[str]:
    """The paths whose route has no trailing slash."""
    return {f"/{route}" for route in _routes(get_resolver().url_patterns) if not route.endswith("/")}


def _routes(patterns: Iterable[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route
