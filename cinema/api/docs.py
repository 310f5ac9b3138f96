"""The schema and two ways to read it. Nothing is loaded from another host."""

from functools import cache
from pathlib import Path
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from drf_spectacular import views
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

# DRF's answer to OPTIONS would need a page template.
READ_ONLY = ["get", "head"]

# Both pages bring their styles along inside the page; Redoc searches in a worker that it makes itself.
allow_inside = csp_update({"style-src": [SELF, UNSAFE_INLINE], "worker-src": [SELF, "blob:"]})


class Schema(views.SpectacularAPIView):
    """OpenAPI, as YAML, or as JSON with `?format=json`."""

    http_method_names = READ_ONLY


@method_decorator(allow_inside, name="dispatch")
class Swagger(views.SpectacularSwaggerSplitView):
    """Swagger UI. Its script comes from an address of its own, so that the page needs none inside."""

    http_method_names = READ_ONLY

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        # Any page may load a script, and the visitor's token of the admin would stand in it; no call needs it.
        response.data["csrf_token"] = ""
        return response


@method_decorator(allow_inside, name="dispatch")
class Redoc(views.SpectacularRedocView):
    """Redoc, without the fonts (see the template) and the logo that it loads from other hosts."""

    http_method_names = READ_ONLY
    template_name = "redoc.html"

    @staticmethod
    def _redoc_standalone() -> str:
        return reverse("redoc-script")


@cache
def _redoc_script() -> bytes:
    path = finders.find("drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js")
    return Path(str(path)).read_bytes().replace(b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:,")


class RedocScript(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        headers = {"Cache-Control": "public, max-age=3600"}
        return HttpResponse(_redoc_script(), content_type="text/javascript", headers=headers)
