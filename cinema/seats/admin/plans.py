"""Seating plans in the admin: staff edit or upload them, preview them, and re-layout shows."""

import json
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException

from cinema.api.folded_search import FoldedSearchMixin
from cinema.seats.admin.svg import drawing
from cinema.seats.halls.plan_faults import PlanError
from cinema.seats.halls.plan_json import read_json
from cinema.seats.halls.plan_text import read_text
from cinema.seats.integrity import plan_size
from cinema.seats.layout.relayout import relayout_upcoming_shows
from cinema.seats.models import SeatingPlan
from cinema.shows.messages import problem_message
from cinema.shows.screens import NOT_VISIBLE, existing_spelling, screen_key


class PlanField(forms.CharField):
    """A textarea for a plan, as JSON or in the text form."""

    widget = forms.Textarea(attrs={"rows": 24, "cols": 100, "spellcheck": "false", "wrap": "off"})

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, indent=1, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        return super().clean(value).replace("\r\n", "\n").removeprefix("\ufeff")


def parse_plan(text: str, *, renew_guids: bool = False) -> Any:
    """Returns the value of `SeatingPlan.plan`: the parsed JSON, or the text form unchanged.

    Raises `ValidationError` with the faults of the plan.
    """
    try:
        if text.lstrip().startswith(("{", "[")):
            return read_json(text, renew_guids=renew_guids)
        read_text(text)
    except PlanError as error:
        faults = error.faults
        if error.repeats_guids:
            advice = 'A row that is copied in an editor keeps the guids of its seats. Tick "Renew guids".'
            faults = [*faults, advice]
        raise ValidationError({"plan": faults}) from error
    return text


def plan_drawing(plan: SeatingPlan) -> dict[str, Any]:
    places, layout = plan.read()
    return drawing(places, layout)


class PlanForm(forms.ModelForm):
    plan = PlanField(
        required=False, strip=False, help_text="JSON from pretix's seating plan editor, or the text form."
    )
    file = forms.FileField(required=False, help_text="Or a file with either. It replaces the text above.")
    renew_guids = forms.BooleanField(
        required=False,
        label="Renew guids",
        help_text="Give a new guid to each seat whose guid an earlier seat has, as in a copied row.",
    )

    class Meta:
        model = SeatingPlan
        fields = ["screen_name", "plan"]

    def clean_screen_name(self) -> str:
        name = self.cleaned_data["screen_name"]
        if not screen_key(name):
            raise ValidationError(NOT_VISIBLE)
        return existing_spelling(name)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text = cleaned.pop("plan", "")
        if file := cleaned.get("file"):
            try:
                text = file.read().decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise ValidationError({"file": "The file is not UTF-8. Upload it in UTF-8."}) from error
        if not text.strip():
            raise ValidationError({"plan": "Enter a plan, or upload a file with a plan."})
        cleaned["plan"] = parse_plan(text, renew_guids=cleaned.get("renew_guids", False))
        if not self.errors and "_preview" in self.data:
            self.drawing = plan_drawing(SeatingPlan(plan=cleaned["plan"]))
            raise ValidationError("The plan is not saved yet. See the drawing below, then save.")
        return cleaned


@admin.register(SeatingPlan)
class SeatingPlanAdmin(FoldedSearchMixin):
    form = PlanForm
    list_display = ["screen_name", "seats"]
    search_fields = ["screen_folded__contains"]
    actions = ["relayout"]
    change_form_template = "admin/seats/plan_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Locks the screen name, because it is the primary key: changing it would add a second plan."""
        return ["screen_name"] if obj else []

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        form = context["adminform"].form
        if hasattr(form, "drawing"):
            context["drawing"] = form.drawing
        elif context.get("original"):
            # Staff correct a stored plan that has faults on its page, which then has no drawing.
            with suppress(PlanError):
                context["drawing"] = plan_drawing(SeatingPlan.objects.get(pk=context["original"].pk))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Seats")
    def seats(self, plan: SeatingPlan) -> int | str:
        return plan_size(plan)

    @admin.action(description="Re-layout the upcoming shows of these screens", permissions=["change"])
    def relayout(self, request: HttpRequest, plans: QuerySet[SeatingPlan]) -> None:
        for plan in plans:
            try:
                planned = plan.read_for_show()
            except APIException as problem:
                self.message_user(request, problem_message(problem), messages.ERROR)
                continue
            for show, report in relayout_upcoming_shows(plan.screen_name, planned):
                self.message_user(request, f"{show}: {report}")
