"""Middleware that gives a body to every error response that has none."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cinema.api.problem_types import PROBLEM_TYPES
from cinema.api.problems import TITLES, problem_body, render


def error_bodies(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Adds the body and keeps the headers.

    Django answers 405 without a body, and WhiteNoise 416, which has no code of its own: its code is `error`.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        status = response.status_code
        if status < 400 or getattr(response, "content", None):
            return response
        code, detail = "error", f"{TITLES[status]}."
        if status == 405:
            code = "method_not_allowed"
            detail = PROBLEM_TYPES[code].text.format(method=request.method)
        headers = {name: value for name, value in response.items() if name != "Content-Length"}
        return render(problem_body(status, code, detail), headers)

    return middleware
