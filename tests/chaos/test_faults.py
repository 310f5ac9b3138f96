"""The faults of `make chaos` are the rows of the table "What happens when" in docs/operations.md."""

from tests.chaos.faults import FAULTS
from tests.deployment.guide import table


def test_operations_guide_lists_each_fault():
    assert [row[0] for row in table("What happens when")] == list(dict.fromkeys(fault.name for fault in FAULTS))
