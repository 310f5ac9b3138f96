"""Moments and wall times. The cinema's clocks show the time zone of the setting `TIME_ZONE`.

The database and the API's `date_time` are in UTC. People read and type wall times.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

FIRST_MOMENT, LAST_MOMENT = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def utc(moment: datetime | Any) -> datetime:
    """A time as raw SQL returns it: SQLite returns text or naive values, which are in UTC."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def to_local(moment: datetime) -> datetime:
    """Returns the moment with the cinema's offset, or as it is at the ends of the calendar."""
    try:
        # Not `timezone.localtime`, which costs three times as much, because it looks for a zone of the thread.
        return moment.astimezone(timezone.get_default_timezone())
    except OverflowError:
        return moment


def format_local(moment: datetime) -> str:
    """Returns the cinema's date and time, such as `2031-03-30 19:00`."""
    return f"{to_local(moment):%Y-%m-%d %H:%M}"


def from_wall(wall: datetime) -> datetime:
    """Returns the moment, in UTC, when the cinema's clocks show this time without a zone.

    When clocks are put back, a wall time comes twice. The first one counts. Raises `ValidationError` for a time
    that is skipped when clocks are put forward.
    """
    try:
        moment = timezone.make_aware(wall).astimezone(UTC)
    except OverflowError:
        raise ValidationError(f"{wall} is not between the years 1 and 9999 in UTC.", code="invalid") from None
    if to_local(moment).replace(tzinfo=None) != wall:
        raise ValidationError(f"The clocks skip {wall:%Y-%m-%d %H:%M}. Choose another time.", code="invalid")
    return moment


def move_days(moment: datetime, days: int) -> datetime:
    """Returns the moment some days later, or earlier, at the same time on the cinema's clocks, in UTC.

    Raises `ValidationError` for a time that is skipped when clocks are put forward.
    """
    try:
        # The sum has no `fold`. So a time that comes twice means the first one.
        return from_wall(to_local(moment).replace(tzinfo=None) + timedelta(days=days))
    except OverflowError:
        message = f"{days} days from {format_local(moment)} is not between the years 1 and 9999."
        raise ValidationError(message, code="invalid") from None


def start_of_day(day: date) -> datetime:
    """Returns when this day begins in the cinema, in UTC. Where clocks skip midnight, that is later."""
    try:
        return timezone.make_aware(datetime.combine(day, time())).astimezone(UTC)
    except OverflowError:
        return FIRST_MOMENT


def end_of_day(day: date) -> datetime:
    """Returns when the day after this one begins in the cinema, in UTC."""
    return start_of_day(day + timedelta(days=1)) if day < date.max else LAST_MOMENT


def shift(moment: datetime, minutes: int) -> datetime:
    """Adds minutes, within the range of dates."""
    try:
        return moment + timedelta(minutes=minutes)
    except OverflowError:
        return LAST_MOMENT if minutes > 0 else FIRST_MOMENT
