"""Shows in the admin how many seats of each show are taken."""

from functools import cached_property
from typing import Any

from django.contrib.admin import ModelAdmin, TabularInline, display
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from cinema.shows.admin.sent_rows import SentRowsFormSet
from cinema.shows.availability import count_occupied_seats


class OccupancyMixin(BaseModelAdmin):
    """Provides `occupancy` for `list_display` and `readonly_fields`.

    It needs shows that `count_occupied_seats` has counted.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Kept apart from `total_seats`, because an invalid form leaves the submitted total, or none, there.
        return super().get_queryset(request).annotate(saved_total_seats=F("total_seats"))

    @display(description="Occupancy")
    def occupancy(self, show: Any) -> str:
        """A meter of the seats that are not available: taken, held or blocked. Of an archived show, the meter
        counts its live bookings."""
        if show.pk is None:
            return "–"
        occupied = show.saved_total_seats - show.available_seats
        if show.archived:
            occupied = show.live_bookings
        return format_html(
            '<meter min="0" max="{total}" value="{occupied}"></meter> {occupied} of {total} ({percent} %)',
            occupied=occupied,
            total=show.saved_total_seats,
            percent=round(100 * occupied / show.saved_total_seats),
        )


class OccupancyChangeList(ChangeList):
    """Counts the seats of all shows of the page with one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        count_occupied_seats(self.result_list)


class OccupancyAdminMixin(OccupancyMixin, ModelAdmin):
    """`OccupancyMixin` for the list and the form of a `ModelAdmin`."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OccupancyChangeList

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            count_occupied_seats([obj])
        return super().render_change_form(request, context, add, change, form_url, obj)


class OccupancyFormSet(SentRowsFormSet):
    """Counts the seats of all shows of the formset with one query."""

    @cached_property
    def forms(self) -> list[Any]:
        forms = super().forms
        count_occupied_seats([form.instance for form in forms if form.instance.pk is not None])
        return forms


class OccupancyInlineMixin(OccupancyMixin, TabularInline):
    """`OccupancyMixin` for an inline."""

    formset = OccupancyFormSet
