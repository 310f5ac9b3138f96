"""The schema and two ways to read it. Nothing is loaded from another host."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular import views
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

# DRF's answer to OPTIONS would need a page template.
READ_ONLY = ["get", "head"]

# Both pages bring their styles along inside the page.
inline_styles = csp_update({"style-src": [SELF, UNSAFE_INLINE]})


class Schema(views.SpectacularAPIView):
    """OpenAPI, as YAML, or as JSON with `?format=json`."""

    http_method_names = READ_ONLY


@method_decorator(inline_styles, name="dispatch")
class Swagger(views.SpectacularSwaggerSplitView):
    """Swagger UI. Its script comes from an address of its own, so that the page needs none inside."""

    http_method_names = READ_ONLY


@method_decorator(inline_styles, name="dispatch")
@method_decorator(csp_update({"worker-src": ["blob:"]}), name="dispatch")
class Redoc(views.SpectacularRedocView):
    """Redoc, from a template without its fonts, which come from another host."""

    http_method_names = READ_ONLY
    template_name = "redoc.html"


class Home(APIView):
    """The front door leads to Swagger."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(status=302, headers={"Location": "/swagger/"})
