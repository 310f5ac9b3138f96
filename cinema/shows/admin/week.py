"""A week of shows of one movie on one screen: the same times on each day, made all or none."""

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
# In all the shows together: they are laid out in one transaction, and on SQLite buyers wait for its end.
MAX_SEATS_AT_ONCE = 500_000
MAX_NAMED = 5
# Far enough; and a week after it is still a date.
LAST_DAY = date(9000, 1, 1)
TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")

# Asks whoever knows how many seats the screen called `screen_name` has; None is no answer. Shows know no plans.
seats_of_screen = Signal()


class MovieField(forms.ModelChoiceField):
    """A movie, found by typing."""

    widget = AutocompleteSelect(Show._meta.get_field("movie"), admin.site)

    def prepare_value(self, value: Any) -> Any:
        """None for what is no movie: the widget looks it up again, and fails on what can't be an id."""
        try:
            return super().prepare_value(self.to_python(value))
        except ValidationError:
            return None


class TimesField(forms.CharField):
    """Times of day in one text, parted by commas; in their order once cleaned."""

    def clean(self, value: Any) -> Any:
        words = [word.strip() for word in super().clean(value).split(",") if word.strip()]
        matches = [(word, TIME.fullmatch(word)) for word in words]
        if bad := [word for word, match in matches if match is None]:
            raise ValidationError(f"No times of day: {_some(bad)}. Write them like 14:00, 17:30.")
        times = sorted(time(int(match[1]), int(match[2])) for _, match in matches if match)
        if twice := sorted({f"{moment:%H:%M}" for moment in times if times.count(moment) > 1}):
            raise ValidationError(f"There twice: {_some(twice)}.")
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
        help_text="May be left empty on a screen with a seating plan: the plan decides.",
    )
    first_day = forms.DateField(widget=AdminDateWidget, validators=[MaxValueValidator(LAST_DAY)])
    days = forms.IntegerField(min_value=1, max_value=MAX_DAYS, initial=7)
    times = TimesField(
        max_length=200, help_text="When shows begin on each of these days, in UTC, like 14:00, 17:30, 20:15."
    )

    def clean_movie(self) -> Movie:
        """Locked until the shows are made, so that a form that is sent twice meets its own shows."""
        movie: Movie = self.cleaned_data["movie"]
        list(Movie.objects.select_for_update(no_key=True).filter(pk=movie.pk).values_list("pk"))
        return movie

    def clean_total_seats(self) -> int | None:
        given: int | None = self.cleaned_data["total_seats"]
        screen = self.cleaned_data.get("screen_name")
        if given is not None or screen is None:
            return given
        answers: Any = seats_of_screen.send(WeekForm, screen_name=screen)
        for _, planned in answers:
            if planned is not None:
                return planned
        raise ValidationError(f"{screen} has no seating plan: say how many seats it has.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.shows = list(self._planned())
            self._refuse_too_many_seats()
            self._refuse_past()
        if not self.errors:
            self._refuse_clashes()
        return cleaned

    def save(self) -> list[Show]:
        """Makes the shows, all or none; each gets its seats, or is refused, as by any other door."""
        with transaction.atomic():
            for show in self.shows:
                show.save()
        return self.shows

    def _planned(self) -> Iterator[Show]:
        """In the order of their times."""
        asked = self.cleaned_data
        same = {name: asked[name] for name in ("movie", "screen_name", "total_seats")}
        for day in range(asked["days"]):
            for moment in asked["times"]:
                begins = datetime.combine(asked["first_day"] + timedelta(days=day), moment, UTC)
                yield Show(date_time=begins, **same)

    def _refuse_too_many_seats(self) -> None:
        seats = sum(show.total_seats for show in self.shows)
        if seats > MAX_SEATS_AT_ONCE:
            self.add_error("total_seats", f"{seats} seats at once are too many: at most {MAX_SEATS_AT_ONCE}.")

    def _refuse_past(self) -> None:
        now = timezone.now()
        if past := [_at(show) for show in self.shows if show.date_time <= now]:
            self.add_error("first_day", f"Past already: {_some(past)}.")

    def _refuse_clashes(self) -> None:
        first, last = self.shows[0], self.shows[-1]
        there = Show.objects.select_related("movie").filter(
            screen_name=first.screen_name,
            date_time__gt=first.date_time - timedelta(minutes=MAX_MINUTES),
            date_time__lt=_end(last),
        )
        if clashes := list(_clashes(self.shows, list(there))):
            self.add_error("times", f"The screen is not free: {_some(clashes, '; ')}.")


def _clashes(new: list[Show], there: list[Show]) -> Iterator[str]:
    """Each pair that overlaps, once, in words. One that begins as another ends does not overlap it."""
    spans = [(show.date_time, _end(show), show) for show in (*there, *new)]
    for index, (begins, ends, show) in enumerate(spans[len(there) :], start=len(there)):
        for other_begins, other_ends, other in spans[:index]:
            if begins < other_ends and other_begins < ends:
                yield f"{_at(show)} overlaps {other.movie} of {_at(other)}"


def _end(show: Show) -> datetime:
    return show.date_time + timedelta(minutes=show.movie.duration_minutes)


def _at(show: Show) -> str:
    return f"{show.date_time:%Y-%m-%d %H:%M}"


def _some(words: list[str], sign: str = ", ") -> str:
    """The first few; how many others there are."""
    more = len(words) - MAX_NAMED
    return sign.join(words[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
