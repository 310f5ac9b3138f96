"""Movies and shows in the admin."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminErrorList, AdminForm
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction
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
from cinema.api.problems import is_unavailable
from cinema.shows.admin.occupancy import OccupancyAdminMixin, OccupancyInlineMixin
from cinema.shows.admin.sent_rows import SentRowsFormSet
from cinema.shows.admin.show_form import ShowForm
from cinema.shows.admin.week import CopyWeekForm, ShowsForm, WeekForm
from cinema.shows.exceptions import join_first
from cinema.shows.messages import problem_message
from cinema.shows.models import Movie, Price, PriceList, Show
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
        except (IntegrityError, InternalError) as error:
            # On a Citus cluster, a check that another node makes fails as an internal error.
            if isinstance(error, InternalError) and not is_unavailable(error):
                raise
            reason = "Another user changed the same data at the same time. Try again."
        messages.error(request, f"Nothing was changed. {reason}")
        return HttpResponseRedirect(request.get_full_path())


class DeletesShowsMixin(ProblemMessagesMixin):
    """The confirmation of a deletion of shows, or of movies with their shows."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Counts the shows and seats that are deleted too. Django would list thousands of seats."""
        ids = [obj.pk for obj in objs]
        shows = Show.objects.filter(Q(pk__in=ids) if self.model is Show else Q(movie__in=ids))
        counts = {
            "shows": shows.count(),
            "seats": sum(shows.filter(archived=False).values_list("total_seats", flat=True)),
        }
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
    readonly_fields = ["status", "occupancy"]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "price_list" and field:
            field.choices = list(field.choices)  # One query instead of one for each row.
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[Show]:
        # The title of each row, `str(show)`, needs the movie.
        return super().get_queryset(request).select_related("movie")


@admin.register(Movie)
class MovieAdmin(FoldedSearchMixin, DeletesShowsMixin):
    list_display = ["title", "duration_minutes"]
    search_fields = ["title_folded__contains"]
    inlines = [ShowInline]


class PriceInline(admin.TabularInline):
    model = Price
    formset = SentRowsFormSet
    extra = 0
    min_num = 1
    validate_min = True


@admin.register(PriceList)
class PriceListAdmin(ProblemMessagesMixin):
    list_display = ["name"]
    search_fields = ["name"]
    inlines = [PriceInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.number_kinds()


@admin.register(Show)
class ShowAdmin(FoldedSearchMixin, OccupancyAdminMixin, DeletesShowsMixin):
    form = ShowForm
    list_display = ["movie", "screen_name", "date_time", "status", "occupancy"]
    list_filter = ["status", "screen_name", "date_time", "archived"]
    list_select_related = ["movie"]
    search_fields = ["movie__title_folded__contains", "screen_folded__contains"]
    date_hierarchy = "date_time"
    autocomplete_fields = ["movie"]
    readonly_fields = ["status", "cancel_reason", "occupancy", "archived"]

    def has_change_permission(self, request: HttpRequest, obj: Show | None = None) -> bool:
        """An archived show is shown without a form, because it can't be changed."""
        return super().has_change_permission(request, obj) and not (obj and obj.archived)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Ignores a time in the address, because the form's widget fails on a text."""
        return {**super().get_changeform_initial_data(request), "date_time": None}

    def get_urls(self) -> Any:
        admin_view = self.admin_site.admin_view
        week = path("week/", admin_view(self.week_view), name="shows_show_week")
        copy_week = path("copy-week/", admin_view(self.copy_week_view), name="shows_show_copy_week")
        return [week, copy_week, *super().get_urls()]

    def week_view(self, request: HttpRequest) -> HttpResponse:
        """Adds the shows of a week with one form, `WeekForm`."""
        first_day = timezone.localdate() + timedelta(days=1)
        return self._add_shows(request, WeekForm, {"first_day": first_day}, "Add a week of shows")

    def copy_week_view(self, request: HttpRequest) -> HttpResponse:
        """Copies the shows of a week with one form, `CopyWeekForm`. It begins with the present week."""
        today = timezone.localdate()
        monday = today - timedelta(days=today.weekday())
        return self._add_shows(request, CopyWeekForm, {"from_day": monday}, "Copy a week of shows")

    def _add_shows(
        self, request: HttpRequest, form_class: type[ShowsForm], initial: dict[str, Any], title: str
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._catch_problems(self._shows_view, request, form_class, initial, title)

    def _shows_view(
        self, request: HttpRequest, form_class: type[ShowsForm], initial: dict[str, Any], title: str
    ) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        form: Any = form_class(data, initial=initial)
        if form.is_valid():
            try:
                return self._redirect_to_shows(request, form.save())
            except APIException as problem:
                form.add_error(None, problem_message(problem))
        admin_form = AdminForm(form, [(None, {"fields": list(form.fields)})], {}, model_admin=self)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "add": True,
            "adminform": admin_form,
            "errors": AdminErrorList(form, []),
            "media": self.media + admin_form.media,
            "has_view_permission": self.has_view_or_change_permission(request),
        }
        return TemplateResponse(request, "admin/shows/show/week.html", context)

    def _redirect_to_shows(self, request: HttpRequest, shows: list[Show]) -> HttpResponse:
        """Logs the added shows, and redirects to the list of shows on their screens."""
        for show in shows:
            self.log_addition(request, show, "Added with a week of shows.")
        screens = sorted({show.screen_name for show in shows})
        count = f"{len(shows)} show{pluralize(len(shows))}"
        messages.success(request, f"{count} added on {join_first([isolate(name) for name in screens])}.")
        if not self.has_view_or_change_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        query = {"screen_name": screens[0]}
        if len(screens) > 1:
            times = [show.date_time for show in shows]
            query = {"date_time__gte": str(min(times)), "date_time__lte": str(max(times))}
        return HttpResponseRedirect(f"{reverse('admin:shows_show_changelist')}?{urlencode(query)}")
