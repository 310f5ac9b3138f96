"""Protects Django from a hostile Content-Type, on which it fails before any middleware runs."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Utf8Request(WSGIRequest):
    """A request that ignores the `charset` of its Content-Type and always decodes text as UTF-8.

    Django looks the charset up among Python's codecs while it builds the request. Some of them decompress data
    and some cannot decode text, so the request would fail with 500.
    """

    @property
    def encoding(self) -> None:
        """Returns None, with which Django uses its default: UTF-8."""

    @encoding.setter
    def encoding(self, charset: str) -> None:
        pass


def readable_content_type(application: Any) -> Any:
    """Wraps a WSGI application, so that a Content-Type which Django cannot parse is answered with 415.

    It replaces such a header by a type that no view accepts. Django parses the header while it builds the
    request, and fails with 500 on a parameter such as `x*=nonsense''y` (RFC 2231).
    """

    def wrapper(environ: dict[str, Any], start_response: Any) -> Any:
        try:
            parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        except (ValueError, LookupError):
            environ["CONTENT_TYPE"] = "application/octet-stream"
        return application(environ, start_response)

    return wrapper
