"""The service as `make run` serves it, and what a load costs it."""

import os
from collections.abc import Callable, Sequence
from statistics import quantiles
from time import process_time
from typing import Any

from bench import client
from bench.processes import cpu_seconds, database_cpu_seconds
from bench.sizes import ROUNDS
from tests.live_server import Server

# What is known of one load in one round.
Figures = dict[str, float]


class Cinema(Server):
    """`with Cinema() as cinema:` serves the database of this process, or another, until the block ends."""

    def __init__(self, workers: int = 0, **environment: str) -> None:
        settings = os.environ["DJANGO_SETTINGS_MODULE"]
        super().__init__(workers or os.cpu_count() or 1, DJANGO_SETTINGS_MODULE=settings, **environment)

    def load(self, clients: Sequence[client.Client]) -> Figures:
        """Lets clients ask it. CPU time is told by request, in microseconds; that of the clients themselves
        only to show that it does not spoil the rest."""
        before = cpu_seconds(self.process.pid), database_cpu_seconds(), process_time()
        seconds, times = client.run(self.port, clients)
        after = cpu_seconds(self.process.pid), database_cpu_seconds(), process_time()
        server, database, here = (
            (end - begin) / len(times) * 1e6 for begin, end in zip(before, after, strict=True)
        )
        percents = quantiles(times, n=100, method="inclusive")
        return {
            "requests": len(times),
            "rate": len(times) / seconds,
            "server_us": server,
            "database_us": database,
            "client_us": here,
            "p50_ms": percents[49] * 1000,
            "p99_ms": percents[98] * 1000,
        }


def in_turn(loads: dict[str, Callable[[], Figures]], rounds: int = ROUNDS) -> dict[str, dict[str, list[float]]]:
    """All the loads in turn, round by round; answers what each round found."""
    found: dict[str, dict[str, list[Any]]] = {name: {} for name in loads}
    for _ in range(rounds):
        for name, load in loads.items():
            for figure, value in load().items():
                found[name].setdefault(figure, []).append(value)
    return found
