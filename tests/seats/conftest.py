"""Fixtures of the tests of seats."""

import pytest

from cinema.seats.models import SeatingPlan
from tests.seats.plan_samples import PLAN


@pytest.fixture
def plan(db):
    """A seating plan of six seats for Screen 1."""
    return SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)
