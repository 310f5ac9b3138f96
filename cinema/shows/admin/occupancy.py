"""How full shows are, at a glance in the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html


class OccupancyAdminMixin(BaseModelAdmin):
    """Has `occupancy`, for a list or a form, counted in the query of the shows themselves."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        shows: Any = super().get_queryset(request)
        # What is in the database: a form under way may hold another total, or none.
        return shows.with_available_seats().annotate(seats_in_all=F("total_seats"))

    @admin.display(description="How full")
    def occupancy(self, show: Any) -> str:
        if show.pk is None:
            return "–"
        taken = show.seats_in_all - show.available_seats
        return format_html(
            '<meter min="0" max="{total}" value="{taken}"></meter> {taken} of {total} ({percent} %)',
            taken=taken,
            total=show.seats_in_all,
            percent=round(100 * taken / show.seats_in_all),
        )
