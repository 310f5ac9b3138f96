"""The OpenAPI schema, Swagger UI and Redoc. All their files come from this server."""

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular import views
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

# Excludes OPTIONS: DRF would render its response as a page, and fail for want of a template.
READ_ONLY = ["get", "head"]
# Both pages have inline styles. Redoc's search runs in a worker that the page creates from a blob.
INLINE_STYLES_AND_WORKERS = "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:"


class Schema(views.SpectacularAPIView):
    """OpenAPI as YAML, or as JSON with `?format=json`."""

    http_method_names = READ_ONLY

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        if response.status_code == 200:
            response["Cache-Control"] = "public, max-age=60"
        return response


class DocsPage(APIView):
    """Sends a Content-Security-Policy that allows inline styles and workers."""

    http_method_names = READ_ONLY

    @property
    def default_response_headers(self) -> dict[str, str]:
        policy = f"{settings.CONTENT_SECURITY_POLICY}; {INLINE_STYLES_AND_WORKERS}"
        return super().default_response_headers | {"Content-Security-Policy": policy}


class Swagger(DocsPage, views.SpectacularSwaggerSplitView):
    """Swagger UI. The split view loads its script from a URL, so the page needs no inline script.

    Its templates add a language, and dark colors where the visitor prefers them.
    """

    template_name = "swagger.html"
    template_name_js = "swagger.js"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        # Other sites could load this script and read the visitor's CSRF token of the admin. The API needs none.
        response.data["csrf_token"] = ""
        return response


class Redoc(DocsPage, views.SpectacularRedocView):
    """Redoc without the fonts (see the template) and the logo that it would load from other hosts."""

    template_name = "redoc.html"

    @staticmethod
    def _redoc_standalone() -> str:
        return reverse("redoc-script")


class RedocScript(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        headers = {"Cache-Control": "public, max-age=3600"}
        return HttpResponse(_redoc_script(), content_type="text/javascript", headers=headers)


@cache
def _redoc_script() -> bytes:
    path = finders.find("drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js")
    return Path(str(path)).read_bytes().replace(b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:,")
