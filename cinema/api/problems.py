"""Renders every error of every path as RFC 9457 `application/problem+json`, or as a page for browsers.

The body is `{"type", "title", "status", "detail", "code", "request_id"}`. `code` is stable; `problem_types.py`
lists all codes. `request_id` finds the request in the log. Validation errors add `"errors": {field: [texts]}`,
and some problems add members of their own. See https://www.rfc-editor.org/rfc/rfc9457.
"""

import logging
import re
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db import (
    DatabaseError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    connection,
)
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework import exceptions, views
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.serializers import TokenObtainSerializer

from cinema.api.cache_errors import CACHE_ERRORS
from cinema.api.error_pages import error_page, prefers_html
from cinema.api.problem_types import PROBLEM_TYPES
from cinema.api.renderers import to_json
from cinema.api.request_id import HEADER, current, request_id

logger = logging.getLogger(__name__)

# PostgreSQL reports these as InternalError: it ended an idle transaction, or it is a read-only standby.
UNAVAILABLE_SQLSTATES = {"25P03", "25006"}
# A node of a Citus cluster failed. These have the SQLSTATE of internal errors.
FAILED_NODE = re.compile(
    "failure on connection marked as essential|SSL SYSCALL error|connection to the remote node"
)
INTERNAL_SQLSTATE = "XX000"
# "cached plan must not change result type": a migration has altered a column of a prepared statement.
STALE_PLAN_SQLSTATE = "0A000"

