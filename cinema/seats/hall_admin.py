"""Halls in the admin, drawn: the seat map of a show, where staff block seats, and seating plans."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from cinema.shows.models import Show

from .drawing import drawing
from .models import Hall, Seat, SeatingPlan
from .plan_text import read_text
from .plans import PlanError, read_json
from .relay import relay_future_shows
from .seat_map import seat_map, status


@admin.register(Hall)
class HallAdmin(admin.ModelAdmin):
    """The seats of a show on the map of their hall; ticked ones are taken out of sale, or given back."""

    list_display = ["movie", "screen_name", "date_time", "total_seats"]
    list_filter = ["screen_name", "date_time"]
    list_select_related = ["movie"]
    search_fields = ["movie__title", "screen_name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> Any:
        show = self.get_object(request, unquote(object_id or ""))
        if show is None:
            raise Http404
        if not self.has_view_or_change_permission(request, show):
            raise PermissionDenied
        if request.method == "POST":
            return self._act(request, show)
        seats: Any = list(Seat.objects.filter(show=show).with_held().order_by("number"))
        for seat in seats:
            seat.status = status(seat.taken, seat.blocked, seat.held)
            seat.note = seat.block_reason
        context = {
            **self.admin_site.each_context(request),
            "title": f"Seats of {show}",
            "show": show,
            "drawing": drawing(seats),
            "counts": seat_map(show)["counts"],
            "may_change": self.has_change_permission(request, show),
        }
        return TemplateResponse(request, "admin/seats/hall.html", context)

    @transaction.atomic
    def _act(self, request: HttpRequest, show: Show) -> HttpResponse:
        if not self.has_change_permission(request, show):
            raise PermissionDenied
        ticked = [
            int(number) for number in request.POST.getlist("seats") if number.isdecimal() and len(number) < 7
        ]
        seats = Seat.objects.filter(show=show, number__in=ticked)
        # Locked in the order of their numbers, as everybody does who wants several.
        list(seats.select_for_update().order_by("number").values_list("number"))
        if request.POST.get("act") == "block":
            reason = request.POST.get("reason", "").replace("\x00", "").strip()
            done, what = seats.block(reason[:200]), "blocked"
        elif request.POST.get("act") == "unblock":
            done, what = seats.unblock(), "given back"
        else:
            return HttpResponseRedirect(request.get_full_path())
        if done < len(ticked):
            left = len(ticked) - done
            messages.warning(
                request, f"{left} of the ticked seats could not be {what}: sold, held, or so already."
            )
        messages.success(request, f"{done} seat{'' if done == 1 else 's'} {what}.")
        self.log_change(request, show, f"{done} seats {what}: {ticked}")
        return HttpResponseRedirect(request.get_full_path())


class PlanField(forms.CharField):
    """A plan as JSON or in the text form; what is wrong with it is said with its path."""

    widget = forms.Textarea(attrs={"rows": 24, "cols": 100, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, indent=1, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        text = super().clean(value).replace("\r\n", "\n").removeprefix("\ufeff")
        return read_plan(text) if text.strip() else None


def read_plan(text: str) -> Any:
    """A JSON plan as what it says, a text as it is. Raises `ValidationError` for a plan that can't be used."""
    try:
        if text.lstrip().startswith(("{", "[")):
            return read_json(text)
        read_text(text)
    except PlanError as error:
        raise ValidationError(error.faults) from error
    return text


class PlanForm(forms.ModelForm):
    plan = PlanField(
        required=False, strip=False, help_text="JSON as pretix's editor writes it, or the text form."
    )
    file = forms.FileField(required=False, help_text="Or a file with either; it goes before the text above.")

    class Meta:
        model = SeatingPlan
        fields = ["screen_name", "plan"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if file := cleaned.get("file"):
            try:
                cleaned["plan"] = read_plan(file.read().decode("utf-8-sig"))
            except UnicodeDecodeError as error:
                raise ValidationError({"file": "The file is not UTF-8."}) from error
        if not self.errors and not cleaned.get("plan"):
            raise ValidationError({"plan": "Give a plan, or a file with one."})
        if not self.errors and "_preview" in self.data:
            self.drawing = drawing(SeatingPlan(plan=cleaned["plan"]).places())
            raise ValidationError("Not saved yet: the hall is drawn below.")
        return cleaned


@admin.register(SeatingPlan)
class SeatingPlanAdmin(admin.ModelAdmin):
    form = PlanForm
    list_display = ["screen_name", "seats"]
    search_fields = ["screen_name"]
    actions = ["relay"]
    change_form_template = "admin/seats/plan_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The screen is the plan's key: another screen is another plan."""
        return ["screen_name"] if obj else []

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        form = context["adminform"].form
        if hasattr(form, "drawing"):
            context["drawing"] = form.drawing
        elif context.get("original"):
            context["drawing"] = drawing(SeatingPlan.objects.get(pk=context["original"].pk).places())
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Seats")
    def seats(self, plan: SeatingPlan) -> int:
        return len(plan.places())

    @admin.action(description="Re-lay the shows of these screens that have not begun", permissions=["change"])
    def relay(self, request: HttpRequest, plans: QuerySet[SeatingPlan]) -> None:
        for plan in plans:
            for show, report in relay_future_shows(plan.screen_name, plan.places()):
                self.message_user(request, f"{show}: {report}")
