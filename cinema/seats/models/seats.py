"""A seat: a row that says who has it."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Concat

from cinema.seats import status
from cinema.seats.halls.geometry import STANDARD_COLOR
from cinema.seats.sql.dialect import ONE_OF, to_array
from cinema.seats.sql.fetch import fetch_all
from cinema.shows.models import Show

# Writes add 2 to `changes`. An expired hold counts 1 until the next write, because expiry writes nothing.
VERSION_STEP = 2
# No seating plan has a label that starts like this.
TEMPORARY_LABEL = "\x1f"


AVAILABLE_COUNTS = f"""
SELECT show_id, COUNT(*) FROM seats_seat
WHERE show_id {ONE_OF.format("%(shows)s")} AND {status.AVAILABLE}
GROUP BY show_id"""  # noqa: S608


class SeatQuerySet(models.QuerySet["Seat"]):
    def available(self) -> "SeatQuerySet":
        return self.filter(status.available())

    def count_available(self, shows: Iterable[int]) -> dict[int, int]:
        """The available seats of these shows, by id, without the shows that have none."""
        return dict(fetch_all(AVAILABLE_COUNTS, {"shows": to_array(shows)}))

    def held_by(self, user_id: int) -> "SeatQuerySet":
        return self.filter(status.held_by(user_id))

    def of_upcoming_shows(self) -> "SeatQuerySet":
        """Seats of shows that have not started."""
        return self.filter(Exists(Show.objects.upcoming().filter(pk=OuterRef("show"))))

    def with_held(self) -> Any:
        """Adds `held`: whether the seat has a hold that has not expired, by the database's clock."""
        return self.annotate(held=Case(When(status.HOLD_IS_LIVE, then=True), default=False))

    def taken(self) -> "SeatQuerySet":
        return self.filter(taken=True)

    def untaken(self) -> "SeatQuerySet":
        return self.filter(taken=False)

    def beyond(self, number: int) -> "SeatQuerySet":
        return self.filter(number__gt=number)

    def release_labels(self) -> None:
        """Gives the seats temporary labels. Then they can get each other's labels, one row after the other."""
        number = Cast("number", models.CharField(max_length=40))
        self.update(label=Concat(Value(TEMPORARY_LABEL), number))


class Seat(models.Model):
    """One seat of one show: its place in the hall, and whether it is taken, held or blocked.

    The primary key is (show, number). So there is one row for each seat, `loaddata` updates rows that exist,
    and one index serves the sale and the seat map.

    `changes` grows by 2 with each write. The sum over a show, plus 1 for each expired hold, is the version of
    the seat map.

    `held_by` is a user's id without a foreign key, because each hold would then lock the user's row.
    """

    pk = models.CompositePrimaryKey("show_id", "number")
    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="seats", db_index=False)
    number = models.PositiveIntegerField()
    row = models.CharField(max_length=60, blank=True)
    column = models.PositiveIntegerField(help_text="Number within the row.")
    label = models.CharField(max_length=200, help_text="Printed on the seat and the ticket.")
    x = models.FloatField(help_text="Position in the drawing; a gap is an aisle.")
    y = models.FloatField()
    category = models.CharField(max_length=100, blank=True)
    color = models.CharField(max_length=50, default=STANDARD_COLOR, help_text="CSS color of the category.")
    line = models.PositiveIntegerField(default=0, help_text="Equal for all seats of one row.")
    guid = models.CharField(max_length=100, blank=True, default="", help_text="Its id in the plan.")
    accessible = models.BooleanField(default=False)
    companion = models.BooleanField(
        default=False, db_default=False, help_text="For somebody beside an accessible seat."
    )
    # Not a foreign key, because nothing points at a seat by one.
    pair = models.IntegerField(
        null=True,
        blank=True,
        default=None,
        help_text="Number of the other half, if this is one half of a sofa.",
    )
    taken = models.BooleanField(default=False, db_default=False)
    held_by = models.BigIntegerField(null=True, default=None, help_text="User id.")
    held_since = models.DateTimeField(null=True, default=None, help_text="Start of the hold.")
    held_until = models.DateTimeField(null=True, default=None, help_text="When the hold expires.")
    blocked = models.BooleanField(default=False, db_default=False)
    block_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    # Not in dumps, because a loaded number could make a version repeat. See `integrity.renew_versions`.
    changes = models.PositiveBigIntegerField(default=1, db_default=1, serialize=False)

    objects = SeatQuerySet.as_manager()

    class Meta:
        # Ordering by "show" would join the shows and use their ordering.
        ordering = ["show_id", "number"]
        permissions = [("sell_seats", "Can sell seats at the till")]
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="seat_number_from_1"),
            models.CheckConstraint(condition=Q(changes__gte=1), name="seat_changes_from_1"),
            models.CheckConstraint(condition=~Q(label=""), name="seat_has_label"),
            models.CheckConstraint(
                condition=Q(pair=None) | (Q(pair__gte=1) & ~Q(pair=F("number"))),
                name="seat_pair_is_another_seat",
            ),
            models.UniqueConstraint(fields=["show", "label"], name="one_seat_per_label"),
            models.CheckConstraint(
                condition=Q(held_by=None, held_since=None, held_until=None)
                | Q(held_by__isnull=False, held_since__isnull=False, held_until__isnull=False),
                name="seat_hold_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(taken=False, blocked=False)
                | Q(taken=True, blocked=False, held_by=None)
                | Q(taken=False, blocked=True, held_by=None),
                name="seat_is_taken_or_held_or_blocked",
            ),
        ]

    def __str__(self) -> str:
        return self.label
