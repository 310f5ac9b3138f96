"""API views of the reports for staff, as JSON or CSV: the guests of a show, and what was sold."""

from collections.abc import Iterable
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import generics, mixins, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.api.csv_files import MEDIA_TYPE, CsvRenderer, csv_response
from cinema.api.permissions import StaffPermission
from cinema.api.renderers import JSONRenderer
from cinema.seats.models import Booking
from cinema.seats.reports import GUEST_FIELDS, KEYS, KIND, SALES_FIELDS, guests, sales
from cinema.shows.exceptions import ShowNotFound
from cinema.shows.models import Show
from cinema.shows.query_parameters import ProgrammeQuerySerializer

CSV = (200, MEDIA_TYPE)
JSON = (200, JSONRenderer.media_type)


def csv_file(columns: Iterable[str], row: str) -> OpenApiResponse:
    """Documents a CSV file in the schema."""
    text = f"{','.join(columns)}\r\n{row}\r\n"
    return OpenApiResponse(OpenApiTypes.STR, examples=[OpenApiExample("CSV", text)])


class ReportView(APIView):
    """Answers with JSON, or with CSV for `Accept: text/csv` or `?format=csv`."""

    permission_classes = [StaffPermission]
    required_permission = "seats.view_booking"
    renderer_classes = [JSONRenderer, CsvRenderer]
    http_method_names = ["get", "head", "options"]

    def get_renderers(self) -> list[Any]:
        renderers = super().get_renderers()
        # OPTIONS has no rows.
        return renderers[:1] if self.request and self.request.method == "OPTIONS" else renderers

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.query_params.get("format") not in {None, "", "json", CsvRenderer.format}:
            raise ValidationError({"format": ["Choose json or csv."]})

    def wants_csv(self, request: Request) -> bool:
        return request.accepted_renderer.format == CsvRenderer.format


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A guest",
            {
                "booking": 31,
                "seat_label": "A12",
                "name": "alice",
                "order": "7K3M-Q9XT",
                "kind": "Adult",
                "amount": 1250,
                "admitted_at": None,
            },
        )
    ]
)
class GuestSerializer(serializers.Serializer):
    booking = serializers.IntegerField(help_text="The id of the booking.")
    seat_label = serializers.CharField()
    name = serializers.CharField(
        help_text="Empty if the account was deleted, or for a guest at the till without a name."
    )
    order = serializers.CharField(allow_null=True)
    kind = serializers.CharField(allow_null=True)
    amount = serializers.IntegerField(allow_null=True, help_text="In the smallest unit of the currency.")
    admitted_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, guest: Any) -> Any:
        return guest


class Guests(ReportView, mixins.ListModelMixin, generics.GenericAPIView):
    queryset = Booking.objects.none()
    serializer_class = GuestSerializer
    problems = {"GET": [ValidationError, ShowNotFound]}

    @extend_schema(
        tags=["Reports"],
        summary="List the guests of a show, by seat (staff)",
        description=(
            "The live bookings. CSV has all of them, not a page. Needs the permission `seats.view_booking`."
        ),
        responses={
            JSON: GuestSerializer(many=True),
            CSV: OpenApiResponse(
                OpenApiTypes.STR, examples=[OpenApiExample("A guest", ",".join(GUEST_FIELDS))]
            ),
        },
    )
    def get(self, request: Request, show_id: int) -> HttpResponseBase:
        if not Show.objects.filter(pk=show_id).exists():
            raise ShowNotFound()
        if not self.wants_csv(request):
            return self.list(request)
        rows = (tuple(guest.values()) for guest in guests(show_id).iterator())
        return csv_response(f"guests-{show_id}.csv", GUEST_FIELDS, rows)

    def get_queryset(self) -> Any:
        return guests(self.kwargs["show_id"])


class SalesQuerySerializer(ProgrammeQuerySerializer):
    by = serializers.ChoiceField([*KEYS, KIND], default="day", help_text="What the rows stand for.")


@extend_schema_field({"type": ["string", "integer", "null"], "format": "int64"})
class KeyField(serializers.Field):
    """A day, a name or an id."""

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_serializer(
    many=False,
    examples=[
        OpenApiExample(
            "A day",
            {"key": "2031-03-30", "sold": 96, "cancelled": 4, "admitted": 90, "seats": 120, "amount": 118400},
        )
    ],
)
class SalesSerializer(serializers.Serializer):
    key = KeyField(
        help_text=(
            "The day in the cinema as `2031-03-30`, the id of the movie or show, the name of the screen, or "
            "the kind; null for bookings without a kind."
        )
    )
    sold = serializers.IntegerField(help_text="Live bookings.")
    cancelled = serializers.IntegerField(help_text="Cancelled bookings.")
    admitted = serializers.IntegerField(help_text="Live bookings whose ticket was scanned at the door.")
    seats = serializers.IntegerField(
        allow_null=True, help_text="The seats of these shows together; null by kind, because seats have none."
    )
    amount = serializers.IntegerField(
        help_text="The prices of the live bookings together, in the smallest unit of the currency."
    )


class SalesReport(ReportView):
    problems = {"GET": [ValidationError]}

    @extend_schema(
        tags=["Reports"],
        summary="Count what was sold (staff)",
        description=(
            "Counts the bookings of the shows that begin from `from` to `to`, whenever they were made. Each "
            "row is a day, a movie, a screen, a show or a kind. Needs the permission `seats.view_booking`."
        ),
        parameters=[SalesQuerySerializer],
        responses={
            JSON: SalesSerializer(many=True),
            CSV: csv_file(SALES_FIELDS, "2031-03-30,96,4,90,120,118400"),
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        query = SalesQuerySerializer(data=request.query_params)
        shows = query.filter(Show.objects.all())
        by = query.validated_data["by"]
        rows = sales(shows, by)
        if not self.wants_csv(request):
            return Response(rows)
        return csv_response(f"sales-by-{by}.csv", SALES_FIELDS, (tuple(row.values()) for row in rows))
