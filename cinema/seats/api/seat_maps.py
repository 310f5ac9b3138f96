"""API views of the seat map of a show, and of the small part of it that browsers poll."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.api.problems import problem_response
from cinema.api.representation import Representation
from cinema.seats.api.blocks import BlockedSeatsSerializer, BlockSerializer, change_blocks
from cinema.seats.api.seat_map_serializers import AvailabilitySerializer, SeatMapSerializer
from cinema.seats.booking.refusals import no_seats_error
from cinema.seats.exceptions import SeatNotFound
from cinema.seats.models import Seat
from cinema.seats.seat_map.representations import read_availability, read_seat_map
from cinema.shows.exceptions import Archived, ShowArchived, ShowCancelled, ShowNotFound
from cinema.shows.views import PublicReadView


class ETagView(APIView):
    """Answers with an ETag made from the version of the seats.

    A request whose `If-None-Match` has the ETag gets 304, and the body is not built.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Calls `get` without DRF's authentication, parsing and negotiation.

        A public read needs none of them, and they cost more than the answer itself.
        """
        if request.method in ("GET", "HEAD"):
            return self.get(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def represent(self, request: HttpRequest, show_id: int) -> Representation | None:
        raise NotImplementedError

    def get(self, request: HttpRequest, show_id: int) -> HttpResponse:
        raise NotImplementedError

    def respond(self, representation: Representation | None) -> HttpResponse:
        """Answers with the body, or with 304. Without a representation the answer is 404, or 410 for an
        archived show."""
        if representation is None:
            error = no_seats_error(self.kwargs["show_id"])
            return problem_response(error.code, str(error.detail))
        # Answers without a body need `Vary` too, and the middleware that compresses skips them.
        headers = {
            "Cache-Control": "public, max-age=0, must-revalidate",
            "Vary": "Accept-Encoding",
            "ETag": representation.etag,
        }
        if representation.body is None:
            return HttpResponseNotModified(headers=headers)
        return HttpResponse(representation.body, content_type="application/json", headers=headers)


IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of the response that you have."
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    required=True,
    response=[200, 304],
    description="Changes with the response. Send it as `If-None-Match` with the next request.",
)
NOT_MODIFIED = OpenApiResponse(description="The response that you have is still current.")


class SeatMap(PublicReadView, ETagView):
    queryset = Seat.objects.none()
    authentication_classes = list(APIView.authentication_classes)
    patch_is_whole = True  # A change of seats is no part of a seat map, so its fields are required.
    problems = {"GET": [Archived], "PATCH": [ShowNotFound, SeatNotFound, ShowArchived, ShowCancelled]}

    @extend_schema(
        tags=["Seat map"],
        summary="Get the seat map of a show",
        description=(
            "Returns every seat with its position and status. The response is the same for every user. Send "
            "its `ETag` as `If-None-Match` to get 304 while nothing has changed."
        ),
        responses={200: SeatMapSerializer, 304: NOT_MODIFIED},
        parameters=[IF_NONE_MATCH, ETAG],
    )
    def get(self, request: HttpRequest, show_id: int) -> HttpResponse:
        return self.respond(self.represent(request, show_id))

    def represent(self, request: HttpRequest, show_id: int) -> Representation | None:
        return read_seat_map(show_id, request.META.get("HTTP_IF_NONE_MATCH"))

    @extend_schema(
        tags=["Seat map"],
        summary="Take seats out of sale, or put them back (staff)",
        description=(
            "Changes the seats that can be changed, and says which. Needs the permission `seats.change_seat`."
        ),
        request=BlockSerializer,
        responses=BlockedSeatsSerializer,
    )
    def patch(self, request: Request, show_id: int) -> Response:
        return Response(change_blocks(show_id, request.data))


class Availability(ETagView):
    problems = {"GET": [Archived]}

    @extend_schema(
        tags=["Seat map"],
        summary="Get the status of every seat",
        description="Returns the part of the seat map that changes, small enough for polling.",
        responses={200: AvailabilitySerializer, 304: NOT_MODIFIED},
        parameters=[IF_NONE_MATCH, ETAG],
    )
    def get(self, request: HttpRequest, show_id: int) -> HttpResponse:
        return self.respond(self.represent(request, show_id))

    def represent(self, request: HttpRequest, show_id: int) -> Representation | None:
        return read_availability(show_id, request.META.get("HTTP_IF_NONE_MATCH"))
