"""The model field of a show's time."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

RELATIVE = re.compile(r"\+(?P<days>[0-9]{1,3})d (?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2})", re.ASCII)


class ShowTimeField(models.DateTimeField):
    """A point in time that a fixture may give relative to the day it is loaded.

    `"+1d 18:30"` is tomorrow at 18:30 UTC. Fixed dates in a fixture go stale, and a show in
    the past can't be booked. What is stored, and dumped, is a plain date and time.

    Raises `ValidationError` for a relative time that does not exist, such as `"+1d 25:00"`.
    """

    def to_python(self, value: Any) -> Any:
        match = RELATIVE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            return super().to_python(value)
        try:
            moment = time(int(match["hours"]), int(match["minutes"]))
        except ValueError as error:
            raise ValidationError(f"There is no such time of day: {value}", code="invalid_time") from error
        today = timezone.now().astimezone(UTC).date()
        return datetime.combine(today + timedelta(days=int(match["days"])), moment, UTC)

    def deconstruct(self) -> Any:
        """Migrations see the plain field that the column is."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs
