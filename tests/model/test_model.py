"""Random sequences of requests, admin forms, commands and waiting times: API and database match the model.

It runs a few examples, the same ones every time. `MODEL_EXAMPLES=2000` runs more, with random ones each time.
"""

import os

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as Profile
from hypothesis.stateful import run_state_machine_as_test

from tests.model.archive_rules import ArchiveRules
from tests.model.buyer_model import HOLD_MAX_SECONDS, HOLD_SECONDS
from tests.model.hall_rules import HallRules
from tests.model.price_rules import PriceRules
from tests.model.staff_rules import StaffRules
from tests.model.till_rules import CallOffRules, TillRules

MODEL_EXAMPLES = os.environ.get("MODEL_EXAMPLES")
# In the default selection of tests, and in a full run.
EXAMPLES_BY_DEFAULT, EXAMPLES = int(MODEL_EXAMPLES or 1), int(MODEL_EXAMPLES or 10)
PROFILE = Profile(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    derandomize=not MODEL_EXAMPLES,
    # No deadline, because a step makes about a dozen requests.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    database=None,
    print_blob=False,
)


class BuyersTillAndHalls(TillRules, PriceRules, HallRules):
    pass


class BuyersTillAndStaff(TillRules, PriceRules, StaffRules, ArchiveRules):
    pass


class BuyersTillAndEndsOfShows(CallOffRules, PriceRules, ArchiveRules):
    pass


# Also with fewer rules, because among all rules a long sequence of buyers' requests is unlikely.
@pytest.mark.django_db
@pytest.mark.scaled
@pytest.mark.parametrize("state_machine", [BuyersTillAndEndsOfShows, BuyersTillAndHalls, BuyersTillAndStaff])
def test_cinema_behaves_like_the_model(settings, state_machine, full_size):
    settings.BOOKING_MAX_SEATS = 0  # Rules change it. The fixture restores it.
    settings.HOLD_SECONDS, settings.HOLD_MAX_SECONDS = HOLD_SECONDS, HOLD_MAX_SECONDS
    profile = Profile(PROFILE, max_examples=EXAMPLES if full_size else EXAMPLES_BY_DEFAULT)
    run_state_machine_as_test(state_machine, settings=profile)
