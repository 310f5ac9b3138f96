"""The admin of seats and bookings. Importing this package registers its pages."""

from cinema.seats.admin import bookings, plans, seat_maps, shows

__all__ = ["bookings", "plans", "seat_maps", "shows"]
