"""What is on: a movie, and when and where it is shown."""

from typing import Any

from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Now

from .fields import ShowTimeField

MAX_MINUTES = 10_000
MAX_SEATS = 100_000


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
        """Adds `available_seats`, counted for the rows of the page only."""
        unheld = Q(seats__held_until=None) | Q(seats__held_until__lte=Now())
        for_sale = unheld & Q(seats__taken=False, seats__blocked=False)
        available = (
            Show.objects.filter(pk=OuterRef("pk"))
            .order_by()
            .values("pk")
            .annotate(number=Count("seats__number", filter=for_sale))
        )
        return self.annotate(available_seats=Subquery(available.values("number")))


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
