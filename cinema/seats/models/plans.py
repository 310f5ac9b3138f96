"""The seating plan of a screen."""

import json
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models import Q
from rest_framework.exceptions import ValidationError as InvalidInput

from cinema.api.bidi import isolate
from cinema.api.folded_field import FoldedField
from cinema.seats.halls.geometry import Place
from cinema.seats.halls.plan_faults import PlanError
from cinema.seats.halls.plan_json import HallPlan, read_plan
from cinema.seats.halls.plan_text import read_text
from cinema.shows.screens import NOT_VISIBLE, existing_spelling, lock_programme, screen_key


class SeatingPlan(models.Model):
    """The shape of a hall. Shows on this screen get their seats from it (see `halls/plan_json.py`)."""

    # The primary key, so that `loaddata` replaces the plan of a screen.
    screen_name = models.CharField(max_length=100, primary_key=True, validators=[MinLengthValidator(1)])
    screen_folded = FoldedField("screen_name", db_default="")
    plan = models.JSONField(help_text="JSON as pretix's editor writes it, or the text form.")

    class Meta:
        ordering = ["screen_name"]
        constraints = [models.CheckConstraint(condition=~Q(screen_name=""), name="plan_has_screen")]

    def __str__(self) -> str:
        return isolate(self.screen_name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises `ValidationError` for an invalid plan, because the ORM does not call `clean` itself."""
        if not screen_key(self.screen_name):
            raise ValidationError({"screen_name": NOT_VISIBLE})
        self.clean()
        with transaction.atomic():
            lock_programme()
            self.screen_name = existing_spelling(self.screen_name)
            super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.plan is None:
            return  # The field's own validation reports this.
        try:
            self.read()
        except PlanError as error:
            raise ValidationError({"plan": error.faults}) from error

    def read(self) -> HallPlan:
        """The plan's seats and what is drawn beside them. Raises `PlanError`."""
        return read_plan(read_text(self.plan, strict=False) if isinstance(self.plan, str) else self.plan)

    def read_for_show(self) -> HallPlan:
        """Like `read`, but raises DRF's `ValidationError` if the plan has faults.

        Only a plan that bypassed `save`, or that an older version stored, has any.
        """
        try:
            return read_stored_plan(json.dumps(self.plan))
        except PlanError as error:
            name = isolate(self.screen_name)
            message = f"The seating plan of {name} has faults. Correct it first: {error.faults[0]}."
            raise InvalidInput({"screen_name": [message]}) from error

    def places(self) -> list[Place]:
        """The plan's seats in its order, numbered from 1. Raises `PlanError`."""
        return self.read().places


# Without the cache, a form reads the plan for each of hundreds of shows while it locks the programme.
@lru_cache(maxsize=1)
def read_stored_plan(plan_json: str) -> HallPlan:
    return SeatingPlan(plan=json.loads(plan_json)).read()
