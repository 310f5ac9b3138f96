"""What is on: a movie, and when and where it is shown."""

from typing import Any

from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.db.models.query import ModelIterable

from cinema.shows.fields import ShowTimeField
from cinema.shows.limits import MAX_MINUTES, MAX_SEATS


class Movie(models.Model):
    title = models.CharField(max_length=200, validators=[MinLengthValidator(1)])
    duration_minutes = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MAX_MINUTES)]
    )

    class Meta:
        ordering = ["title", "id"]
        indexes = [models.Index(fields=["title", "id"], name="movie_by_title")]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="movie_has_title"),
            models.CheckConstraint(
                condition=Q(duration_minutes__range=(1, MAX_MINUTES)), name="movie_duration_in_range"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ShowQuerySet(models.QuerySet["Show"]):
    def upcoming(self) -> "ShowQuerySet":
        """Shows that have not begun, by the database's clock: the one clock of all nodes."""
        return self.filter(date_time__gt=Now())

    def with_available_seats(self) -> "ShowQuerySet":
        """Adds `available_seats`, counted for the rows of the page only, by one query for all of them.

        By a query of its own, for where seats are distributed by show no column of the shows' query can
        count them: each node has all shows, and only some of the seats.
        """
        shows = self.all()
        shows._counts_seats = True
        return shows

    _counts_seats = False

    def _clone(self) -> "ShowQuerySet":
        clone = super()._clone()  # type: ignore[misc]
        clone._counts_seats = self._counts_seats
        return clone

    def _fetch_all(self) -> None:
        fetched = self._result_cache is not None
        super()._fetch_all()
        if self._counts_seats and not fetched and issubclass(self._iterable_class, ModelIterable):
            shows: list[Any] = self._result_cache or []
            available = _available_seats([show.pk for show in shows]) if shows else {}
            for show in shows:
                show.available_seats = available.get(show.pk, 0)


def _available_seats(show_ids: list[int]) -> dict[int, int]:
    """How many seats are for sale, by show: named by the seats' own column, so that only their nodes answer."""
    unheld = Q(held_until=None) | Q(held_until__lte=Now())
    # Asked of the seats alone, whose model stands above this one.
    seats: Any = Show._meta.get_field("seats").related_model
    free = seats.objects.filter(unheld, show__in=show_ids, taken=False, blocked=False)
    return dict(free.order_by().values_list("show").annotate(number=Count("number")))


class Show(models.Model):
    # The index of the list below serves the foreign key too.
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="shows", db_index=False)
    screen_name = models.CharField(max_length=100, validators=[MinLengthValidator(1)])
    date_time = ShowTimeField()
    total_seats = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(MAX_SEATS)])

    objects = ShowQuerySet.as_manager()

    class Meta:
        ordering = ["date_time", "id"]
        indexes = [models.Index(fields=["movie", "date_time", "id"], name="show_by_movie_and_time")]
        constraints = [
            models.CheckConstraint(condition=~Q(screen_name=""), name="show_has_screen"),
            models.CheckConstraint(
                condition=Q(total_seats__range=(1, MAX_SEATS)), name="show_total_seats_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.movie}, {self.screen_name}, {self.date_time:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves the show and whatever its `post_save` does (laying out seats) together or not at all."""
        with transaction.atomic():
            super().save(*args, **kwargs)
