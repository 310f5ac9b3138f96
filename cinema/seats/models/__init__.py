"""Seats, bookings and seating plans: state, constraints and query vocabulary.

A seat is a row; a booking records that a user got it. `booking/` changes who has a seat, `layout/` writes
the rows, `integrity.py` repairs them. A database can distribute both tables by show (`citus.py`): no foreign
key points at a seat or a booking, and each of their unique constraints starts with the show.
"""

from cinema.seats.models.bookings import MAX_GUEST_NAME_LENGTH, Booking, BookingQuerySet, seat_is_booked
from cinema.seats.models.layouts import Hall, ShowLayout
from cinema.seats.models.plans import SeatingPlan, read_stored_plan
from cinema.seats.models.seats import TEMPORARY_LABEL, VERSION_STEP, Seat, SeatQuerySet

__all__ = [
    "MAX_GUEST_NAME_LENGTH",
    "TEMPORARY_LABEL",
    "VERSION_STEP",
    "Booking",
    "BookingQuerySet",
    "Hall",
    "Seat",
    "SeatQuerySet",
    "SeatingPlan",
    "ShowLayout",
    "read_stored_plan",
    "seat_is_booked",
]
