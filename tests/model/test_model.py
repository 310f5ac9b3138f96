"""Any sequence of what people, staff and the clock do: the cinema answers, and is, as the model has it.

Quick and always the same by default; `MODEL_EXAMPLES=2000` looks longer, and elsewhere each time.
"""

import os

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as Profile
from hypothesis.stateful import run_state_machine_as_test

from tests.model.buyers import Buyers
from tests.model.buyers_model import HOLD, HOLD_AT_MOST
from tests.model.halls import Halls
from tests.model.staff import Staff

LONG = os.environ.get("MODEL_EXAMPLES")
EXAMPLES, EXAMPLES_BY_DEFAULT = int(LONG or 10), int(LONG or 2)
PROFILE = Profile(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    derandomize=not LONG,
    # A step is a dozen requests: it takes as long as it takes, and so do examples.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    database=None,
    print_blob=False,
)


class Refurbishing(Buyers, Halls):
    pass


class Everybody(Buyers, Staff):
    pass


# Some by themselves too, for among all that may happen they would seldom get far.
@pytest.mark.django_db
@pytest.mark.scaled
@pytest.mark.parametrize("people", [Buyers, Refurbishing, Everybody])
def test_the_cinema_does_as_its_model(settings, people, full_size):
    settings.HOLD_SECONDS, settings.HOLD_MAX_SECONDS = HOLD, HOLD_AT_MOST
    profile = Profile(PROFILE, max_examples=EXAMPLES if full_size else EXAMPLES_BY_DEFAULT)
    run_state_machine_as_test(people, settings=profile)
