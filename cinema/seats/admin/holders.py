"""Who sits where: the people behind a show's taken and held seats, for staff who may see bookings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Subquery

from cinema.seats.models import Booking, SeatQuerySet
from cinema.shows.models import Show


@dataclass(frozen=True)
class SeatHolder:
    """Who has a seat: by a booking, or for as long as a hold lasts. Without a `user_id` they are gone."""

    label: str
    person: str
    user_id: int | None
    since: datetime
    booking_id: int | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        if self.until:
            return f"{self.person}, until {self.until:%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.person}, booking {self.booking_id}"


def person(username: str, email: str) -> str:
    return f"{username} ({email})" if email else username


def with_holders(seats: SeatQuerySet) -> Any:
    """Adds `holder` and `holder_email`, read in the same moment as the hold. A hold names its user by
    id alone: both are None where that user is gone."""
    holders = get_user_model().objects.filter(pk=OuterRef("held_by"))
    return seats.annotate(
        holder=Subquery(holders.values("username")), holder_email=Subquery(holders.values("email"))
    )


def holders(show: Show, seats: Iterable[Any]) -> dict[int, SeatHolder]:
    """By seat number, in the order of the seats, which come with their `status` and their holders.

    A seat whose booking was cancelled after the seats were read has nobody.
    """
    bookings = _live_bookings(show)
    found: dict[int, SeatHolder] = {}
    for seat in seats:
        if seat.status == "held":
            found[seat.number] = _holder(seat)
        elif seat.status == "taken" and (booking := bookings.get(seat.number)):
            who = person(booking.user__username, booking.user__email)
            found[seat.number] = SeatHolder(seat.label, who, booking.user, booking.created_at, booking.pk)
    return found


def _live_bookings(show: Show) -> dict[int, Any]:
    """By seat number: one query, however many there are."""
    fields = ("seat_number", "pk", "created_at", "user", "user__username", "user__email")
    bookings: Any = Booking.objects.live().filter(show=show).order_by().values_list(*fields, named=True)
    return {booking.seat_number: booking for booking in bookings}


def _holder(seat: Any) -> SeatHolder:
    if seat.holder is None:
        who, user_id = f"user {seat.held_by}, deleted", None
    else:
        who, user_id = person(seat.holder, seat.holder_email), seat.held_by
    return SeatHolder(seat.label, who, user_id, seat.held_since, until=seat.held_until)
