"""The rules of the programme.

Two shows never overlap on one screen, unless one was called off. A show with live bookings moves only with
`keep_bookings`. A show that was called off never changes.

Receivers check every save of a show or movie, so that all forms and the API obey the same rules. Fixtures
bypass them: `loaddata` loads what the file says and reports the clashes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from cinema.api.folding import fold
from cinema.shows.exceptions import Clash, HasBookings, ScreenBusy, ShowArchived, ShowCancelled
from cinema.shows.limits import MAX_MINUTES
from cinema.shows.models import Movie, Show
from cinema.shows.screens import (
    NOT_VISIBLE,
    existing_spelling,
    lock_programme,
    no_plan_message,
    planned_seat_count,
    screen_key,
)
from cinema.shows.times import shift

# The fields that decide when and where a show runs.
PROGRAMME_FIELDS = {"movie", "screen_name", "date_time"}


def check_show(show: Show, update_fields: Collection[str] | None = None) -> None:
    """Checks a show before it is saved, and fills in what its screen decides: the spelling and the total.

    A show that already overlaps another one, because a fixture says so, can be saved where it is.

    Raises `ScreenBusy`, or `HasBookings` if the show has live bookings and moves without `keep_bookings`.
    Raises `ShowArchived`, because an archived show has no seats that could be sold or drawn at another time.
    Raises `ShowCancelled` if the stored show was called off, also if the instance is stale and does not say so.
    Raises `ValidationError` if it moves into the past, has no total, or has a screen name that can't be seen.
    """
    if not screen_key(show.screen_name):
        raise ValidationError({"screen_name": [NOT_VISIBLE]})
    lock_programme()
    stored = Show.objects.filter(pk=show.pk).first() if show.pk is not None else None
    if stored and stored.archived:
        raise ShowArchived()
    show.screen_name = existing_spelling(show.screen_name, show_id=show.pk)
    if show.total_seats is None:
        planned = planned_seat_count(show.screen_name)
        if planned is None:
            raise ValidationError({"total_seats": [no_plan_message(show.screen_name)]})
        show.total_seats = planned
    if stored and stored.is_cancelled:
        raise ShowCancelled("This show was called off and can't be changed. Add a new show instead.")
    moved = _moved_show(stored, show, update_fields) if stored else show
    if moved and not show.is_cancelled and (clashes := list(clashes_with([moved]))):
        raise ScreenBusy(clashes, show.pk)


def check_movie(movie: Movie) -> None:
    """Checks a movie before it is saved: a longer duration must not make upcoming shows overlap.

    Raises `ValidationError` if the title can't be seen, or `ScreenBusy`. Old overlaps don't count.
    """
    if not fold(movie.title).strip():
        raise ValidationError({"title": [NOT_VISIBLE]})
    lock_programme()
    stored = Movie.objects.filter(pk=movie.pk).first() if movie.pk is not None else None
    if stored is None or movie.duration_minutes <= stored.duration_minutes:
        return
    shows = list(Show.objects.upcoming().scheduled().filter(movie=movie.pk).select_related("movie"))
    before = {(clash.first.pk, clash.second.pk) for clash in clashes_with(shows)}
    after = clashes_with(shows, {movie.pk: movie.duration_minutes})
    if clashes := [clash for clash in after if (clash.first.pk, clash.second.pk) not in before]:
        raise ScreenBusy(clashes, advice="Move one of the shows, or choose a shorter duration.")


def clashes_with(shows: list[Show], durations: dict[int, int] | None = None) -> Iterator[Clash]:
    """Yields the clashes of these shows, saved or not, with each other and with the stored ones.

    `durations` (minutes, by movie) replace those of the database.
    """
    if not shows:
        return
    # Read again, because the movies of the instances may be stale.
    movies = Movie.objects.filter(pk__in={show.movie_id for show in shows})
    durations = dict(movies.values_list("pk", "duration_minutes")) | (durations or {})
    others = (
        Show.objects.scheduled()
        .select_related("movie")
        .filter(
            screen_name__in={show.screen_name for show in shows},
            date_time__gte=shift(
                min(show.date_time for show in shows), -MAX_MINUTES - settings.TURNAROUND_MINUTES
            ),
            date_time__lt=max(_end(show, durations) for show in shows),
        )
    )
    given = {id(show) for show in shows}
    pks = [show.pk for show in shows if show.pk is not None]
    for clash in _overlaps([*others.exclude(pk__in=pks), *shows], durations):
        if id(clash.first) in given or id(clash.second) in given:
            yield clash


def upcoming_clashes() -> list[Clash]:
    """Returns all clashes of shows that have not started."""
    upcoming = set(Show.objects.upcoming().values_list("pk", flat=True))
    since = shift(timezone.now(), -MAX_MINUTES - settings.TURNAROUND_MINUTES)
    shows = Show.objects.scheduled().select_related("movie").filter(date_time__gt=since)
    return [clash for clash in _overlaps(shows, {}) if clash.second.pk in upcoming]


def _moved_show(stored: Show, show: Show, update_fields: Collection[str] | None) -> Show | None:
    """Returns the stored show at the time and place of the one to save, or None if it does not move."""
    # Fields that are not in `update_fields` are not saved, and may be stale.
    names = PROGRAMME_FIELDS if update_fields is None else PROGRAMME_FIELDS & {*update_fields}
    changed = {name for name in names if getattr(stored, name) != getattr(show, name)}
    if screen_key(stored.screen_name) == screen_key(show.screen_name):
        changed.discard("screen_name")  # The same screen in another spelling.
    if "date_time" in changed and show.date_time <= timezone.now():
        raise ValidationError({"date_time": ["A show can't be moved into the past. Choose a later time."]})
    if changed and not show.keep_bookings and _has_live_bookings(stored):
        raise HasBookings(
            "The show has live bookings. Cancel them, or say with `keep_bookings` that they move with the show."
        )
    place = {name: getattr(show if name in changed else stored, name) for name in PROGRAMME_FIELDS}
    return Show(pk=stored.pk, **place) if changed else None


def _has_live_bookings(show: Show) -> bool:
    # The locks make a sale under way finish first, so that its booking is seen, and make later sales wait.
    # Looked up by name, because `cinema.shows` must not import `cinema.seats`.
    live: Any = apps.get_model("seats", "Booking").objects.live()
    live.lock_with_show(show.pk)
    return live.filter(show=show).exists()


def _overlaps(shows: Iterable[Show], durations: dict[int, int]) -> Iterator[Clash]:
    """Yields each pair that overlaps once. A show may begin at the moment when another ends."""
    running: dict[str, list[Show]] = defaultdict(list)
    for show in sorted(shows, key=lambda show: show.date_time):
        screen = screen_key(show.screen_name)
        running[screen] = [other for other in running[screen] if _end(other, durations) > show.date_time]
        yield from (Clash(other, show) for other in running[screen])
        running[screen].append(show)


def _end(show: Show, durations: dict[int, int]) -> datetime:
    """Returns when the screen is available again. `durations` (minutes, by movie) override the show's movie."""
    minutes = durations.get(show.movie_id) or show.movie.duration_minutes
    return shift(show.date_time, minutes + settings.TURNAROUND_MINUTES)
