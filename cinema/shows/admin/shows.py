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
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS

from cinema.api.bidi import isolate
from cinema.api.folded_search import FoldedSearchMixin
from cinema.shows.admin.occupancy import OccupancyAdminMixin, OccupancyInlineMixin
from cinema.shows.admin.show_form import ShowForm
from cinema.shows.admin.week import WeekForm
from cinema.shows.messages import problem_message
from cinema.shows.models import Movie, Show
from cinema.shows.screens import lock_programme


class ProblemMessagesMixin(admin.ModelAdmin):
    """Rolls back a change that raises an `APIException`, and shows its detail as a message."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._catch_problems(super().changeform_view, request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._catch_problems(super().delete_view, request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._catch_problems(super().changelist_view, request, *args, **kwargs)

    def _catch_problems(
        self, view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Runs the view in a transaction. After a problem it redirects to the same page with a message."""
        if request.method in SAFE_METHODS:
            return view(request, *args, **kwargs)
        try:
            with transaction.atomic():
                return view(request, *args, **kwargs)
        except APIException as problem:
            reason = problem_message(problem)
        except IntegrityError:
            reason = "Another user changed the same data at the same time. Try again."
        messages.error(request, f"Nothing was changed. {reason}")
        return HttpResponseRedirect(request.get_full_path())


class DeletesShowsMixin(ProblemMessagesMixin):
    """The confirmation of a deletion of shows, or of movies with their shows."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Counts the shows and seats that are deleted too. Django would list thousands of seats."""
        ids = [obj.pk for obj in objs]
        shows = Show.objects.filter(Q(pk__in=ids) if self.model is Show else Q(movie__in=ids))
        counts = {"shows": shows.count(), "seats": sum(shows.values_list("total_seats", flat=True))}
        missing_permissions = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return [str(obj) for obj in objs], counts, missing_permissions, []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        lock_programme()
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        lock_programme()
        super().delete_queryset(request, queryset)


class ShowInline(OccupancyInlineMixin):
    model = Show
    form = ShowForm
    extra = 0
    show_change_link = True
    readonly_fields = ["occupancy"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Show]:
        # The title of each row, `str(show)`, needs the movie.
        return super().get_queryset(request).select_related("movie")


@admin.register(Movie)
class MovieAdmin(FoldedSearchMixin, DeletesShowsMixin):
    list_display = ["title", "duration_minutes"]
    search_fields = ["title_folded__contains"]
    inlines = [ShowInline]


@admin.register(Show)
class ShowAdmin(FoldedSearchMixin, OccupancyAdminMixin, DeletesShowsMixin):
    form = ShowForm
    list_display = ["movie", "screen_name", "date_time", "occupancy"]
    list_filter = ["screen_name", "date_time"]
    list_select_related = ["movie"]
    search_fields = ["movie__title_folded__contains", "screen_folded__contains"]
    date_hierarchy = "date_time"
    autocomplete_fields = ["movie"]
    readonly_fields = ["occupancy"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Ignores a time in the address, because the form's widget fails on a text."""
        return {**super().get_changeform_initial_data(request), "date_time": None}

    def get_urls(self) -> Any:
        week = path("week/", self.admin_site.admin_view(self.week_view), name="shows_show_week")
        return [week, *super().get_urls()]

    def week_view(self, request: HttpRequest) -> HttpResponse:
        """Adds the shows of a week with one form, `WeekForm`."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._catch_problems(self._week_view, request)

    def _week_view(self, request: HttpRequest) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        form: Any = WeekForm(data, initial={"first_day": timezone.localdate() + timedelta(days=1)})
        if form.is_valid():
            try:
                return self._redirect_to_shows(request, form.save())
            except APIException as problem:
                form.add_error(None, problem_message(problem))
        admin_form = AdminForm(form, [(None, {"fields": list(form.fields)})], {}, model_admin=self)
        context = {
            **self.admin_site.each_context(request),
            "title": "Add a week of shows",
            "opts": self.opts,
            "add": True,
            "adminform": admin_form,
            "errors": AdminErrorList(form, []),
            "media": self.media + admin_form.media,
            "has_view_permission": self.has_view_or_change_permission(request),
        }
        return TemplateResponse(request, "admin/shows/show/week.html", context)

    def _redirect_to_shows(self, request: HttpRequest, shows: list[Show]) -> HttpResponse:
        """Logs the added shows, and redirects to the list of their screen's shows."""
        for show in shows:
            self.log_addition(request, show, "Added with a week of shows.")
        screen_name = shows[0].screen_name
        count = f"{len(shows)} show{pluralize(len(shows))}"
        messages.success(request, f"{count} added on {isolate(screen_name)}.")
        if not self.has_view_or_change_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        query = urlencode({"screen_name": screen_name})
        return HttpResponseRedirect(f"{reverse('admin:shows_show_changelist')}?{query}")
