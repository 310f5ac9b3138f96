"""Middleware that refuses request bodies that are too large or have no length, before they are read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cinema.api.problems import problem_response

Handler = Callable[[HttpRequest], HttpResponseBase]


def body_limit(get_response: Handler) -> Handler:
    """Refuses a body above `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes with 413, before reading any of it.

    Django applies that setting only to what it parses itself; DRF's parsers read past it. A body
    without a length, which Django would take for an empty one, is 411.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = request.META.get("CONTENT_LENGTH") or "0"
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return problem_response("length_required")
        if length.isdecimal() and int(length) > limit:
            return problem_response("body_too_large", limit=limit)
        return get_response(request)

    return middleware
