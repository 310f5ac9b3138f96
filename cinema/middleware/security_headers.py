"""Middleware for the headers that tell browsers which origins may call and what a page may load."""

from collections.abc import Callable
from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Of HTML pages. The view of the door allows the camera.
PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=()"


class Cors(CorsMiddleware):
    """django-cors-headers' middleware, turned off if `CORS_ALLOWED_ORIGINS` is empty."""

    def __init__(self, get_response: Any) -> None:
        if not settings.CORS_ALLOWED_ORIGINS:
            raise MiddlewareNotUsed
        super().__init__(get_response)


def content_security_policy(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Sends `settings.CONTENT_SECURITY_POLICY` unless the view set its own policy.

    Pages may use no camera, microphone or location, unless the view set its own `Permissions-Policy`.
    With `DEBUG`, Django's error pages get none, because their styles and scripts are inline.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not (settings.DEBUG and response.status_code in {404, 500}):
            response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return middleware
