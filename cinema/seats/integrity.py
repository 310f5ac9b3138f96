"""Finds inconsistencies between shows, seats and live bookings, and repairs the unambiguous ones.

A show has exactly the seats 1 to `total_seats`, or none if it is archived. A seat is taken if and only if it
has a live booking. Its label is then the one that was sold. No hold lasts longer than the settings allow. All
seats of a show that was called off are blocked, so that it has no live booking and sells nothing. Constraints
of the database guarantee three more rules: a seat has at most one live booking, a taken seat is not held, and
labels are unique within a show.
"""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Greatest, Now
from rest_framework.exceptions import ValidationError

from cinema.seats.booking.statements import CALLED_OFF
from cinema.seats.halls.plan_faults import PlanError
from cinema.seats.layout.archive import remove_seats
from cinema.seats.layout.insert import clock
from cinema.seats.layout.materialize import materialize_seats_locked
from cinema.seats.models import VERSION_STEP, Booking, Seat, SeatingPlan, SeatQuerySet, seat_is_booked
from cinema.shows.exceptions import SeatsInUse
from cinema.shows.models import Show

NOT_HELD = {"held_by": None, "held_since": None, "held_until": None}


@dataclass(frozen=True)
class Inconsistency:
    """One inconsistency of a seat, or of a show as a whole (`seat_number` None)."""

    show_id: int
    seat_number: int | None
    what: str

    def __str__(self) -> str:
        where = f"show {self.show_id}"
        if self.seat_number is not None:
            where += f", seat {self.seat_number}"
        return f"{where}: {self.what}"


def find_inconsistencies(show_ids: list[int]) -> Iterator[Inconsistency]:
    """Yields the inconsistencies of these shows.

    Each kind is found by one query, which sees one snapshot. A sale under way changes seat and booking in one
    transaction, so it never looks inconsistent.
    """
    for show in _shows_with_wrong_seats(show_ids):
        what = f"has {show.seat_count} seats, not exactly 1 to {show.total_seats}"
        plan = SeatingPlan.objects.filter(screen_name=show.screen_name).first()
        if plan and (planned := plan_size(plan)) != show.total_seats:
            what += f"; the seating plan of its screen has {planned}"
        yield Inconsistency(show.pk, None, what)
    for show in _wrongly_archived(show_ids):
        what = f"has {show.seat_count} seats" if show.seat_count else "has not started"
        yield Inconsistency(show.pk, None, f"is archived, but {what}")
    seats = Seat.objects.filter(show__in=show_ids).order_by("show", "number")
    for show_id, number in seats.taken().filter(~seat_is_booked()).values_list("show", "number"):
        yield Inconsistency(show_id, number, "is taken without a live booking")
    for show_id, number in seats.untaken().filter(seat_is_booked()).values_list("show", "number"):
        yield Inconsistency(show_id, number, "is not taken although it has a live booking")
    for show_id, number in _overlong_holds(show_ids).values_list("show", "number"):
        yield Inconsistency(show_id, number, "has a hold that lasts longer than the settings allow")
    for show_id, number in _unblocked_seats_of_cancelled_shows(show_ids).values_list("show", "number"):
        yield Inconsistency(show_id, number, "is not blocked although the show was called off")
    for show_id, number, sold, current in _wrong_labels(show_ids):
        sold = f"says {sold}" if sold else "has no label"
        yield Inconsistency(show_id, number, f"is labeled {current}, but its live booking {sold}")
    for show_id, number, other in _broken_pairs(show_ids).values_list("show", "number", "pair"):
        yield Inconsistency(
            show_id, number, f"is half of a pair with seat {other}, which is not its other half"
        )
    for show_id, number in _bookings_without_seat(show_ids).values_list("show", "seat_number"):
        yield Inconsistency(show_id, number, "has a live booking but does not exist")


def plan_size(plan: SeatingPlan) -> int | str:
    """The number of seats of a plan, or a text that says why the plan is invalid."""
    try:
        return len(plan.places())
    except PlanError as error:
        return f"no seats, because it is invalid ({error.faults[0]})"


def repair(show_ids: list[int]) -> None:
    """Makes the seats consistent with their shows and live bookings.

    Some inconsistencies stay, because only a person can decide what is right:

    - a live booking of a seat that the show cannot have, or of a show that was called off
    - a taken seat beyond the show's total
    - a sold label that another seat has
    - an archived show that has not started
    """
    with transaction.atomic():
        for show_id in list(
            _wrongly_archived(show_ids).filter(date_time__lte=Now()).values_list("pk", flat=True)
        ):
            remove_seats(show_id)
        for show_id in list(_shows_with_wrong_seats(show_ids).values_list("pk", flat=True)):
            with suppress(SeatsInUse, ValidationError), transaction.atomic():
                materialize_seats_locked(show_id)
                # The version could repeat, because the `changes` of lost seats are missing from its sum.
                renew_versions([show_id])
        sync_with_bookings(Seat.objects.filter(show__in=show_ids))
        block_seats_of_cancelled_shows(show_ids)
        Booking.objects.filter(show__in=show_ids).fix_labels()
        _restore_sold_labels(show_ids)
        _broken_pairs(show_ids).update(pair=None, changes=F("changes") + VERSION_STEP)
        _overlong_holds(show_ids).update(**NOT_HELD, changes=F("changes") + VERSION_STEP)


