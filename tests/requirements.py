"""Leaves out tests whose programs this machine does not have, and says so at the end of the run.

With `LEFT_OUT=nothing` in the environment, as in CI, they run and fail instead.
"""

import os

import pytest

SIGN = "LEFT OUT: "
NOTHING_MAY_BE_LEFT_OUT = os.environ.get("LEFT_OUT") == "nothing"


def requires(present: object, missing: str) -> pytest.MarkDecorator:
    """A mark for tests that need something; `missing` says, for a person, what is not there."""
    return pytest.mark.skipif(not present and not NOTHING_MAY_BE_LEFT_OUT, reason=SIGN + missing)


def summary(reporter: pytest.TerminalReporter) -> None:
    """The last words of a run that left something out."""
    reasons = [report.longrepr[2] for report in reporter.stats.get("skipped", []) if report.longrepr]
    left_out = [reason.partition(SIGN)[2] for reason in reasons if SIGN in reason]
    if left_out:
        reporter.section("NOT ALL WAS TESTED", red=True, bold=True)
        for missing in sorted(set(left_out)):
            reporter.line(f"{left_out.count(missing)} tests were left out: {missing}.")
