"""The service as `make run` serves it, and the rates, response times and CPU time of a load on it."""

import os
from collections.abc import Callable, Sequence
from statistics import quantiles
from time import process_time
from typing import Any

from bench import client
from bench.cpu_time import cpu_seconds, database_cpu_seconds
from bench.sizes import ROUNDS
from tests.live_server import Server

# The figures of one load in one round, by name.
Figures = dict[str, float]


class BenchServer(Server):
    """`with BenchServer() as server:` serves this process's database, or another, until the block ends."""

    def __init__(self, workers: int = 0, **environment: str) -> None:
        settings = os.environ["DJANGO_SETTINGS_MODULE"]
        super().__init__(workers or os.cpu_count() or 1, DJANGO_SETTINGS_MODULE=settings, **environment)

    def load(self, clients: Sequence[client.Client]) -> Figures:
        """Runs the clients against this server and returns the figures.

        CPU time is in microseconds per request. The clients' own is included to show how small it is.
        """
        before = cpu_seconds(self.process.pid), database_cpu_seconds(), process_time()
        seconds, durations = client.run(self.port, clients)
        after = cpu_seconds(self.process.pid), database_cpu_seconds(), process_time()
        server_us, database_us, client_us = (
            (end - start) / len(durations) * 1e6 for start, end in zip(before, after, strict=True)
        )
        percentiles = quantiles(durations, n=100, method="inclusive")
        return {
            "requests": len(durations),
            "rate": len(durations) / seconds,
            "server_us": server_us,
            "database_us": database_us,
            "client_us": client_us,
            "p50_ms": percentiles[49] * 1000,
            "p99_ms": percentiles[98] * 1000,
        }


def run_in_rounds(
    loads: dict[str, Callable[[], Figures]], rounds: int = ROUNDS
) -> dict[str, dict[str, list[float]]]:
    """Runs all loads in turn, round by round. Returns each load's figures as lists with one value per round."""
    results: dict[str, dict[str, list[Any]]] = {name: {} for name in loads}
    for _ in range(rounds):
        for name, load in loads.items():
            for figure, value in load().items():
                results[name].setdefault(figure, []).append(value)
    return results