def renew_versions(show_ids: Collection[int], *, above: int = 0) -> None:
    """Raises the versions of these shows above every version that a client can have, and above `above`.

    A load or restore brings back older seats with their older versions. Without this, the next changes would
    repeat versions and ETags that clients have, and they would keep a wrong map. No version is ahead of the
    clock.
    """
    seat = Seat.objects.filter(show=OuterRef("show")).order_by().values("show")
    version = Subquery(seat.annotate(version=Sum("changes")).values("version"))
    # As a big integer. Django sends other integers as 32 bits, and psycopg drops the bits above.
    floor = Value(max(clock(), above + 1), output_field=BigIntegerField())
    growth = Greatest(Value(VERSION_STEP, output_field=BigIntegerField()), floor - version)
    Seat.objects.filter(show__in=show_ids, number=1).update(changes=F("changes") + growth)


def sync_with_bookings(seats: SeatQuerySet) -> int:
    """Makes each seat taken if it has a live booking and available if not. Returns how many differed."""
    freed = seats.taken().filter(~seat_is_booked()).update(taken=False, changes=F("changes") + VERSION_STEP)
    sold = {"taken": True, "blocked": False, "block_reason": "", **NOT_HELD}
    return freed + seats.untaken().filter(seat_is_booked()).update(**sold, changes=F("changes") + VERSION_STEP)


def block_seats_of_cancelled_shows(show_ids: Collection[int]) -> None:
    """Blocks all seats of these shows that are not taken, if the show was called off."""
    blocked = {"blocked": True, "block_reason": CALLED_OFF, **NOT_HELD}
    seats = _unblocked_seats_of_cancelled_shows(show_ids).untaken()
    seats.update(**blocked, changes=F("changes") + VERSION_STEP)


def _unblocked_seats_of_cancelled_shows(show_ids: Collection[int]) -> SeatQuerySet:
    cancelled = Exists(Show.objects.filter(pk=OuterRef("show"), status=Show.Status.CANCELLED))
    return Seat.objects.filter(cancelled, show__in=show_ids, blocked=False).order_by("show", "number")


def _restore_sold_labels(show_ids: list[int]) -> None:
    """Gives seats the labels that they were sold by, unless another seat has them."""
    for show_id, number, sold, _ in list(_wrong_labels(show_ids)):
        seats = Seat.objects.filter(show=show_id)
        if not seats.filter(label=sold).exists():
            seats.filter(number=number).update(label=sold, changes=F("changes") + VERSION_STEP)


def _wrong_labels(show_ids: list[int]) -> Any:
    """Show, seat number, sold and current label of live bookings where the labels differ."""
    seat = Seat.objects.filter(show=OuterRef("show"), number=OuterRef("seat_number"))
    live = Booking.objects.live().filter(show__in=show_ids).annotate(current=Subquery(seat.values("label")))
    wrong = live.filter(current__isnull=False).exclude(sold_label=F("current"))
    return wrong.order_by("show", "seat_number").values_list("show", "seat_number", "sold_label", "current")


def _shows_with_wrong_seats(show_ids: list[int]) -> Any:
    shows = Show.objects.filter(pk__in=show_ids, archived=False).order_by("pk")
    counted = shows.annotate(seat_count=Count("seats__number"), last=Max("seats__number"))
    return counted.exclude(Q(seat_count=F("total_seats")) & Q(last=F("total_seats")))


def _wrongly_archived(show_ids: list[int]) -> Any:
    archived = Show.objects.filter(pk__in=show_ids, archived=True).order_by("pk")
    counted = archived.annotate(seat_count=Count("seats__number"))
    return counted.filter(Q(seat_count__gt=0) | Q(date_time__gt=Now()))


def _overlong_holds(show_ids: list[int]) -> Any:
    max_duration = timedelta(seconds=max(settings.HOLD_SECONDS, settings.HOLD_MAX_SECONDS))
    # Compared as durations. A sum of a time and an interval depends on the time zone of the session, and Citus
    # refuses it in an UPDATE.
    duration = ExpressionWrapper(F("held_until") - F("held_since"), DurationField())
    held = Seat.objects.filter(show__in=show_ids).alias(duration=duration)
    return held.filter(duration__gt=max_duration).order_by("show", "number")


def _broken_pairs(show_ids: list[int]) -> Any:
    other = Seat.objects.filter(show=OuterRef("show"), number=OuterRef("pair"), pair=OuterRef("number"))
    halves = Seat.objects.filter(show__in=show_ids, pair__isnull=False)
    return halves.filter(~Exists(other)).order_by("show", "number")


def _bookings_without_seat(show_ids: list[int]):
    seat = Seat.objects.filter(show=OuterRef("show"), number=OuterRef("seat_number"))
    live = Booking.objects.live().filter(show__in=show_ids, show__archived=False)
    return live.filter(~Exists(seat)).order_by("show", "seat_number")
