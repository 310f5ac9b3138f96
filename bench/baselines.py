"""Views that the service is compared with: a constant view, and a seat map written the usual way."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.seats.models import Seat


def constant(request: HttpRequest) -> HttpResponse:
    """Returns a fixed body: the least that the server, Django and the middleware cost."""
    return HttpResponse(b'{"status":"ok"}', content_type="application/json")


class ValuesArray(APIView):
    """The seats of a show as `values()` returns them, with as many fields per seat as the seat map has."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    renderer_classes = [JSONRenderer]

    def get(self, request: Request, show_id: int) -> Response:
        fields = ("number", "label", "row", "column", "x", "y", "category", "accessible", "taken")
        return Response(list(Seat.objects.filter(show=show_id).order_by("number").values(*fields)))
