"""Movies and shows in the admin."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminErrorList, AdminForm
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS

from cinema.shows.admin.lookups import LookupErrorsHandled
from cinema.shows.admin.occupancy import OccupancyAdminMixin, OccupancyInlineMixin
from cinema.shows.admin.week import WeekForm
from cinema.shows.models import Movie, Show


class ProblemMessagesMixin(admin.ModelAdmin):
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


class ShowInline(OccupancyInlineMixin):
    model = Show
    extra = 0
    show_change_link = True
    readonly_fields = ["occupancy"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Show]:
        """With the movie, by which each show is called."""
        return super().get_queryset(request).select_related("movie")


@admin.register(Movie)
class MovieAdmin(ProblemMessagesMixin):
    list_display = ["title", "duration_minutes"]
    search_fields = ["title"]
    inlines = [ShowInline]


@admin.register(Show)
class ShowAdmin(OccupancyAdminMixin, LookupErrorsHandled, ProblemMessagesMixin):
    list_display = ["movie", "screen_name", "date_time", "occupancy"]
    list_filter = ["screen_name", "date_time"]
    list_select_related = ["movie"]
    search_fields = ["movie__title", "screen_name"]
    date_hierarchy = "date_time"
    autocomplete_fields = ["movie"]
    readonly_fields = ["occupancy"]

    def get_urls(self) -> Any:
        week = path("week/", self.admin_site.admin_view(self.week_view), name="shows_show_week")
        return [week, *super().get_urls()]

    def week_view(self, request: HttpRequest) -> HttpResponse:
        """Makes the shows of a week by one form (see `week.py`)."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._or_refusal(self._week, request)

    def _week(self, request: HttpRequest) -> HttpResponse:
        sent = request.POST if request.method == "POST" else None
        form: Any = WeekForm(sent, initial={"first_day": timezone.now().date() + timedelta(days=1)})
        if form.is_valid():
            try:
                return self._week_made(request, form.save())
            except APIException as refusal:
                form.add_error(None, _in_words(refusal.detail))
        fields = AdminForm(form, [(None, {"fields": list(form.fields)})], {}, model_admin=self)
        context = {
            **self.admin_site.each_context(request),
            "title": "Add a week of shows",
            "opts": self.opts,
            "add": True,
            "adminform": fields,
            "errors": AdminErrorList(form, []),
            "media": self.media + fields.media,
            "has_view_permission": self.has_view_or_change_permission(request),
        }
        return TemplateResponse(request, "admin/shows/show/week.html", context)

    def _week_made(self, request: HttpRequest, shows: list[Show]) -> HttpResponse:
        for show in shows:
            self.log_addition(request, show, "Added with a week of shows.")
        screen = shows[0].screen_name
        messages.success(request, f"{len(shows)} show{'' if len(shows) == 1 else 's'} made on {screen}.")
        if not self.has_view_or_change_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        shown = urlencode({"screen_name": screen})
        return HttpResponseRedirect(f"{reverse('admin:shows_show_changelist')}?{shown}")
