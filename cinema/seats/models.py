"""Seats, bookings and seating plans: state, constraints and query vocabulary.

A seat is a row; a booking records that a user got it. `booking/` changes who has a seat, `layout/` writes
the rows, `integrity.py` repairs them. A database can distribute both tables by show (`citus.py`): no foreign
key points at a seat or a booking, and each of their unique constraints starts with the show.
"""

import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.utils import timezone
from rest_framework.exceptions import ValidationError as InvalidInput

from cinema.api.bidi import isolate
from cinema.api.folded_field import FoldedField
from cinema.seats import status
from cinema.seats.halls.geometry import STANDARD_COLOR, Place
from cinema.seats.halls.plan_faults import PlanError
from cinema.seats.halls.plan_json import HallPlan, read_plan
from cinema.seats.halls.plan_layout import layout_fault
from cinema.seats.halls.plan_text import read_text
from cinema.shows.models import Show
from cinema.shows.screens import NOT_VISIBLE, existing_spelling, lock_programme, screen_key

# Writes add 2 to `changes`. An expired hold counts 1 until the next write, because expiry writes nothing.
VERSION_STEP = 2
# No seating plan has a label that starts like this.
TEMPORARY_LABEL = "\x1f"


class SeatQuerySet(models.QuerySet["Seat"]):
    def available(self) -> "SeatQuerySet":
        return self.filter(status.available())

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

    def booked(self) -> "SeatQuerySet":
        """Seats that have a live booking, whatever their own state says."""
        return self.filter(Exists(Booking.objects.live().of_seat(OuterRef("show"), OuterRef("number"))))

    def unbooked(self) -> "SeatQuerySet":
        return self.filter(~Exists(Booking.objects.live().of_seat(OuterRef("show"), OuterRef("number"))))

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
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="seat_number_from_1"),
            models.CheckConstraint(condition=Q(changes__gte=1), name="seat_changes_from_1"),
            models.CheckConstraint(condition=~Q(label=""), name="seat_has_label"),
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


