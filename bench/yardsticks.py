"""What the service is compared with: a view that does nothing, and a seat map made the usual way."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.seats.models import Seat


def constant(request: HttpRequest) -> HttpResponse:
    """The floor: what the server, Django and the middlewares cost, and nothing else."""
    return HttpResponse(b'{"status":"ok"}', content_type="application/json")


class ArrayByValues(APIView):
    """The seats of a show as most would write it: as many fields of each as the seat map has."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    renderer_classes = [JSONRenderer]

    def get(self, request: Request, show_id: int) -> Response:
        fields = ("number", "label", "row", "column", "x", "y", "category", "accessible", "taken")
        return Response(list(Seat.objects.filter(show=show_id).order_by("number").values(*fields)))
