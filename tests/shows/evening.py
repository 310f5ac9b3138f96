"""Times and bodies of shows on the screen Studio, on an evening in 2040."""

from datetime import datetime, timedelta

SEVEN = datetime.fromisoformat("2040-01-01T19:00:00Z")


def at(minutes):
    """So many minutes after seven."""
    return SEVEN + timedelta(minutes=minutes)


def new_show(minutes=0, **changes):
    """The body that adds a show so many minutes after seven."""
    return {"screen_name": "Studio", "date_time": at(minutes).isoformat(), "total_seats": 4} | changes
