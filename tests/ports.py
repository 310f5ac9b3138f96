"""Ports of 127.0.0.1 for servers that tests start."""

import os
import socket
from contextlib import suppress
from random import SystemRandom

# Each worker of xdist has its own ports and gives none of them twice. Otherwise two servers that start at the
# same time could get the same one. Linux gives higher ports to outgoing connections, one of which could take a
# port before the server does.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = range(15_000 + _WORKER, 32_000, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
_shuffled_ports = iter(SystemRandom().sample(_PORTS, len(_PORTS)))


def spare_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    for port in _shuffled_ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("All ports were in use.")
