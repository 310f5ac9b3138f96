"""Adds links to the seat maps to the admin of movies and shows.

`cinema.shows` cannot do it itself, because it must not import `cinema.seats`.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from cinema.seats.models import Hall
from cinema.shows.admin.shows import MovieAdmin, ShowAdmin, ShowInline
from cinema.shows.models import Movie, Show


class SeatMapLinkMixin(BaseModelAdmin):
    """Adds the link `seat_map` to shows, for users who may open seat maps."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *self._link_fields(request)]

    def _link_fields(self, request: HttpRequest) -> list[str]:
        halls = self.admin_site.get_model_admin(Hall)
        return ["seat_map"] if halls.has_view_permission(request) else []

    @admin.display(description="Seat map")
    def seat_map(self, show: Show) -> str:
        if show.pk is None:
            return "–"
        return format_html('<a href="{}">Seat map</a>', reverse("admin:seats_hall_change", args=[show.pk]))


class LinkedShowInline(SeatMapLinkMixin, ShowInline):
    pass


admin.site.unregister([Movie, Show])


@admin.register(Movie)
class LinkedMovieAdmin(MovieAdmin):
    inlines = [LinkedShowInline]


@admin.register(Show)
class LinkedShowAdmin(SeatMapLinkMixin, ShowAdmin):
    def get_list_display(self, request: HttpRequest) -> Any:
        return [*super().get_list_display(request), *self._link_fields(request)]
