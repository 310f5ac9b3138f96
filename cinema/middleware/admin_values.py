"""Middleware that answers 400, not 500, to values in the admin that Django or the database cannot use."""

import logging
from typing import Any

from django.db import DataError, ProgrammingError
from django.http import HttpRequest, HttpResponse

from cinema.api.problems import problem_response

logger = logging.getLogger(__name__)

# `?pk__in=99999999999999999999` on SQLite, `?pk__range=1`, `?date_time__year=99999`, an action on the id "x".
INVALID_VALUE = (ValueError, OverflowError, IndexError, DataError)


class AdminValues:
    """Handles what an admin page raises for a value in its address or form.

    The admin accepts every lookup of a model's own fields as a filter, and passes many values on without a
    check. The API has no such filters: there, such an exception is a fault of ours.
    """

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Handles exceptions of views and of rendering; returns None for all others."""
        if not (
            request.path_info.startswith("/admin/") and _has_values(request) and _is_invalid_value(exception)
        ):
            return None
        logger.warning("A value was invalid: %s", request.path, exc_info=exception)
        return problem_response("bad_request", "The page cannot use a value in its address or form. Change it.")


def _has_values(request: HttpRequest) -> bool:
    """Tells whether the request has values at all. Without any, the exception is a fault of ours."""
    ids = request.resolver_match.kwargs if request.resolver_match else {}
    return bool(request.GET or request.POST or ids)


def _is_invalid_value(exception: Exception) -> bool:
    """Tells whether a value in the request caused the exception.

    A `ProgrammingError` without SQLSTATE comes from the driver: the statement has too few or too many values.
    """
    sqlstate = getattr(exception.__cause__, "sqlstate", None)
    is_count_of_values = isinstance(exception, ProgrammingError) and sqlstate is None
    return is_count_of_values or isinstance(exception, INVALID_VALUE)
