"""The only error renderer: every error of every path is RFC 9457 `application/problem+json`.

`{"type", "title", "status", "detail", "code", "request_id"}`; `code` is stable and is what a program should
look at; `request_id` leads to its lines in the log. Validation errors add `"errors": {field: [messages]}`; a
refusal may add more (its `extra`). See https://www.rfc-editor.org/rfc/rfc9457.
"""

import json
import logging
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError
from rest_framework import exceptions, views
from rest_framework.response import Response

from cinema.api.request_id import HEADER, request_id

logger = logging.getLogger(__name__)

# PostgreSQL ended a transaction that did nothing for too long; or it is a standby, just before a failover ends.
AWAY_STATES = {"25P03", "25006"}

MEDIA_TYPE = "application/problem+json"
# As RFC 9110 has them; Python before 3.13 has older names for these three.
TITLES = {status.value: status.phrase for status in HTTPStatus} | {
    413: "Content Too Large",
    414: "URI Too Long",
    422: "Unprocessable Content",
}


class BodyTooLarge(exceptions.APIException):
    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body is too large."


class Unavailable(exceptions.APIException):
    status_code = 503
    default_code = "unavailable"
    default_detail = (
        "The service can't reach its data just now. What you asked for may or may not have been done: look, "
        "or try again, with the same Idempotency-Key where you sent one."
    )
    wait = 1


def problem(status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    """The body of one error."""
    about = {"type": "about:blank", "title": TITLES[status], "status": status}
    return about | {"detail": detail, "code": code} | extra


def problem_response(status: int, code: str, detail: str) -> HttpResponse:
    """An error from outside DRF's views."""
    return rendered(problem(status, code, detail))


class ProblemResponse(HttpResponse):
    """An error, which still knows its code: they are counted."""

    problem_code: str
    # Django's own mark: whether it need not log the answer once more.
    _has_been_logged: bool


def rendered(body: dict[str, Any], headers: Mapping[str, str] | None = None) -> ProblemResponse:
    body = body | {"request_id": request_id()}
    headers = {**(headers or {}), "Content-Type": MEDIA_TYPE, HEADER: body["request_id"]}
    response = ProblemResponse(json.dumps(body), status=body["status"], headers=headers)
    response.problem_code = body["code"]
    return response


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's own handler decides status and headers; this one writes the body, past the view's renderers.

    A database or cache that does not answer is 503, to be tried again; any other exception
    is left to Django, which logs it and calls `server_error`.
    """
    away = _is_away(exc)
    if away:
        logger.error("The database or the cache did not answer, or not in time.", exc_info=exc)
        exc = Unavailable()
    response = views.exception_handler(exc, context)
    if response is None:
        return None
    answer = rendered(_body(exc, response), response.headers)
    answer._has_been_logged = away
    return answer


def _is_away(exc: BaseException | None) -> bool:
    """Whether the database or the cache did not answer, or not in time."""
    state = getattr(exc.__cause__, "sqlstate", None) if isinstance(exc, InternalError) else None
    return isinstance(exc, (OperationalError, InterfaceError, RedisError)) or state in AWAY_STATES


def _body(exc: Exception, response: Response) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        errors = _messages(response.data)
        first = next(iter(errors))
        detail = errors[first][0] if first == "non_field_errors" else f"{first}: {errors[first][0]}"
        return problem(response.status_code, "invalid", detail, errors=errors)
    detail = response.data["detail"]  # simplejwt's exceptions carry `code` and `messages` beside it
    code = response.data.get("code") or getattr(detail, "code", "error")
    return problem(response.status_code, str(code), str(detail), **getattr(exc, "extra", {}))


def _messages(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested error details, flattened to `{"field.inner": [messages]}`."""
    flat: dict[str, list[str]] = {}
    if isinstance(detail, dict):
        for key, value in detail.items():
            for where, messages in _messages(value, f"{path}.{key}" if path else str(key)).items():
                flat.setdefault(where, []).extend(messages)
    elif isinstance(detail, list):
        for value in detail:
            for where, messages in _messages(value, path).items():
                flat.setdefault(where, []).extend(messages)
    else:
        flat[path or "non_field_errors"] = [str(detail)]
    return flat


# --- Errors that never reach a DRF view ---------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(400, "bad_request", "The request could not be understood.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(403, "permission_denied", "You do not have permission to perform this action.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return problem_response(403, "csrf_failed", f"CSRF verification failed. {reason}".strip())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(404, "not_found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    exc = sys.exc_info()[1]
    if _is_away(exc):
        # Outside DRF's views, in the admin say; Django logs it.
        response = problem_response(503, Unavailable.default_code, Unavailable.default_detail)
        response["Retry-After"] = str(Unavailable.wait)
        return response
    return problem_response(500, "server_error", "Something went wrong on our side. It has been logged.")
