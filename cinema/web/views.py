"""The seat-map page: one document; the rest is JavaScript that calls the public API."""

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.generic import TemplateView


@method_decorator(cache_control(public=True, max_age=60), name="dispatch")
class Page(TemplateView):
    template_name = "web/index.html"
    http_method_names = ["get", "head"]
