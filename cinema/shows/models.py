"""Movies, and the shows of a movie: when and on which screen."""

from datetime import datetime
from typing import Any

from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from cinema.api.bidi import isolate
from cinema.api.folded_field import FoldedField
from cinema.shows.fields import ShowTimeField
from cinema.shows.limits import MAX_MINUTES, MAX_SEATS, POSTER_URL
from cinema.shows.times import format_local, shift


class CheckedModel(models.Model):
    """Saves a row and runs the receivers of `pre_save` and `post_save` in one transaction."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            super().save(*args, **kwargs)


class Movie(CheckedModel):
    title = models.CharField(max_length=200, validators=[MinLengthValidator(1)])
    title_folded = FoldedField("title", db_default="")
    duration_minutes = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MAX_MINUTES)]
    )
    description = models.TextField(max_length=5000, blank=True, default="", db_default="")
    age_rating = models.CharField(max_length=50, blank=True, default="", db_default="")
    language = models.CharField(max_length=100, blank=True, default="", db_default="")
    poster_url = models.CharField(
        max_length=1000,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(POSTER_URL, "Must start with https://.")],
        help_text="Address of a picture, https:// only.",
    )

    class Meta:
        ordering = ["title", "id"]
        indexes = [models.Index(fields=["title", "id"], name="movie_by_title")]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="movie_has_title"),
            models.CheckConstraint(
                condition=Q(duration_minutes__range=(1, MAX_MINUTES)), name="movie_duration_in_range"
            ),
            models.CheckConstraint(
                condition=Q(poster_url="") | Q(poster_url__startswith="https://"), name="movie_poster_is_https"
            ),
        ]

    def __str__(self) -> str:
        return isolate(self.title)


class ShowQuerySet(models.QuerySet["Show"]):
    def upcoming(self) -> "ShowQuerySet":
        """Filters shows that have not started. The database's clock decides, because all nodes share it."""
        return self.filter(date_time__gt=Now())


class Show(CheckedModel):
    # Needs no index of its own: `show_by_movie_and_time` begins with the movie.
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="shows", db_index=False)
    screen_name = models.CharField(max_length=100, validators=[MinLengthValidator(1)])
    screen_folded = FoldedField("screen_name", db_default="")
    date_time = ShowTimeField()
    total_seats = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(MAX_SEATS)])
    format = models.CharField(
        max_length=50, blank=True, default="", db_default="", help_text="For example OV 3D."
    )
    on_sale_from = ShowTimeField(null=True, blank=True, help_text="Empty: on sale at once.")

    # Set by `count_available_seats`; no column.
    available_seats: int
    # True if the show may move to another time, screen or movie with its live bookings; no column.
    keep_bookings = False

    objects = ShowQuerySet.as_manager()

    class Meta:
        ordering = ["date_time", "id"]
        indexes = [
            models.Index(fields=["movie", "date_time", "id"], name="show_by_movie_and_time"),
            models.Index(fields=["screen_name", "date_time"], name="show_by_screen_and_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(screen_name=""), name="show_has_screen"),
            models.CheckConstraint(
                condition=Q(total_seats__range=(1, MAX_SEATS)), name="show_total_seats_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{isolate(self.movie.title)}, {isolate(self.screen_name)}, {format_local(self.date_time)}"

    @property
    def ends_at(self) -> datetime:
        """When the movie ends. The turnaround time comes after it."""
        return shift(self.date_time, self.movie.duration_minutes)
