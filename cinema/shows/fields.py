"""The model field of a show's times, and its form field."""

import re
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cinema.shows.times import from_wall

RELATIVE = re.compile(r"\+(?P<days>[0-9]{1,3})d (?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2})", re.ASCII)


class WallTimeField(forms.SplitDateTimeField):
    """A day and a time by the cinema's clocks. Django's field refuses a time that comes twice."""

    def compress(self, values: Any) -> datetime | None:
        if values and not any(value in self.empty_values for value in values):
            return from_wall(datetime.combine(*values))
        return super().compress(values)


class ShowTimeField(models.DateTimeField):
    """A `DateTimeField` that also reads times relative to today, for fixtures.

    `"+1d 18:30"` is tomorrow at 18:30 by the cinema's clocks. The demo fixture needs this, because its shows
    could not be booked once a fixed date has passed. The database and `dumpdata` have the resulting date and
    time.

    A time without an offset is the cinema's wall time. Raises `ValidationError` for one that does not exist,
    such as `"+1d 25:00"`, or a time that is skipped when clocks are put forward.
    """

    def to_python(self, value: Any) -> Any:
        match = RELATIVE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            with suppress(ValueError):  # Django says what is wrong.
                moment = parse_datetime(value) if isinstance(value, str) else value
                if isinstance(moment, datetime) and timezone.is_naive(moment):
                    return from_wall(moment)
            return super().to_python(value)
        try:
            time_of_day = time(int(match["hours"]), int(match["minutes"]))
        except ValueError as error:
            raise ValidationError(f"There is no such time of day: {value}", code="invalid_time") from error
        day = timezone.localdate() + timedelta(days=int(match["days"]))
        return from_wall(datetime.combine(day, time_of_day))

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**kwargs | {"form_class": WallTimeField})

    def deconstruct(self) -> Any:
        """Shows migrations a plain `DateTimeField`, because the column is one."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs
