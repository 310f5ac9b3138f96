"""The people who hold or booked the seats of a show, for staff who may see bookings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Subquery

from cinema.api.bidi import isolate
from cinema.seats.models import Booking, SeatQuerySet
from cinema.shows.models import Show
from cinema.shows.times import to_local

DELETED_USER = "deleted user"
GUEST = "guest"


@dataclass(frozen=True)
class SeatHolder:
    """The user who has a seat, by the booking `booking_id` or by a hold that expires at `until`.

    `label` is the seat's, `name` the user's. `user_id` is None if the user was deleted.
    """

    label: str
    name: str
    user_id: int | None
    since: datetime
    booking_id: int | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        if self.until:
            return f"{isolate(self.name)}, until {to_local(self.until):%Y-%m-%d %H:%M:%S}"
        return f"{isolate(self.name)}, booking {self.booking_id}"


def display_name(username: str, email: str) -> str:
    return f"{isolate(username)} ({email})" if email else username


def buyer_name(booking: Any) -> str:
    """The name of a booking's user, who may have been deleted, or of the guest who bought it at the till."""
    if booking.user is not None:
        return display_name(booking.user.username, booking.user.email)
    return booking.guest_name or (DELETED_USER if booking.sold_by_id is None else GUEST)


def annotate_holders(seats: SeatQuerySet) -> Any:
    """Adds `holder` and `holder_email`, the username and email address of the user in `held_by`.

    Both are None if that user was deleted: `held_by` is no foreign key.
    """
    users = get_user_model().objects.filter(pk=OuterRef("held_by"))
    return seats.annotate(
        holder=Subquery(users.values("username")), holder_email=Subquery(users.values("email"))
    )


def holders(show: Show, seats: Iterable[Any]) -> dict[int, SeatHolder]:
    """Returns the holders of the taken and held seats by seat number, in the order of `seats`.

    `seats` come from `annotate_holders` and have a `status`. A taken seat has no holder if its booking was
    cancelled after the seats were read.
    """
    bookings = _live_bookings(show)
    result: dict[int, SeatHolder] = {}
    for seat in seats:
        if seat.status == "held":
            result[seat.number] = _holder(seat)
        elif seat.status == "taken" and (booking := bookings.get(seat.number)):
            label, name = booking.sold_label or seat.label, buyer_name(booking)
            result[seat.number] = SeatHolder(label, name, booking.user_id, booking.created_at, booking.pk)
    return result


def _live_bookings(show: Show) -> dict[int, Any]:
    """Reads the live bookings and their users with one query, and returns them by seat number."""
    bookings = Booking.objects.live().filter(show=show).order_by().select_related("user")
    return {booking.seat_number: booking for booking in bookings}


def _holder(seat: Any) -> SeatHolder:
    if seat.holder is None:
        name, user_id = f"user {seat.held_by}, deleted", None
    else:
        name, user_id = display_name(seat.holder, seat.holder_email), seat.held_by
    return SeatHolder(seat.label, name, user_id, seat.held_since, until=seat.held_until)
