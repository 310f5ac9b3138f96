"""The form that adds a week of shows: one movie on one screen, at the same times every day."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelect
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import APIException

from cinema.shows.exceptions import ScreenBusy, join_first
from cinema.shows.limits import MAX_SEATS
from cinema.shows.messages import problem_message
from cinema.shows.models import Movie, Show
from cinema.shows.programme import clashes_with
from cinema.shows.screens import (
    existing_spelling,
    lock_programme,
    no_plan_message,
    planned_seat_count,
)
from cinema.shows.times import format_local, from_wall

MAX_DAYS = 31
MAX_TIMES = 20
# One transaction inserts the seats of all shows, and on SQLite buyers wait until it ends.
MAX_SEATS_PER_FORM = 500_000
# Far below `date.max`, so that the days after it are valid dates too.
MAX_FIRST_DAY = date(9000, 1, 1)
TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


class MovieField(forms.ModelChoiceField):
    """A movie, selected by autocomplete."""

    widget = AutocompleteSelect(Show._meta.get_field("movie"), admin.site)

    def prepare_value(self, value: Any) -> Any:
        """Returns None for an invalid value, because the widget queries the value and fails if it is no id."""
        try:
            return super().prepare_value(self.to_python(value))
        except ValidationError:
            return None


class TimesField(forms.CharField):
    """Times of day separated by commas. The cleaned value is a sorted list of `time`."""

    def clean(self, value: Any) -> Any:
        words = [word.strip() for word in super().clean(value).split(",") if word.strip()]
        matches = [(word, TIME.fullmatch(word)) for word in words]
        if invalid := [word for word, match in matches if match is None]:
            raise ValidationError(f"Not a time of day: {join_first(invalid)}. Write times like 14:00, 17:30.")
        times = sorted(time(int(match[1]), int(match[2])) for _, match in matches if match)
        if repeated := sorted({f"{start:%H:%M}" for start in times if times.count(start) > 1}):
            raise ValidationError(f"Given more than once: {join_first(repeated)}. Give each time once.")
        if not 1 <= len(times) <= MAX_TIMES:
            raise ValidationError(f"Give 1 to {MAX_TIMES} times, not {len(times)}.")
        return times


class WeekForm(forms.Form):
    movie = MovieField(Movie.objects.all())
    screen_name = forms.CharField(max_length=100)
    total_seats = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_SEATS,
        help_text="Leave empty if the screen has a seating plan. The shows then have the seats of the plan.",
    )
    first_day = forms.DateField(widget=AdminDateWidget, validators=[MaxValueValidator(MAX_FIRST_DAY)])
    days = forms.IntegerField(min_value=1, max_value=MAX_DAYS, initial=7)
    times = TimesField(
        max_length=200,
        help_text="The start times of each day by the cinema's clocks, for example 14:00, 17:30, 20:15.",
    )

    def clean_screen_name(self) -> str:
        """Locks the programme until the shows are saved.

        A second submission of the form waits for the lock, and then fails because the shows clash with the
        shows of the first.
        """
        lock_programme()
        return existing_spelling(self.cleaned_data["screen_name"])

    def clean_total_seats(self) -> int | None:
        total_seats: int | None = self.cleaned_data["total_seats"]
        screen_name = self.cleaned_data.get("screen_name")
        if total_seats is not None or screen_name is None:
            return total_seats
        try:
            planned = planned_seat_count(screen_name)
        except APIException as problem:
            raise ValidationError(problem_message(problem)) from problem
        if planned is None:
            raise ValidationError(no_plan_message(screen_name))
        return planned

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.shows = list(self._build_shows())
            except ValidationError as error:
                self.add_error("times", error)
        if not self.errors:
            self._check_seat_limit()
            self._check_past()
        if not self.errors:
            self._check_clashes()
        return cleaned

    def save(self) -> list[Show]:
        """Saves all shows in one transaction. Saving a show inserts its seats, or raises an `APIException`."""
        with transaction.atomic():
            for show in self.shows:
                show.save()
        return self.shows

    def _build_shows(self) -> Iterator[Show]:
        """Yields the unsaved shows in the order of their times."""
        data = self.cleaned_data
        fields = {name: data[name] for name in ("movie", "screen_name", "total_seats")}
        for day in range(data["days"]):
            for start_time in data["times"]:
                date_time = from_wall(datetime.combine(data["first_day"] + timedelta(days=day), start_time))
                yield Show(date_time=date_time, **fields)

    def _check_seat_limit(self) -> None:
        seats = sum(show.total_seats for show in self.shows)
        if seats > MAX_SEATS_PER_FORM:
            message = f"{seats} seats are too many, the limit is {MAX_SEATS_PER_FORM}. Add fewer shows at once."
            self.add_error("total_seats", message)

    def _check_past(self) -> None:
        now = timezone.now()
        if past := [_start(show) for show in self.shows if show.date_time <= now]:
            self.add_error("first_day", f"In the past: {join_first(past)}. Choose a later day.")

    def _check_clashes(self) -> None:
        if clashes := list(clashes_with(self.shows)):
            self.add_error("times", str(ScreenBusy(clashes).detail))


def _start(show: Show) -> str:
    return format_local(show.date_time)
