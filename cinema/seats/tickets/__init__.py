"""Tickets: signed codes, QR codes and calendar files. They are computed from bookings; no table stores them."""
