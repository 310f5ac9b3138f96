"""The page at `/` and its icon. The page is one HTML document, whose JavaScript uses the public API."""

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView


@method_decorator(cache_control(public=True, max_age=60), name="dispatch")
class Page(TemplateView):
    template_name = "web/index.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            max_seats=settings.HOLD_MAX_SEATS,
            time_zone=settings.TIME_ZONE,
            password_reset=settings.PASSWORD_RESET,
            **kwargs,
        )


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def favicon(request: HttpRequest) -> HttpResponse:
    """Sends the icon of pages that name none, such as the admin. Browsers request it at this fixed path."""
    return HttpResponse(_favicon(), content_type="image/x-icon")


@cache
def _favicon() -> bytes:
    return (Path(__file__).parent / "static" / "web" / "favicon.ico").read_bytes()
