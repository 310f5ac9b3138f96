"""Pages of the admin for the evening's work: the shows of a day with their sales, and the guests of a show.

Both are also CSV files for spreadsheets, at `?format=csv`.
"""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from cinema.api.csv_files import CsvRenderer, csv_response
from cinema.api.money import format_amount
from cinema.seats.admin.board import board, shows_of_day
from cinema.seats.reports import GUEST_FIELDS, guests
from cinema.shows.models import Show
from cinema.shows.times import format_local

DAY_COLUMNS = (
    "time",
    "movie",
    "screen",
    "status",
    "sold",
    "cancelled",
    "admitted",
    "seats",
    "amount",
    "currency",
)


class DayPagesMixin(admin.ModelAdmin):
    """Adds the pages to the admin of bookings, for staff who may view bookings."""

    def get_urls(self) -> Any:
        pages = [
            path("day/", self.admin_site.admin_view(self.day_view), name="seats_booking_day"),
            path(
                "guests/<id:show_id>/",
                self.admin_site.admin_view(self.guests_view),
                name="seats_booking_guests",
            ),
        ]
        return pages + super().get_urls()

    def day_view(self, request: HttpRequest) -> HttpResponseBase:
        """The shows of the day `?date=`. Without a valid date, the shows of today in the cinema."""
        self._require_view_permission(request)
        try:
            day = date.fromisoformat(request.GET.get("date", ""))
        except ValueError:
            day = timezone.localdate()
        rows = shows_of_day(day)
        if _wants_csv(request):
            return csv_response(f"sales-{day}.csv", DAY_COLUMNS, map(_day_line, rows), for_excel=True)
        context = {
            "title": f"Shows of {day}",
            "day": day,
            "days": {
                name: day + timedelta(days=step)
                for name, step in (("before", -1), ("after", 1))
                if date.min.toordinal() <= day.toordinal() + step <= date.max.toordinal()
            },
            **board(request, self, rows),
        }
        return self._render(request, "admin/seats/day.html", context)

    def guests_view(self, request: HttpRequest, show_id: int) -> HttpResponseBase:
        self._require_view_permission(request)
        show = Show.objects.select_related("movie").filter(pk=show_id).first()
        if show is None:
            raise Http404
        found = guests(show_id)
        if _wants_csv(request):
            lines = (tuple(guest.values()) for guest in found.iterator())
            return csv_response(f"guests-{show_id}.csv", GUEST_FIELDS, lines, for_excel=True)
        rows = list(found.values(*GUEST_FIELDS, "currency"))
        for row in rows:
            row["money"] = format_amount(row["amount"], row["currency"]) if row["currency"] else ""
        context = {
            "title": f"Guests of {show}",
            "show": show,
            "columns": ("Seat", "Name", "Order", "Kind", "Amount", "Booking", "Admitted"),
            "rows": rows,
            "admitted": sum(row["admitted_at"] is not None for row in rows),
        }
        return self._render(request, "admin/seats/guests.html", context)

    def _require_view_permission(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, context)


def _wants_csv(request: HttpRequest) -> bool:
    return request.GET.get("format") == CsvRenderer.format


def _day_line(row: dict[str, Any]) -> tuple[Any, ...]:
    show = row["show"]
    counts = (row[name] for name in ("sold", "cancelled", "admitted", "seats", "amount"))
    return (
        format_local(show.date_time),
        show.movie.title,
        show.screen_name,
        show.status,
        *counts,
        settings.CURRENCY,
    )
