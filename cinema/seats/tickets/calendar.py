"""A booking as an iCalendar file (RFC 5545), which calendar programs open."""

from typing import Any

from icalendar import Calendar, Event


def booking_calendar(booking: Any, *, host: str, cinema_name: str) -> bytes:
    """The file for a booking loaded by `with_details`. `host` makes the event's id unique in the world."""
    show = booking.show
    event = Event()
    event.add("uid", f"booking-{booking.pk}@{host}")
    event.add("dtstamp", booking.created_at)
    event.add("dtstart", show.date_time)
    event.add("dtend", show.ends_at)
    event.add("summary", show.movie.title)
    event.add("location", f"{cinema_name}, {show.screen_name}")
    event.add("description", f"Seat {booking.seat_label}, booking {booking.pk}")
    calendar = Calendar()
    calendar.add("prodid", "-//cinema//tickets//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return calendar.to_ical()
