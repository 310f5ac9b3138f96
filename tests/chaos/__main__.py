"""`python -m tests.chaos` injects faults into the real server while clients book, and prints a table.

It runs on PostgreSQL and on SQLite. After each fault it checks that

- everything the service confirmed is in the database, and no seat is sold twice,
- `check_seats` finds no inconsistency,
- the service recovers by itself within a time limit,
- no request took too long, and every failure was a well-formed 503 or a broken connection.

The exit status is 1 if a check fails. `QUICK=1` runs only the most important faults. `SEED` repeats the random
choices of an earlier run.
"""

import os
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.chaos.browsing_client import BrowsingClient
from tests.chaos.databases import Postgres, Sqlite
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.ledger import Ledger, Verdict, merge, verify
from tests.chaos.load import BookingLoad
from tests.chaos.setup import run_manage
from tests.chaos.system import SEATS, SHOWS_PER_FAULT, System
from tests.interruption import nothing_left_behind

MAX_REQUEST_SECONDS = 15
# The time from the end of a fault to the first booking after it.
MAX_RECOVERY_SECONDS = 20
# How long clients book undisturbed before a fault, and again after the recovery.
UNDISTURBED_SECONDS = 0.8
COLUMNS = ("requests", "201", "503", "dropped", "lost", "double", "slowest", "recovery")
ROW = "{:35}{:>9}{:>6}{:>6}{:>9}{:>6}{:>8}{:>9}{:>10}"


def main() -> int:
    start, quick = time.monotonic(), os.environ.get("QUICK", "") not in {"", "0"}
    seed = int(os.environ.get("SEED") or random.randrange(10_000))
    print(
        f"SEED={seed}. Limits: {MAX_REQUEST_SECONDS} s for a request, {MAX_RECOVERY_SECONDS} s for a recovery."
    )
    violations = [violation for kind in (Postgres, Sqlite) for violation in run(kind, quick, seed)]
    count = "1 violation" if len(violations) == 1 else f"{len(violations)} violations"
    print(f"\n{count} in {time.monotonic() - start:.0f} s.")
    for violation in violations:
        print(f"  {violation}")
    return 1 if violations else 0


def run(database_class: type[Postgres] | type[Sqlite], quick: bool, seed: int) -> list[str]:
    """Injects all faults of one database in turn into the same system. Returns the violations."""
    name = database_class.name
    faults = [fault for fault in FAULTS if name in fault.databases and (fault.quick or not quick)]
    violations, ledgers = [], []
    print("\n" + ROW.format(name, *COLUMNS))
    with System(database_class, fault_count=len(faults)) as system:
        for index, fault in enumerate(faults):
            shows = system.data.shows[index * SHOWS_PER_FAULT :][:SHOWS_PER_FAULT]
            if skip_reason := fault.skip_reason(system):
                print(f"{fault.name:35} LEFT OUT: {skip_reason}")
                if os.environ.get("LEFT_OUT") == "nothing":
                    violations.append(f"{name}, {fault.name}: left out")
                continue
            trial = run_trial(system, fault, shows, f"{seed} {fault.name}")
            print(trial.row(), flush=True)
            violations += [f"{name}, {fault.name}: {violation}" for violation in trial.violations()]
            ledgers.append(trial.ledger)
        # Check all shows once more, because a fault may have destroyed bookings from before an earlier fault.
        verdict = verify(merge(ledgers), system.database.url)
        if not verdict.clean:
            violations.append(f"{name}, after all faults: {verdict}")
        if violations:
            for log in filter(Path.exists, system.logs):
                copy = Path(tempfile.gettempdir()) / f"chaos-{name}-{log.name}"
                shutil.copy(log, copy)
                print(f"The log was saved: {copy}")
    return violations


@dataclass
class Trial:
    """The results of one fault. `inconsistency` is the output of `check_seats` if it failed."""

    fault: Fault
    ledger: Ledger
    browsing_ledger: Ledger
    verdict: Verdict
    inconsistency: str
    recovery_seconds: float | None

    def row(self) -> str:
        ledger = self.ledger
        return ROW.format(
            self.fault.name,
            ledger.requests,
            ledger.statuses[201],
            ledger.statuses[503],
            ledger.dropped,
            len(self.verdict.lost),
            len(self.verdict.duplicates),
            f"{ledger.slowest_seconds:.1f} s",
            "never" if self.recovery_seconds is None else f"{self.recovery_seconds:.1f} s",
        )

    def violations(self) -> list[str]:
        violations = []
        if not self.verdict.clean:
            violations.append(str(self.verdict))
        if self.inconsistency:
            violations.append(self.inconsistency)
        for clients, ledger in (("buyers", self.ledger), ("the browsing client", self.browsing_ledger)):
            if ledger.unexpected:
                first = ledger.unexpected[0]
                violations.append(
                    f"unexpected responses to {clients}: {len(ledger.unexpected)}, first: {first}"
                )
            if ledger.timeouts:
                violations.append(f"requests of {clients} over {MAX_REQUEST_SECONDS} s: {ledger.timeouts}")
        if self.recovery_seconds is None:
            violations.append(f"no booking succeeded within {MAX_RECOVERY_SECONDS} s after the fault")
        if self.fault.noticeable and not self.ledger.statuses[503] + self.ledger.dropped:
            violations.append("the fault had no effect: no request failed")
        return violations


def run_trial(system: System, fault: Fault, shows: list[int], seed: str) -> Trial:
    fault.prepare(system)
    base_url = system.proxy.base_url if fault.through_proxy else system.service.base_url
    load = partial(
        BookingLoad,
        [base_url],
        shows=shows,
        seats=SEATS,
        seed=seed,
        timeout=MAX_REQUEST_SECONDS,
        settle_seconds=MAX_RECOVERY_SECONDS,
    )
    tokens = system.data.tokens
    with load(tokens=tokens) as booking, load(tokens=tokens[:1], client_class=BrowsingClient) as browsing:
        wait_for_booking(booking.ledger, time.monotonic())
        time.sleep(UNDISTURBED_SECONDS)
        fault.inject(system)
        fault_end = time.monotonic()
        recovery_seconds = wait_for_booking(booking.ledger, fault_end)
        time.sleep(UNDISTURBED_SECONDS)
    verdict = verify(booking.ledger, system.database.url)
    try:
        run_manage(system.environment, "check_seats")
        inconsistency = ""
    except RuntimeError as error:
        inconsistency = str(error)
    return Trial(fault, booking.ledger, browsing.ledger, verdict, inconsistency, recovery_seconds)


def wait_for_booking(ledger: Ledger, since: float) -> float | None:
    """Waits until a request that was sent after `since` has made a booking.

    Returns the seconds from `since` to its response, or None after `MAX_RECOVERY_SECONDS`.
    """
    while time.monotonic() < since + MAX_RECOVERY_SECONDS:
        with ledger.lock:
            if (seconds := ledger.recovery_seconds(since)) is not None:
                return seconds
        time.sleep(0.02)
    return None


if __name__ == "__main__":
    with nothing_left_behind():
        sys.exit(main())
