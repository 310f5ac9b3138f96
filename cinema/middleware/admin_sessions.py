"""Sessions, and what rests on them, are there for the admin alone: the API knows people by their tokens.

So no cookie opens anything of the API, and no call to it pays for them.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class InAdmin:
    """One of Django's middlewares, passed by on all other paths."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/admin/"):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class Session(InAdmin, SessionMiddleware):
    """Who is logged in, by a cookie."""


class Authentication(InAdmin, AuthenticationMiddleware):
    """`request.user`, of the session."""


class Messages(InAdmin, MessageMiddleware):
    """What is told once, on the next page."""
