"""The form that adds a week of shows: one movie on one screen, at the same times every day."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelect
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from cinema.shows.limits import MAX_MINUTES, MAX_SEATS
from cinema.shows.models import Movie, Show

MAX_DAYS = 31
MAX_TIMES = 20
# One transaction inserts the seats of all shows, and on SQLite buyers wait until it ends.
MAX_SEATS_PER_FORM = 500_000
# An error message lists at most this many values.
MAX_LISTED = 5
# Far below `date.max`, so that the days after it are valid dates too.
MAX_FIRST_DAY = date(9000, 1, 1)
TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")

# Asks for the number of seats of `screen_name`. A receiver returns it, or None if it does not know the screen.
# A signal, because `cinema.shows` must not import the seating plans of `cinema.seats`.
seat_count_requested = Signal()


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
            raise ValidationError(f"Not a time of day: {_shorten(invalid)}. Write times like 14:00, 17:30.")
        times = sorted(time(int(match[1]), int(match[2])) for _, match in matches if match)
        if repeated := sorted({f"{start:%H:%M}" for start in times if times.count(start) > 1}):
            raise ValidationError(f"Given more than once: {_shorten(repeated)}. Give each time once.")
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
        max_length=200, help_text="The start times of each day in UTC, for example 14:00, 17:30, 20:15."
    )

    def clean_movie(self) -> Movie:
        """Locks the movie until the shows are saved.

        A second submission of the form waits for the lock, and then fails because the shows clash with the
        shows of the first.
        """
        movie: Movie = self.cleaned_data["movie"]
        list(Movie.objects.select_for_update(no_key=True).filter(pk=movie.pk).values_list("pk"))
        return movie

    def clean_total_seats(self) -> int | None:
        total_seats: int | None = self.cleaned_data["total_seats"]
        screen_name = self.cleaned_data.get("screen_name")
        if total_seats is not None or screen_name is None:
            return total_seats
        responses: Any = seat_count_requested.send(WeekForm, screen_name=screen_name)
        for _, seat_count in responses:
            if seat_count is not None:
                return seat_count
        raise ValidationError(f"{screen_name} has no seating plan. Enter its number of seats.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.shows = list(self._build_shows())
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
                date_time = datetime.combine(data["first_day"] + timedelta(days=day), start_time, UTC)
                yield Show(date_time=date_time, **fields)

    def _check_seat_limit(self) -> None:
        seats = sum(show.total_seats for show in self.shows)
        if seats > MAX_SEATS_PER_FORM:
            message = f"{seats} seats are too many, the limit is {MAX_SEATS_PER_FORM}. Add fewer shows at once."
            self.add_error("total_seats", message)

    def _check_past(self) -> None:
        now = timezone.now()
        if past := [_start(show) for show in self.shows if show.date_time <= now]:
            self.add_error("first_day", f"In the past: {_shorten(past)}. Choose a later day.")

    def _check_clashes(self) -> None:
        first, last = self.shows[0], self.shows[-1]
        existing = Show.objects.select_related("movie").filter(
            screen_name=first.screen_name,
            date_time__gt=first.date_time - timedelta(minutes=MAX_MINUTES),
            date_time__lt=_end(last),
        )
        if clashes := list(_clashes(self.shows, list(existing))):
            self.add_error("times", f"The screen is in use: {_shorten(clashes, '; ')}. Choose other times.")


def _clashes(new: list[Show], existing: list[Show]) -> Iterator[str]:
    """Describes each pair of overlapping shows once. A show may begin at the moment when another ends."""
    spans = [(show.date_time, _end(show), show) for show in (*existing, *new)]
    for index, (start, end, show) in enumerate(spans[len(existing) :], start=len(existing)):
        for other_start, other_end, other in spans[:index]:
            if start < other_end and other_start < end:
                yield f"{_start(show)} overlaps {other.movie} at {_start(other)}"


def _end(show: Show) -> datetime:
    return show.date_time + timedelta(minutes=show.movie.duration_minutes)


def _start(show: Show) -> str:
    return f"{show.date_time:%Y-%m-%d %H:%M}"


def _shorten(values: list[str], separator: str = ", ") -> str:
    """Joins the first `MAX_LISTED` values and says how many more there are."""
    more = len(values) - MAX_LISTED
    return separator.join(values[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")
