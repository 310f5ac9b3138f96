import pytest

from cinema.seats.models import SeatingPlan
from tests.seats.plan_samples import PLAN


@pytest.fixture
def plan(db):
    """Screen 1 has a plan of six seats."""
    return SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)
