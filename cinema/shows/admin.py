"""Movies and shows in the admin."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS

from .models import Movie, Show


class RefusalsShown(admin.ModelAdmin):
    """A change that a rule refuses is undone as a whole, and the rule's words are shown."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_refusal(super().changeform_view, request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_refusal(super().delete_view, request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_refusal(super().changelist_view, request, *args, **kwargs)

    def _or_refusal(
        self, view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.method in SAFE_METHODS:
            return view(request, *args, **kwargs)
        try:
            with transaction.atomic():
                return view(request, *args, **kwargs)
        except APIException as refusal:
            reason = _in_words(refusal.detail)
        except IntegrityError:
            reason = "Somebody else changed it at the same time. Try again."
        messages.error(request, f"Nothing was changed. {reason}")
        return HttpResponseRedirect(request.get_full_path())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with them is counted, not listed: a hall has thousands of seats."""
        ids = [thing.pk for thing in objs]
        shows = Show.objects.filter(Q(pk__in=ids) if self.model is Show else Q(movie__in=ids))
        counts = {"shows": shows.count(), "seats": sum(shows.values_list("total_seats", flat=True))}
        needed = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return [str(thing) for thing in objs], counts, needed, []


def _in_words(detail: Any) -> str:
    """A refusal's detail; of a validation error, its messages."""
    inner = detail.values() if isinstance(detail, dict) else detail if isinstance(detail, list) else None
    return str(detail) if inner is None else " ".join(_in_words(part) for part in inner)


class ShowInline(admin.TabularInline):
    model = Show
    extra = 0
    show_change_link = True


@admin.register(Movie)
class MovieAdmin(RefusalsShown):
    list_display = ["title", "duration_minutes"]
    search_fields = ["title"]
    inlines = [ShowInline]


@admin.register(Show)
class ShowAdmin(RefusalsShown):
    list_display = ["movie", "screen_name", "date_time", "how_full"]
    list_filter = ["screen_name", "date_time"]
    list_select_related = ["movie"]
    search_fields = ["movie__title", "screen_name"]
    date_hierarchy = "date_time"
    autocomplete_fields = ["movie"]
    readonly_fields = ["how_full"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Show]:
        # What is in the database: a form under way may hold another total, or none.
        return Show.objects.with_available_seats().annotate(seats_in_all=F("total_seats"))

    @admin.display(description="How full")
    def how_full(self, show: Any) -> str:
        if show.pk is None:
            return "–"
        taken = show.seats_in_all - show.available_seats
        return format_html(
            '<meter min="0" max="{total}" value="{taken}"></meter> {taken} of {total} ({percent} %)',
            taken=taken,
            total=show.seats_in_all,
            percent=round(100 * taken / show.seats_in_all),
        )
