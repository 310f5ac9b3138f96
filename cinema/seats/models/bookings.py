"""A booking: the record that a user or a guest got a seat."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone

from cinema.api.bidi import isolate
from cinema.api.folded_field import FoldedField
from cinema.seats.models.colocated import ColocatedModel
from cinema.seats.models.seats import Seat
from cinema.seats.orders import HasOrderForm, new_order
from cinema.seats.tickets.codes import booking_code, order_code
from cinema.shows.limits import MAX_KIND_LENGTH
from cinema.shows.models import Show

MAX_GUEST_NAME_LENGTH = 200


class _BookingIsLocked(Exception):
    pass


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

    def with_details(self, show_id: int | None = None) -> "BookingQuerySet":
        """Loads everything that a response contains, in one query.

        If all bookings are of one show, `show_id` makes it a query of one node of a distributed database.
        """
        return self.select_related("show__movie").annotate(
            seat_label=Coalesce(NullIf("sold_label", Value("")), _current_label(show_id))
        )

    def lock_with_show(self, show_id: int, seats: Any = None) -> list[Any]:
        """Locks a show, these bookings of it, and `seats` of it (default: all), until the transaction ends.

        Returns the seats by number (default: the numbers). Every lock of several of these rows is taken here,
        because another order could deadlock: the show first, bookings before seats like a cancel, and seats by
        number like a hold. The lock of the show is a "no key" lock, so that a sale can check its foreign key.

        A seat may be sold after the bookings were read and before the seat is locked. If its buyer cancels at
        once, the cancel has locked the booking and waits for the seat. So such a booking is locked without
        waiting. If that fails, the locks are released, and all is done again.
        """
        list(Show.objects.select_for_update(no_key=True).filter(pk=show_id).values_list("pk"))
        of_show = self.filter(show=show_id).order_by("pk")
        seats = Seat.objects.values_list("number", flat=True) if seats is None else seats
        while True:
            with suppress(_BookingIsLocked), transaction.atomic():
                early = set(of_show.select_for_update(of=("self",)).values_list("pk", flat=True))
                locked = list(seats.filter(show=show_id).select_for_update().order_by("number"))
                late = set(of_show.values_list("pk", flat=True)) - early
                late_bookings = Booking.objects.filter(show=show_id, pk__in=late)
                if late and len(late_bookings.select_for_update(skip_locked=True)) < len(late):
                    raise _BookingIsLocked
                return locked

    def fix_labels(self) -> None:
        """Stores the label of the seat in bookings that have none."""
        self.filter(sold_label="").update(sold_label=_current_label())


def _current_label(show_id: int | None = None) -> Coalesce:
    """The label of a booking's seat as it is now, or the number of a seat that was removed."""
    show = OuterRef("show") if show_id is None else show_id
    seat = Seat.objects.filter(show=show, number=OuterRef("seat_number")).order_by()
    return Coalesce(Subquery(seat.values("label")), Cast("seat_number", models.CharField(max_length=40)))


