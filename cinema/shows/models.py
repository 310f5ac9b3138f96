"""Movies, and the shows of a movie: when and on which screen."""

from datetime import datetime
from typing import Any

from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Now

from cinema.api.bidi import isolate
from cinema.api.folded_field import FoldedField
from cinema.shows.fields import ShowTimeField
from cinema.shows.limits import (
    MAX_AMOUNT,
    MAX_CATEGORY_LENGTH,
    MAX_KIND_LENGTH,
    MAX_MINUTES,
    MAX_SEATS,
    POSTER_URL,
)
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


class PriceList(models.Model):
    """The prices of seats by category and kind of visitor. Any number of shows can have one list."""

    name = models.CharField(max_length=100, unique=True, validators=[MinLengthValidator(1)])

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="price_list_has_name")]

    def __str__(self) -> str:
        return isolate(self.name)

    def number_kinds(self) -> None:
        """Gives all prices of a kind one position, the place of the kind in the list."""
        kinds: dict[str, int] = {}
        for price in self.prices.order_by("position", "id"):
            position = kinds.setdefault(price.kind, len(kinds) + 1)
            if price.position != position:
                self.prices.filter(pk=price.pk).update(position=position)


class Price(models.Model):
    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="prices", db_index=False)
    category = models.CharField(
        max_length=MAX_CATEGORY_LENGTH,
        blank=True,
        default="",
        help_text="The category of the seats. Empty: any other category.",
    )
    kind = models.CharField(
        max_length=MAX_KIND_LENGTH, validators=[MinLengthValidator(1)], help_text="For example Adult or Child."
    )
    amount = models.PositiveIntegerField(
        validators=[MaxValueValidator(MAX_AMOUNT)],
        help_text="In the smallest unit of the currency: 1250 is 12.50 EUR.",
    )
    position = models.PositiveSmallIntegerField(
        default=0, blank=True, help_text="The place of the kind in the list. The first kind is the default."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["price_list", "category", "kind"], name="one_price_per_kind"),
            models.CheckConstraint(condition=Q(amount__range=(0, MAX_AMOUNT)), name="price_amount_in_range"),
            models.CheckConstraint(condition=~Q(kind=""), name="price_has_kind"),
        ]

    def __str__(self) -> str:
        return f"{isolate(self.category or 'Any other')}, {isolate(self.kind)}"


class ShowQuerySet(models.QuerySet["Show"]):
    def upcoming(self) -> "ShowQuerySet":
        """Filters shows that have not started. The database's clock decides, because all nodes share it."""
        return self.filter(date_time__gt=Now())

    def scheduled(self) -> "ShowQuerySet":
        """Filters shows that were not called off."""
        return self.filter(status=Show.Status.SCHEDULED)

    def with_details(self) -> "ShowQuerySet":
        """Loads the movie and the least price, which answers contain, in the same query."""
        of_list = Price.objects.filter(price_list=OuterRef("price_list")).order_by("amount")
        return self.select_related("movie").annotate(price_from=Subquery(of_list.values("amount")[:1]))


class Show(CheckedModel):
    class Status(models.TextChoices):
        SCHEDULED = "scheduled"
        CANCELLED = "cancelled"

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
    archived = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="The show ended long ago, and archive_shows has removed its seats.",
    )
    # A show that was called off stays so. All its seats are blocked, so that none can be sold.
    status = models.CharField(
        max_length=9, choices=Status, default=Status.SCHEDULED, db_default=Status.SCHEDULED
    )
    cancel_reason = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Why it was called off, for staff."
    )

    price_list = models.ForeignKey(
        PriceList,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        default=None,
        related_name="shows",
        help_text="Empty: the show has no prices.",
    )

    # Set by `count_available_seats`; no column.
    available_seats: int
    # Set by `count_occupied_seats` on archived shows; no column.
    live_bookings: int
    # Set by `with_details`; no column. The least price of the list.
    price_from: int | None
    # True if the show may move to another time, screen or movie with its live bookings; no column.
    keep_bookings = False

    objects = ShowQuerySet.as_manager()

    class Meta:
        ordering = ["date_time", "id"]
        indexes = [
            models.Index(fields=["movie", "date_time", "id"], name="show_by_movie_and_time"),
            models.Index(fields=["screen_name", "date_time"], name="show_by_screen_and_time"),
            # The programme, in the order of the list.
            models.Index(fields=["date_time", "id"], name="show_by_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(screen_name=""), name="show_has_screen"),
            models.CheckConstraint(
                condition=Q(total_seats__range=(1, MAX_SEATS)), name="show_total_seats_in_range"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["scheduled", "cancelled"]), name="show_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{isolate(self.movie.title)}, {isolate(self.screen_name)}, {format_local(self.date_time)}"

    @property
    def is_cancelled(self) -> bool:
        return self.status == Show.Status.CANCELLED

    @property
    def ends_at(self) -> datetime:
        """When the movie ends. The turnaround time comes after it."""
        return shift(self.date_time, self.movie.duration_minutes)
