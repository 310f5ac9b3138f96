"""The forms that add many shows at once: one movie on one screen for a week, and a copy of a whole week."""

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
from cinema.shows.models import Movie, PriceList, Show
from cinema.shows.programme import clashes_with
from cinema.shows.screens import (
    existing_spelling,
    lock_programme,
    no_plan_message,
    planned_seat_count,
)
from cinema.shows.times import format_local, from_wall, move_days, start_of_day

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


class ShowsForm(forms.Form):
    """Adds all shows of `build_shows`, or none. The attributes name the fields that get the errors."""

    day_field = "first_day"
    times_field = "times"
    seats_field = "total_seats"

    def build_shows(self) -> list[Show]:
        """Returns the unsaved shows. Raises `ValidationError`."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.shows = self.build_shows()
            except ValidationError as error:
                self.add_error(self.times_field, error)
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

    def _check_seat_limit(self) -> None:
        seats = sum(show.total_seats for show in self.shows)
        if seats > MAX_SEATS_PER_FORM:
            message = f"{seats} seats are too many, the limit is {MAX_SEATS_PER_FORM}. Add fewer shows at once."
            self.add_error(self.seats_field, message)

    def _check_past(self) -> None:
        now = timezone.now()
        if past := [_start(show) for show in self.shows if show.date_time <= now]:
            self.add_error(self.day_field, f"In the past: {join_first(past)}. Choose a later day.")

    def _check_clashes(self) -> None:
        if clashes := list(clashes_with(self.shows)):
            self.add_error(self.times_field, str(ScreenBusy(clashes).detail))


class WeekForm(ShowsForm):
    movie = MovieField(Movie.objects.all())
    screen_name = forms.CharField(max_length=100)
    total_seats = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_SEATS,
        help_text="Leave empty if the screen has a seating plan. The shows then have the seats of the plan.",
    )
    price_list = forms.ModelChoiceField(PriceList.objects.all(), required=False)
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
        planned = _planned_seat_count(screen_name)
        if planned is None:
            raise ValidationError(no_plan_message(screen_name))
        return planned

    def build_shows(self) -> list[Show]:
        """Returns the shows in the order of their times."""
        return list(self._shows_of_days())

    def _shows_of_days(self) -> Iterator[Show]:
        data = self.cleaned_data
        fields = {name: data[name] for name in ("movie", "screen_name", "total_seats", "price_list")}
        for day in range(data["days"]):
            for start_time in data["times"]:
                date_time = from_wall(datetime.combine(data["first_day"] + timedelta(days=day), start_time))
                yield Show(date_time=date_time, **fields)


class CopyWeekForm(ShowsForm):
    """Copies the shows of seven days to other days, by the cinema's clocks."""

    day_field = times_field = seats_field = "to_day"

    from_day = forms.DateField(
        label="Copy the week from",
        widget=AdminDateWidget,
        validators=[MaxValueValidator(MAX_FIRST_DAY)],
        help_text="The first of seven days.",
    )
    to_day = forms.DateField(
        label="To the week from",
        required=False,
        widget=AdminDateWidget,
        validators=[MaxValueValidator(MAX_FIRST_DAY)],
        help_text="The same day of the week. Leave empty for the week after.",
    )

    def clean_to_day(self) -> date | None:
        first, to_day = self.cleaned_data.get("from_day"), self.cleaned_data["to_day"]
        if first is None:
            return None
        to_day = to_day or first + timedelta(days=7)
        if to_day.weekday() != first.weekday():
            raise ValidationError(f"Choose a {first:%A}, so that all shows keep their day of the week.")
        return to_day

    def build_shows(self) -> list[Show]:
        """Locks the programme until the shows are saved, so that no movie or show changes before."""
        lock_programme()
        first = self.cleaned_data["from_day"]
        week = start_of_day(first), start_of_day(first + timedelta(days=7))
        days = (self.cleaned_data["to_day"] - first).days
        shows = (
            Show.objects.scheduled()
            .select_related("movie")
            .filter(date_time__gte=week[0], date_time__lt=week[1])
        )
        if not shows:
            raise ValidationError(f"There are no shows in the seven days from {first}. Choose another week.")
        totals = {name: _planned_seat_count(name) for name in {show.screen_name for show in shows}}
        copies, errors = [], []
        for show in shows:
            try:
                copies.append(_copy(show, days, totals[show.screen_name] or show.total_seats))
            except ValidationError as error:
                errors.append(f"{show}: {error.message}")
        if errors:
            raise ValidationError(join_first(errors, " "))
        return copies


def _copy(show: Show, days: int, total_seats: int) -> Show:
    """Returns the unsaved show of some days later. Raises `ValidationError` for times that the clocks skip."""
    return Show(
        movie=show.movie,
        screen_name=show.screen_name,
        date_time=move_days(show.date_time, days),
        format=show.format,
        on_sale_from=show.on_sale_from and move_days(show.on_sale_from, days),
        price_list_id=show.price_list_id,
        total_seats=total_seats,
    )


def _planned_seat_count(screen_name: str) -> int | None:
    """Like `planned_seat_count`, but raises Django's `ValidationError`."""
    try:
        return planned_seat_count(screen_name)
    except APIException as problem:
        raise ValidationError(problem_message(problem)) from problem


def _start(show: Show) -> str:
    return format_local(show.date_time)
