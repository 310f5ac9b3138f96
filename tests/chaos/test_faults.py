"""What goes wrong is what the guide for operators speaks of."""

from tests.chaos.faults import FAULTS
from tests.deployment.guide import table


def test_each_fault_is_in_the_guide():
    assert [row[0] for row in table("What happens when")] == list(dict.fromkeys(it.name for it in FAULTS))
