"""Adds links to the seat maps, and the button that calls a show off, to the admin of movies and shows.

`cinema.shows` cannot do it itself, because it must not import `cinema.seats`.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html

from cinema.seats.booking import services
from cinema.seats.models import Booking, Hall
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

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.call_off_view)
        return [path("<path:object_id>/call_off/", view, name="shows_show_call_off"), *super().get_urls()]

    def call_off_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Calls a show off after a confirmation."""
        show = self.get_object(request, unquote(object_id))
        if show is None:
            raise Http404
        if not self.has_change_permission(request, show):
            raise PermissionDenied
        return self._catch_problems(self._call_off, request, show)

    def _call_off(self, request: HttpRequest, show: Show) -> HttpResponse:
        if request.method == "POST":
            reason = request.POST.get("reason", "").replace("\x00", "").strip()[:200]
            cancelled = services.call_off(show_id=show.pk, reason=reason)
            done = f"called off, {cancelled} booking{pluralize(cancelled)} cancelled"
            self.log_change(request, show, f"{done[0].upper()}{done[1:]}.")
            messages.success(request, f"{show} was {done}.")
            return HttpResponseRedirect(reverse("admin:shows_show_change", args=[show.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "Call off the show",
            "opts": self.opts,
            "show": show,
            "live_bookings": Booking.objects.live().filter(show=show).count(),
        }
        return TemplateResponse(request, "admin/shows/show/call_off.html", context)