class SeatingPlan(models.Model):
    """The shape of a hall. Shows on this screen get their seats from it (see `halls/plan_json.py`)."""

    # The primary key, so that `loaddata` replaces the plan of a screen.
    screen_name = models.CharField(max_length=100, primary_key=True, validators=[MinLengthValidator(1)])
    screen_folded = FoldedField("screen_name", db_default="")
    plan = models.JSONField(help_text="JSON as pretix's editor writes it, or the text form.")

    class Meta:
        ordering = ["screen_name"]
        constraints = [models.CheckConstraint(condition=~Q(screen_name=""), name="plan_has_screen")]

    def __str__(self) -> str:
        return isolate(self.screen_name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises `ValidationError` for an invalid plan, because the ORM does not call `clean` itself."""
        if not screen_key(self.screen_name):
            raise ValidationError({"screen_name": NOT_VISIBLE})
        self.clean()
        with transaction.atomic():
            lock_programme()
            self.screen_name = existing_spelling(self.screen_name)
            super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.plan is None:
            return  # The field's own validation reports this.
        try:
            self.read()
        except PlanError as error:
            raise ValidationError({"plan": error.faults}) from error

    def read(self) -> HallPlan:
        """The plan's seats and what is drawn beside them. Raises `PlanError`."""
        return read_plan(read_text(self.plan, strict=False) if isinstance(self.plan, str) else self.plan)

    def read_for_show(self) -> HallPlan:
        """Like `read`, but raises DRF's `ValidationError` if the plan has faults.

        Only a plan that bypassed `save`, or that an older version stored, has any.
        """
        try:
            return read_stored_plan(json.dumps(self.plan))
        except PlanError as error:
            name = isolate(self.screen_name)
            message = f"The seating plan of {name} has faults. Correct it first: {error.faults[0]}."
            raise InvalidInput({"screen_name": [message]}) from error

    def places(self) -> list[Place]:
        """The plan's seats in its order, numbered from 1. Raises `PlanError`."""
        return self.read().places


# Without the cache, a form reads the plan for each of hundreds of shows while it locks the programme.
@lru_cache(maxsize=1)
def read_stored_plan(plan_json: str) -> HallPlan:
    return SeatingPlan(plan=json.loads(plan_json)).read()


class ShowLayout(models.Model):
    """The drawing beside the seats of a show, from its seating plan: see `HallLayout` in `plan_layout.py`.

    It is stored for each show, because a plan may change after the show got its seats. Shows without a plan
    have none.
    """

    show = models.OneToOneField(Show, on_delete=models.CASCADE, primary_key=True, related_name="layout")
    layout = models.JSONField()

    def __str__(self) -> str:
        return f"Layout of {self.show}"

    def clean(self) -> None:
        if fault := layout_fault(self.layout):
            raise ValidationError({"layout": fault})


class Hall(Show):
    """A show, as the admin's page of its seat map."""

    class Meta:
        proxy = True
        verbose_name = "seat map"


class BookingQuerySet(models.QuerySet["Booking"]):
    def live(self) -> "BookingQuerySet":
        return self.filter(status=Booking.Status.BOOKED)

    def cancelled(self) -> "BookingQuerySet":
        return self.filter(status=Booking.Status.CANCELLED)

    def of_upcoming_shows(self) -> "BookingQuerySet":
        return self.filter(Exists(Show.objects.upcoming().filter(pk=OuterRef("show"))))

    def by(self, user_id: int) -> "BookingQuerySet":
        return self.filter(user_id=user_id)

    def of_seat(self, show: models.F | int, number: models.F | int) -> "BookingQuerySet":
        return self.filter(show=show, seat_number=number)

    def with_details(self) -> "BookingQuerySet":
        """Loads everything that a response contains, in one query."""
        return self.select_related("show__movie").annotate(
            seat_label=Coalesce(NullIf("sold_label", Value("")), _current_label())
        )

    def fix_labels(self) -> None:
        """Stores the label of the seat in bookings that have none."""
        self.filter(sold_label="").update(sold_label=_current_label())


def _current_label() -> Coalesce:
    """The label of a booking's seat as it is now, or the number of a seat that was removed."""
    seat = Seat.objects.filter(show=OuterRef("show"), number=OuterRef("seat_number")).order_by()
    return Coalesce(Subquery(seat.values("label")), Cast("seat_number", models.CharField(max_length=40)))


class ColocatedModel(models.Model):
    """Makes `save()` of an existing row filter by its show and set the show only if it changes.

    Citus refuses every UPDATE that sets the distribution column, even to the same value.
    """

    class Meta:
        abstract = True

    show_id: int

    def _do_update(self, base_qs: Any, using: Any, pk_val: Any, values: Any, *args: Any) -> Any:
        row = base_qs.filter(pk=pk_val)
        if row.filter(show=self.show_id).exists():
            base_qs = base_qs.filter(show=self.show_id)
            values = [value for value in values if value[0].name != "show"]
        elif not row.exists():
            return False  # A new row that brings its own primary key, for example from a fixture.
        return super()._do_update(base_qs, using, pk_val, values, *args)


class Booking(ColocatedModel):
    class Status(models.TextChoices):
        BOOKED = "booked"
        CANCELLED = "cancelled"

    # `booking_by_user` and the unique constraints serve the foreign keys, so these need no index of their own.
    # Null after the user was deleted. Before that, `end_sales` cancels the bookings of upcoming shows.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="bookings",
        db_index=False,
    )
    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="bookings", db_index=False)
    seat_number = models.PositiveIntegerField()
    # Empty only if a server of an older version sold the seat, or a fixture is being loaded.
    sold_label = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="The seat's label when it was sold."
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.BOOKED)
    created_at = models.DateTimeField(default=timezone.now)
    # All bookings of a call with an Idempotency-Key have the key, and remember the request. A re-layout changes
    # `seat_number`, but not these.
    idempotency_key = models.CharField(
        max_length=200, null=True, blank=True, default=None, validators=[MinLengthValidator(1)]
    )
    key_call = models.CharField(
        max_length=9, null=True, blank=True, default=None, help_text="The call that used the key."
    )
    key_number = models.IntegerField(
        null=True, blank=True, default=None, help_text="The seat number in that call."
    )
    key_place = models.IntegerField(
        default=1, db_default=1, help_text="The place of the booking in the answer, from 1."
    )

    # True if a retry with the same idempotency key gets this booking again.
    is_replay = False

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="booking_by_user")]
        constraints = [
            # Only live bookings, so that a cancelled seat can be sold again any number of times.
            models.UniqueConstraint(
                fields=["show", "seat_number"], condition=Q(status="booked"), name="one_live_booking_per_seat"
            ),
            # Each call has one booking with `key_place` 1, so that two calls can't use one key.
            models.UniqueConstraint(
                fields=["show", "user", "idempotency_key", "key_place"], name="one_call_per_idempotency_key"
            ),
            models.CheckConstraint(condition=Q(key_place__gte=1), name="booking_key_place_from_1"),
            models.CheckConstraint(condition=Q(seat_number__gte=1), name="booking_seat_number_from_1"),
            models.CheckConstraint(
                condition=Q(status__in=["booked", "cancelled"]), name="booking_status_known"
            ),
            models.CheckConstraint(
                condition=Q(idempotency_key__isnull=True) | ~Q(idempotency_key=""),
                name="booking_idempotency_key_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"Seat {isolate(self.sold_label) or self.seat_number}, {self.show}"

    @property
    def is_live(self) -> bool:
        return self.status == Booking.Status.BOOKED
