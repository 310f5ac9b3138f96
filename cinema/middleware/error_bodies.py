"""Middleware that gives a problem+json body to every error response that has none."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cinema.api.problems import TITLES, problem, rendered


def error_bodies(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """A middleware, the outermost: an error that comes from elsewhere without a body gets one."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code < 400 or getattr(response, "content", None):
            return response
        code = {405: "method_not_allowed"}.get(response.status_code, "error")
        detail = f"{TITLES[response.status_code]}."
        headers = {name: value for name, value in response.items() if name != "Content-Length"}
        return rendered(problem(response.status_code, code, detail), headers)

    return middleware