MEDIA_TYPE = "application/problem+json"
# The phrases of RFC 9110. Python before 3.13 has older ones for these four.
TITLES = {status.value: status.phrase for status in HTTPStatus} | {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
# The default texts of DRF and simplejwt. The text in `PROBLEM_TYPES` replaces them.
LIBRARY_TEXTS = {
    str(library_exception.default_detail)
    for library_exception in (
        exceptions.ParseError,
        exceptions.NotAuthenticated,
        InvalidToken,
        exceptions.PermissionDenied,
        exceptions.NotFound,
    )
} | {str(TokenObtainSerializer.default_error_messages["no_active_account"])}
# DRF puts values into the texts of these. `PROBLEM_TYPES` adds what the client can do.
WITH_VALUES = exceptions.MethodNotAllowed, exceptions.UnsupportedMediaType


MISSING_ROW = re.compile(r"No (\w+) matches the given query\.")


class Problem(exceptions.APIException):
    """A problem that a view can raise.

    A subclass names its `code`; status and text come from `PROBLEM_TYPES`. A raiser may give a more specific
    `detail`. `extra` are the members that the problem adds to the body. DRF also sends `retry_after` (seconds)
    as the header `Retry-After`.
    """

    code: str
    wait: int | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "code" in cls.__dict__:
            problem_type = PROBLEM_TYPES[cls.code]
            cls.status_code = problem_type.status
            cls.default_code = cls.code
            cls.default_detail = problem_type.text
            cls.wait = problem_type.retry_after_seconds

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.extra = extra
        self.wait = extra.get("retry_after", self.wait)


class Unavailable(Problem):
    code = "unavailable"


class ProblemResponse(HttpResponse):
    """A rendered problem. The metrics count problems by `problem_code`."""

    problem_code: str
    # Django's own attribute: if true, Django does not log the response again.
    _has_been_logged: bool


def problem_response(
    code: str, detail: str | None = None, *, accept: str | None = None, **values: Any
) -> ProblemResponse:
    """Renders a problem outside DRF's views. `values` fill in the `{names}` of the text.

    Raises `KeyError` for an unknown code or a missing value.
    """
    problem_type = PROBLEM_TYPES[code]
    seconds = problem_type.retry_after_seconds
    return render(
        problem_body(problem_type.status, code, detail or problem_type.text.format(**values)),
        {} if seconds is None else {"Retry-After": str(seconds)},
        accept,
    )


def problem_body(status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    """The members of a problem, without its `request_id`."""
    head = {"type": "about:blank", "title": TITLES[status], "status": status}
    return head | {"detail": detail, "code": code} | extra


def render(
    body: dict[str, Any], headers: Mapping[str, str] | None = None, accept: str | None = None
) -> ProblemResponse:
    """Adds the request id to the body, and makes a response of it: HTML if `accept` prefers that, else JSON.

    `accept` is by default the `Accept` header of the current request.
    """
    request = current.get() or HttpRequest()
    body = body | {"request_id": request_id()}
    if prefers_html(request.META.get("HTTP_ACCEPT", "") if accept is None else accept):
        media_type, content = "text/html; charset=utf-8", error_page(body, request)
    else:
        media_type, content = MEDIA_TYPE, to_json(body).decode()
    headers = {**(headers or {}), "Content-Type": media_type, HEADER: body["request_id"]}
    response = ProblemResponse(content, status=body["status"], headers=headers)
    patch_vary_headers(
        response, ["Accept", *(["Accept-Language"] if media_type.startswith("text/html") else [])]
    )
    response.problem_code = body["code"]
    return response


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's `EXCEPTION_HANDLER`: DRF decides status and headers, this function writes the body.

    It bypasses the view's renderers, which could be of another media type. If the database or the cache is
    unavailable, it answers 503. It returns None for all other exceptions: Django logs them and calls
    `server_error`.
    """
    unavailable = is_unavailable(exc)
    if unavailable:
        logger.error("The database or the cache is unavailable or timed out.", exc_info=exc)
        exc = Unavailable()
    response = views.exception_handler(exc, context)
    if response is None:
        return None
    problem = render(_body(exc, response), response.headers)
    problem._has_been_logged = unavailable
    return problem


def is_unavailable(exc: BaseException | None) -> bool:
    """Tells whether the database or the cache is unavailable or timed out."""
    # None for an error that psycopg reports without one; no attribute at all for an error of SQLite.
    sqlstate = getattr(exc.__cause__, "sqlstate", "") if exc else ""
    if isinstance(exc, NotSupportedError) and sqlstate == STALE_PLAN_SQLSTATE:
        # The connection would fail with this statement for as long as it lives.
        connection.close()
        return True
    # libpq reports a lost connection without an SQLSTATE, and then psycopg has no more specific class.
    is_lost = type(exc) is DatabaseError and sqlstate is None
    is_broken = isinstance(exc, (OperationalError, InterfaceError, *CACHE_ERRORS))
    has_failed_node = sqlstate == INTERNAL_SQLSTATE and FAILED_NODE.search(str(exc)) is not None
    is_read_only = isinstance(exc, InternalError) and sqlstate in UNAVAILABLE_SQLSTATES
    return is_lost or is_broken or is_read_only or has_failed_node


def _body(exc: Exception, response: Response) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        return _validation_body(_messages(response.data))
    # simplejwt's exceptions add `code` and `messages` to the data.
    detail = response.data["detail"]
    code = str(response.data.get("code") or getattr(detail, "code", "error"))
    text = str(detail)
    if text in LIBRARY_TEXTS and code in PROBLEM_TYPES:
        text = PROBLEM_TYPES[code].text
    if isinstance(exc, WITH_VALUES):
        text += PROBLEM_TYPES[code].text.removeprefix(str(exc.default_detail))
    # Django's `get_object_or_404` words it in another way than our own exceptions.
    text = MISSING_ROW.sub(lambda match: f"There is no such {_words(match[1])}.", text)
    return problem_body(response.status_code, code, text, **getattr(exc, "extra", {}))


def _words(model_name: str) -> str:
    """`PriceList` as "price list"."""
    return re.sub("(?<!^)(?=[A-Z])", " ", model_name).lower()


def _validation_body(errors: dict[str, list[str]]) -> dict[str, Any]:
    """Uses the first message as `detail`, and adds all of them as `errors`."""
    status, text, *_ = PROBLEM_TYPES["invalid"]
    field, messages = next(iter(errors.items()))
    detail = messages[0] if field == "non_field_errors" else text.format(field=field, message=messages[0])
    return problem_body(status, "invalid", detail, errors=errors)


def _messages(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested error details, flattened to `{"field.inner": [messages]}`."""
    flat: dict[str, list[str]] = {}
    if isinstance(detail, dict):
        for key, value in detail.items():
            inner = path if path and key == "non_field_errors" else f"{path}.{key}" if path else str(key)
            for name, messages in _messages(value, inner).items():
                flat.setdefault(name, []).extend(messages)
    elif isinstance(detail, list):
        for value in detail:
            for name, messages in _messages(value, path).items():
                flat.setdefault(name, []).extend(messages)
    else:
        flat[path or "non_field_errors"] = [str(detail)]
    return flat


# --- Handlers for errors outside DRF's views: see `urls.py` and `CSRF_FAILURE_VIEW` ---------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response("bad_request")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response("permission_denied")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return problem_response("csrf_failed", reason=reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response("not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answers 503 if the database or the cache was unavailable, in the admin for example; else 500."""
    return problem_response("unavailable" if is_unavailable(sys.exc_info()[1]) else "server_error")
