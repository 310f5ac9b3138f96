"""The door: admits the bookings of a scanned ticket, each once."""

from django.db import transaction

from cinema.api.problems import Problem
from cinema.seats.booking import statements
from cinema.seats.exceptions import AlreadyAdmitted, AlreadyCancelled, InvalidTicket, WrongShow
from cinema.seats.models import Booking, BookingQuerySet
from cinema.seats.tickets.codes import read_code
from cinema.shows.exceptions import ShowNotFound
from cinema.shows.models import Show


@transaction.atomic
def admit(*, show_id: int, code: str) -> list[Booking]:
    """Admits the booking of the ticket, or those of its order that are live and not admitted yet.

    Returns them in the order of their seats. Raises `InvalidTicket`, `WrongShow`, `AlreadyAdmitted`,
    `AlreadyCancelled` or `ShowNotFound`; then nothing is changed.
    """
    ticket = read_code(code)
    if ticket is None or ticket.show != show_id:
        if not Show.objects.filter(pk=show_id).exists():
            raise ShowNotFound()
        raise InvalidTicket() if ticket is None else WrongShow(ticket.show)
    bookings = Booking.objects.filter(show=show_id)
    admitted = statements.admit(show_id=show_id, booking_id=ticket.booking, order=ticket.order)
    if admitted:
        return list(bookings.filter(pk__in=admitted).with_details(show_id).order_by("seat_number"))
    of_ticket = {"pk": ticket.booking} if ticket.order is None else {"order": ticket.order}
    raise _reason(bookings.filter(**of_ticket))


def _reason(bookings: BookingQuerySet) -> Problem:
    """Why none of the bookings could be admitted. Of an order, the last admission counts."""
    live = bookings.live().order_by("-admitted_at").values_list("admitted_at", flat=True)
    if (admitted_at := live.first()) is not None:
        return AlreadyAdmitted(admitted_at)
    # A booking that does not exist was deleted, or lost by a restore.
    return AlreadyCancelled() if bookings.exists() else InvalidTicket()
