"""Reads the query parameters of lists of shows."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from rest_framework import serializers

from cinema.api.fields import WholeNumberField
from cinema.shows.models import ShowQuerySet
from cinema.shows.screens import existing_spelling
from cinema.shows.serializers import MomentField
from cinema.shows.times import end_of_day, start_of_day


class ShowQuerySerializer(serializers.Serializer):
    upcoming = serializers.BooleanField(required=False, help_text="`true` leaves out shows that have begun.")


class BoundField(MomentField):
    """A bound of a range of start times: a moment, or a day of the cinema."""

    def __init__(self, *, of_day: Callable[[date], datetime], **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.of_day = of_day

    def to_internal_value(self, value: Any) -> datetime:
        with suppress(ValueError):
            return self.of_day(date.fromisoformat(value))
        # In an address, `+` is a space: `T18:00:00+01:00` arrives as `T18:00:00 01:00`.
        return super().to_internal_value(re.sub(r"(?<=T.{5}) |(?<=T.{8}) ", "+", value))


class ProgrammeQuerySerializer(ShowQuerySerializer):
    """Reads which shows of the programme a client wants."""

    date = serializers.DateField(required=False, help_text="A day of the cinema, such as `2031-03-30`.")
    to = BoundField(
        of_day=end_of_day, help_text="Shows that begin before this moment, or up to the end of this day."
    )
    screen = serializers.CharField(
        required=False, max_length=100, help_text="The name of a screen, in any letter case."
    )
    movie = WholeNumberField(required=False, min_value=1, max_value=2**63 - 1, help_text="The id of a movie.")

    def get_fields(self) -> dict[str, Any]:
        # `from` can't be an attribute.
        start = BoundField(
            of_day=start_of_day, help_text="Shows that begin at this moment or on this day, or later."
        )
        return {"from": start, **super().get_fields()}

    def filter(self, shows: ShowQuerySet) -> ShowQuerySet:
        """Raises `ValidationError` for an invalid query."""
        self.is_valid(raise_exception=True)
        wanted = self.validated_data
        if wanted.get("upcoming"):
            shows = shows.upcoming()
        if day := wanted.get("date"):
            shows = shows.filter(date_time__gte=start_of_day(day), date_time__lt=end_of_day(day))
        if "from" in wanted:
            shows = shows.filter(date_time__gte=wanted["from"])
        if "to" in wanted:
            shows = shows.filter(date_time__lt=wanted["to"])
        if "screen" in wanted:
            shows = shows.filter(screen_name=existing_spelling(wanted["screen"]))
        if "movie" in wanted:
            shows = shows.filter(movie=wanted["movie"])
        return shows
