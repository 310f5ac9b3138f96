"""How much is done: all of it, or with `QUICK=1` so little that it only shows that everything works."""

import os

QUICK = os.environ.get("QUICK", "") not in {"", "0"}

# What is compared is done in turn, several times over, and the median of the rounds is told: a machine's
# speed changes from minute to minute.
ROUNDS = 2 if QUICK else 5
# It changes from second to second too: what can be cut short is done in more and shorter rounds.
SHORT_ROUNDS = 2 if QUICK else 20

# Connections that ask for the next thing as soon as they have the last one.
CLIENTS = 32


def full_or_quick(full: int, quick: int) -> int:
    return quick if QUICK else full
