"""Makes requests that Django would fail to construct answerable: strange charsets, broken Content-Types."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


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
