"""The admin of seats and bookings. Importing this package registers it."""

from cinema.seats.admin import bookings, plans, seat_maps, shows, users

__all__ = ["bookings", "plans", "seat_maps", "shows", "users"]
