"""`ShowTimeField` reads times relative to today, which fixtures use."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from cinema.shows.fields import ShowTimeField


def test_relative_time_counts_days_from_today():
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    date_time = ShowTimeField().to_python("+1d 18:30")
    assert date_time == datetime(tomorrow.year, tomorrow.month, tomorrow.day, 18, 30, tzinfo=UTC)


def test_iso_time_is_read_as_by_a_datetime_field():
    assert ShowTimeField().to_python("2030-01-01T18:00:00Z") == datetime(2030, 1, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize("value", ["+1d 25:00", "+1d", "1d 18:00", "+1d 18:30 ", "+1d 18:3٠"])
def test_invalid_time_is_rejected(value):
    with pytest.raises(ValidationError):
        ShowTimeField().to_python(value)
