"""A fixture may give a show's time relative to the day it is loaded."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from cinema.shows.fields import ShowTimeField


def test_a_relative_time_is_so_many_days_from_today():
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    moment = ShowTimeField().to_python("+1d 18:30")
    assert moment == datetime(tomorrow.year, tomorrow.month, tomorrow.day, 18, 30, tzinfo=UTC)


def test_a_plain_time_is_read_as_ever():
    assert ShowTimeField().to_python("2030-01-01T18:00:00Z") == datetime(2030, 1, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize("nonsense", ["+1d 25:00", "+1d", "1d 18:00", "+1d 18:30 ", "+1d 18:3٠"])
def test_what_is_neither_is_refused(nonsense):
    with pytest.raises(ValidationError):
        ShowTimeField().to_python(nonsense)
