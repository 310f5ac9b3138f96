"""`python -m tests.chaos`: what becomes of bookings when everything breaks, as a table.

A storm of buyers goes over the real server, on PostgreSQL and on SQLite, while one thing after another is
broken. After each: whatever a buyer was told is in the database, nothing is sold twice, seats and bookings
agree, the service has come back by itself, and whoever was refused meanwhile was told so properly. Exit status
1 where not. With `QUICK=1`, the few faults that matter most.
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

from tests.chaos.databases import Postgres, Sqlite
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.ledger import Ledger, Verdict, together, verify
from tests.chaos.stage import manage
from tests.chaos.storm import Storm
from tests.chaos.visitor import Visitor
from tests.chaos.world import SEATS, SHOWS_A_STORM, World
from tests.interruption import nothing_left_behind

# No request may take longer (seconds).
PATIENCE = 15
# The service has to sell again so long after a fault (seconds).
RECOVERY = 20
# How long people buy before a fault and after it (seconds).
CALM = 0.8
HEADS = ("requests", "201", "503", "cut", "lost", "doubled", "slowest", "recovery")
ROW = "{:35}{:>9}{:>6}{:>6}{:>6}{:>6}{:>8}{:>9}{:>9}"


def main() -> int:
    began, quick = time.monotonic(), os.environ.get("QUICK", "") not in {"", "0"}
    seed = int(os.environ.get("SEED") or random.randrange(10_000))
    print(f"SEED={seed}. No request may take longer than {PATIENCE} s, no recovery than {RECOVERY} s.")
    violations = [fault for kind in (Postgres, Sqlite) for fault in run(kind, quick, seed)]
    print(f"\n{len(violations)} violations, in {time.monotonic() - began:.0f} s.")
    for violation in violations:
        print(f"  {violation}")
    return 1 if violations else 0


def run(kind: type[Postgres] | type[Sqlite], quick: bool, seed: int) -> list[str]:
    """All faults of one database, one after another on the same server; what was violated."""
    faults = [fault for fault in FAULTS if kind.name in fault.databases and (fault.quick or not quick)]
    violations, ledgers = [], []
    print(
        "\n" + ROW.format(kind.name, "requests", "201", "503", "cut", "lost", "doubled", "slowest", "recovery")
    )
    with World(kind, storms=len(faults)) as world:
        for index, fault in enumerate(faults):
            shows = world.stage.shows[index * SHOWS_A_STORM :][:SHOWS_A_STORM]
            if hindrance := fault.hindrance(world):
                print(f"{fault.name:35} LEFT OUT: {hindrance}")
                if os.environ.get("LEFT_OUT") == "nothing":
                    violations.append(f"{kind.name}, {fault.name}: left out")
                continue
            trial = tried(world, fault, shows, f"{seed} {fault.name}")
            print(trial.row(), flush=True)
            violations += [f"{kind.name}, {fault.name}: {what}" for what in trial.violations()]
            ledgers.append(trial.ledger)
        # What was sold before an early fault has to be there after the last one.
        whole = verify(together(ledgers), world.database.url)
        if not whole.clean:
            violations.append(f"{kind.name}, at the end: {whole}")
        if violations:
            for log in filter(Path.exists, world.logs):
                kept = Path(tempfile.gettempdir()) / f"chaos-{kind.name}-{log.name}"
                shutil.copy(log, kept)
                print(f"kept: {kept}")
    return violations


@dataclass
class Trial:
    fault: Fault
    ledger: Ledger
    visitor: Ledger
    verdict: Verdict
    disagreement: str
    recovery: float | None

    def row(self) -> str:
        ledger = self.ledger
        return ROW.format(
            self.fault.name,
            ledger.requests,
            ledger.answers[201],
            ledger.answers[503],
            ledger.cut,
            len(self.verdict.lost),
            len(self.verdict.doubled),
            f"{ledger.slowest:.1f} s",
            "never" if self.recovery is None else f"{self.recovery:.1f} s",
        )

    def violations(self) -> list[str]:
        found = []
        if not self.verdict.clean:
            found.append(str(self.verdict))
        if self.disagreement:
            found.append(self.disagreement)
        for who, ledger in (("buyers", self.ledger), ("a visitor", self.visitor)):
            if ledger.faulty:
                found.append(f"{len(ledger.faulty)} faulty answers to {who}, such as {ledger.faulty[0]}")
            if ledger.hangs:
                found.append(f"{ledger.hangs} requests of {who} took longer than {PATIENCE} s")
        if self.recovery is None:
            found.append(f"nothing was sold for {RECOVERY} s after it")
        if self.fault.felt and not self.ledger.answers[503] + self.ledger.cut:
            found.append("nobody noticed it, so it proves nothing")
        return found


def tried(world: World, fault: Fault, shows: list[int], seed: str) -> Trial:
    fault.prepare(world)
    base = world.wire.base if fault.by_wire else world.service.base
    storm = partial(Storm, [base], shows=shows, seats=SEATS, seed=seed, patience=PATIENCE, settling=RECOVERY)
    tokens = world.stage.tokens
    with storm(tokens=tokens) as buying, storm(tokens=tokens[:1], people=Visitor) as visiting:
        wait_for_sales(buying.ledger, time.monotonic())
        time.sleep(CALM)
        fault.strike(world)
        ended = time.monotonic()
        recovery = wait_for_sales(buying.ledger, ended)
        time.sleep(CALM)
    verdict = verify(buying.ledger, world.database.url)
    try:
        manage(world.settings, "check_seats")
        disagreement = ""
    except RuntimeError as error:
        disagreement = str(error)
    return Trial(fault, buying.ledger, visiting.ledger, verdict, disagreement, recovery)


def wait_for_sales(ledger: Ledger, since: float) -> float | None:
    """How long it took until somebody was sold something; None if nobody was."""
    while time.monotonic() < since + RECOVERY:
        with ledger.lock:
            if (took := ledger.recovery(since)) is not None:
                return took
        time.sleep(0.02)
    return None


if __name__ == "__main__":
    with nothing_left_behind():
        sys.exit(main())
