"""The page at `/`: one HTML document, whose JavaScript gets all data from the public API."""

from typing import Any

from django.conf import settings
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.generic import TemplateView


@method_decorator(cache_control(public=True, max_age=60), name="dispatch")
class Page(TemplateView):
    template_name = "web/index.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(max_seats=settings.HOLD_MAX_SEATS, **kwargs)
