"""Middleware that rejects request bodies that are too large or have no length, before they are read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cinema.api.problems import problem_response

Handler = Callable[[HttpRequest], HttpResponseBase]


def body_limit(get_response: Handler) -> Handler:
    """Answers 413 to a body larger than `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes, without reading it.

    Django applies that setting only to bodies that it parses itself; DRF's parsers ignore it. A body without
    a Content-Length is answered with 411, because Django would read it as an empty one.
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
