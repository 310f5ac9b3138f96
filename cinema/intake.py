"""What is put right, or turned away, before a view sees a request.

Every path answers with and without its trailing slash; a body has a size limit and is UTF-8.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLResolver, get_resolver, is_valid_path
from django.utils.http import parse_header_parameters

from cinema.problems import problem_response

Handler = Callable[[HttpRequest], HttpResponseBase]


def accept_either_slash(get_response: Handler) -> Handler:
    """Serves `/movies` as `/movies/` and `/login/` as `/login`, for every method, without a redirect."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if path.endswith("/"):
            if path[:-1] in _without_slash():
                request.path_info = path[:-1]
        elif is_valid_path(path + "/"):
            request.path_info = path + "/"
        return get_response(request)

    return middleware


@cache
def _without_slash() -> set[str]:
    """The few paths that have none; they name no id."""
    return {f"/{route}" for route in _routes(get_resolver().url_patterns) if not route.endswith("/")}


def _routes(patterns: Iterable[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def limit_body(get_response: Handler) -> Handler:
    """Refuses a body above `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes with 413, before reading any of it.

    Django applies that setting only to what it parses itself; DRF's parsers read past it. A body
    without a length, which Django would take for an empty one, is 411.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = request.META.get("CONTENT_LENGTH") or "0"
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return problem_response(411, "length_required", "Send the body with its Content-Length.")
        if length.isdecimal() and int(length) > limit:
            return problem_response(413, "body_too_large", f"A body may have at most {limit} bytes.")
        return get_response(request)

    return middleware


class Utf8Request(WSGIRequest):
    """Reads text as UTF-8, whatever `charset` the Content-Type names.

    Some of Python's codecs decompress, and others can't decode at all, so that Django fails on such
    a header while it still builds the request, before any middleware could answer.
    """

    @property
    def encoding(self) -> None:
        """None, which is Django's default: UTF-8."""

    @encoding.setter
    def encoding(self, charset: str) -> None:
        pass


def readable_content_type(application: Any) -> Any:
    """Takes a Content-Type that can't be parsed for one that nobody takes, so that it is a clean 415.

    A WSGI middleware, for Django parses the header while it builds the request, and fails on a
    parameter such as `x*=nonsense''y` (RFC 2231) before any middleware of its own could answer.
    """

    def wrapper(environ: dict[str, Any], start_response: Any) -> Any:
        try:
            parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        except (ValueError, LookupError):
            environ["CONTENT_TYPE"] = "application/octet-stream"
        return application(environ, start_response)

    return wrapper
