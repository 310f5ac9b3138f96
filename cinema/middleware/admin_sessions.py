"""Django's session, authentication and message middleware, limited to `/admin/`.

The API authenticates by token only. So no cookie gives access to it, and its requests don't load a session.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class AdminOnly:
    """Mixin that skips a middleware for all paths outside `/admin/`."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/admin/"):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class Session(AdminOnly, SessionMiddleware):
    """Loads and saves `request.session`."""


class Authentication(AdminOnly, AuthenticationMiddleware):
    """Sets `request.user` from the session."""


class Messages(AdminOnly, MessageMiddleware):
    """Stores messages until the next page shows them."""
