"""How many rounds and clients the benchmark uses. `QUICK=1` only checks that everything works."""

import os

QUICK = os.environ.get("QUICK", "") not in {"", "0"}

# Compared calls run in turn, and the median of the rounds counts: a machine's speed changes by the minute.
ROUNDS = 2 if QUICK else 5
# A machine's speed changes by the second too, so calls that allow it run in more and shorter rounds.
SHORT_ROUNDS = 2 if QUICK else 20

# Concurrent connections. Each sends its next request as soon as it has the last response.
CLIENTS = 32


def full_or_quick(full: int, quick: int) -> int:
    return quick if QUICK else full