class Booking(ColocatedModel):
    class Status(models.TextChoices):
        BOOKED = "booked"
        CANCELLED = "cancelled"

    class CancelledBecause(models.TextChoices):
        OWNER = "owner"
        STAFF = "staff"
        SHOW_CANCELLED = "show_cancelled"

    # `booking_by_user` and the unique constraints serve the foreign keys, so these need no index of their own.
    # Null after the user was deleted. Before that, `end_sales` cancels the bookings of upcoming shows.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="bookings",
        db_index=False,
    )
    # The member of staff who sold the seat at the till, to a guest. Such a booking has no user.
    sold_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        default=None,
        related_name="sales",
        db_index=False,
    )
    guest_name = models.CharField(max_length=MAX_GUEST_NAME_LENGTH, blank=True, default="", db_default="")
    guest_folded = FoldedField("guest_name", db_default="")
    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="bookings", db_index=False)
    seat_number = models.PositiveIntegerField()
    # Empty only if a server of an older version sold the seat, or a fixture is being loaded.
    sold_label = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="The seat's label when it was sold."
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.BOOKED)
    created_at = models.DateTimeField(default=timezone.now)
    # The price at the sale; null if the show had no price list. A later change of the list changes no booking.
    kind = models.CharField(max_length=MAX_KIND_LENGTH, null=True, blank=True, default=None)
    amount = models.IntegerField(
        null=True, blank=True, default=None, help_text="In the smallest unit of the currency."
    )
    currency = models.CharField(max_length=3, null=True, blank=True, default=None)
    # Null only if a server of an older version sold the seat.
    order = models.CharField(
        max_length=9,
        null=True,
        blank=True,
        default=new_order,
        help_text="Shared by all bookings of one call, such as 7K3M-Q9XT.",
    )
    # Null for live bookings, and for those that were cancelled before these columns existed.
    cancelled_at = models.DateTimeField(null=True, blank=True, default=None)
    cancelled_because = models.CharField(
        max_length=14, choices=CancelledBecause, null=True, blank=True, default=None
    )
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
    key_label = models.CharField(
        max_length=200, null=True, blank=True, default=None, help_text="The first label of a moved booking."
    )

    admitted_at = models.DateTimeField(
        null=True, blank=True, default=None, help_text="When the ticket was scanned at the door."
    )

    # True if a retry with the same idempotency key gets this booking again.
    is_replay = False
    # The booking of the other half of a sofa, if the same cancel has cancelled it.
    other_half: "Booking | None" = None

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [("admit_booking", "Can admit bookings at the door")]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="booking_by_user"),
            # For the deletion of a user. Other bookings are not in it, so that their sale writes nothing more.
            models.Index(fields=["sold_by"], condition=Q(sold_by__isnull=False), name="booking_by_clerk"),
        ]
        constraints = [
            # Only live bookings, so that a cancelled seat can be sold again any number of times.
            models.UniqueConstraint(
                fields=["show", "seat_number"], condition=Q(status="booked"), name="one_live_booking_per_seat"
            ),
            # Each call has one booking with `key_place` 1, so that two calls can't use one key.
            models.UniqueConstraint(
                fields=["show", "user", "idempotency_key", "key_place"], name="one_call_per_idempotency_key"
            ),
            # Bookings of the till have no user. Their keys belong to the clerk.
            models.UniqueConstraint(
                fields=["show", "sold_by", "idempotency_key", "key_place"],
                condition=Q(sold_by__isnull=False),
                name="one_sale_per_idempotency_key",
            ),
            models.CheckConstraint(
                condition=Q(user=None) | Q(sold_by=None, guest_name=""), name="booking_has_user_or_guest"
            ),
            models.CheckConstraint(condition=Q(key_place__gte=1), name="booking_key_place_from_1"),
            models.CheckConstraint(condition=Q(seat_number__gte=1), name="booking_seat_number_from_1"),
            models.CheckConstraint(
                condition=Q(status__in=["booked", "cancelled"]), name="booking_status_known"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_because=None)
                | Q(
                    status="cancelled",
                    cancelled_at__isnull=False,
                    cancelled_because__isnull=False,
                    cancelled_because__in=["owner", "staff", "show_cancelled"],
                ),
                name="booking_cancel_is_explained",
            ),
            models.CheckConstraint(
                condition=Q(idempotency_key__isnull=True) | ~Q(idempotency_key=""),
                name="booking_idempotency_key_not_empty",
            ),
            models.CheckConstraint(condition=HasOrderForm("order"), name="booking_order_has_form"),
            models.CheckConstraint(
                condition=Q(admitted_at=None) | Q(status="booked"), name="booking_admitted_only_if_live"
            ),
            models.CheckConstraint(
                condition=Q(kind=None, amount=None, currency=None)
                | Q(kind__isnull=False, amount__isnull=False, currency__isnull=False)
                & Q(amount__gte=0)
                & ~Q(kind="")
                & ~Q(currency=""),
                name="booking_price_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"Seat {isolate(self.sold_label) or self.seat_number}, {self.show}"

    @property
    def is_live(self) -> bool:
        return self.status == Booking.Status.BOOKED

    @property
    def ticket(self) -> str | None:
        """The code that admits the booking at the door; None if it is cancelled."""
        return booking_code(self.show_id, self.pk) if self.is_live else None

    @property
    def order_ticket(self) -> str | None:
        """The code that admits all bookings of the order; None if there is no order or the booking is
        cancelled."""
        return order_code(self.show_id, self.order) if self.is_live and self.order else None


def seat_is_booked() -> Exists:
    """A condition on seats: they have a live booking, whatever their own state says."""
    return Exists(Booking.objects.live().of_seat(OuterRef("show"), OuterRef("number")))
