"""Django's session, authentication and message middleware, limited to `/admin/`.

The API authenticates by token only. So no cookie gives access to it, and its requests don't load a session.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_otp.middleware import OTPMiddleware

from cinema.api.problems import is_unavailable


class AdminOnly:
    """Mixin that skips a middleware for all paths outside `/admin/`."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/admin/"):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class Session(AdminOnly, SessionMiddleware):
    """Loads and saves `request.session`."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        """Raises the database's error if it is unavailable, for 503.

        Django takes every database error while it saves a session for a deleted session, and answers 400.
        """
        try:
            return super().process_response(request, response)
        except SessionInterrupted as interrupted:
            update_error = interrupted.__context__
            error = update_error.__context__ if update_error else None
            if error and is_unavailable(error):
                raise error from error.__cause__
            raise


class Authentication(AdminOnly, AuthenticationMiddleware):
    """Sets `request.user` from the session."""


class SecondFactor(AdminOnly, OTPMiddleware):
    """Sets `request.user.is_verified()`. It is used only with ADMIN_SECOND_FACTOR."""

    def __init__(self, get_response: Any) -> None:
        if not settings.ADMIN_SECOND_FACTOR:
            raise MiddlewareNotUsed
        super().__init__(get_response)


class Messages(AdminOnly, MessageMiddleware):
    """Stores messages until the next page shows them."""
