"""What browsers are told: whose scripts may call, and what a page may load."""

from typing import Any

from corsheaders.middleware import CorsMiddleware
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property


class Cors(CorsMiddleware):
    """django-cors-headers', where there is anybody to let in."""

    def __init__(self, get_response: Any) -> None:
        if not settings.CORS_ALLOWED_ORIGINS:
            raise MiddlewareNotUsed
        super().__init__(get_response)


class ContentSecurityPolicy(CSPMiddleware):
    """django-csp's, which puts the policy together for each answer; here that of most is put together once.

    No page of ours has a script inside it, so none is offered a nonce.
    """

    @cached_property
    def usual(self) -> str:
        return build_policy()

    def process_request(self, request: HttpRequest) -> None:
        pass

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if settings.DEBUG or any(name.startswith("_csp") for name in response.__dict__):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.usual)
        return response
