"""The model field of a show's time."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

RELATIVE = re.compile(r"\+(?P<days>[0-9]{1,3})d (?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2})", re.ASCII)


class ShowTimeField(models.DateTimeField):
    """A `DateTimeField` that also reads times relative to today, for fixtures.

    `"+1d 18:30"` is tomorrow at 18:30 UTC. The demo fixture needs this, because its shows could not be booked
    once a fixed date has passed. The database and `dumpdata` have the resulting date and time.

    Raises `ValidationError` for a time of day that does not exist, such as `"+1d 25:00"`.
    """

    def to_python(self, value: Any) -> Any:
        match = RELATIVE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            return super().to_python(value)
        try:
            time_of_day = time(int(match["hours"]), int(match["minutes"]))
        except ValueError as error:
            raise ValidationError(f"There is no such time of day: {value}", code="invalid_time") from error
        today = timezone.now().astimezone(UTC).date()
        return datetime.combine(today + timedelta(days=int(match["days"])), time_of_day, UTC)

    def deconstruct(self) -> Any:
        """Shows migrations a plain `DateTimeField`, because the column is one."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs
