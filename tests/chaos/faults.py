"""The faults that are injected while clients book. Each function returns when its fault has ended."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from tests.chaos.processes import kill
from tests.chaos.system import System

POSTGRES, SQLITE = "PostgreSQL", "SQLite"
BOTH = (POSTGRES, SQLITE)
# The duration of faults that last. Longer than the timeouts in `system.SETTINGS`.
FAULT_SECONDS = 3


@dataclass(frozen=True)
class Fault:
    name: str
    inject: Callable[[System], None]
    databases: tuple[str, ...]
    # It also runs with QUICK=1.
    quick: bool
    # Some requests must fail. If none does, the fault had no effect and the test proves nothing.
    noticeable: bool
    # Called before the load starts.
    prepare: Callable[[System], None]
    # Clients connect through the faulty proxy.
    through_proxy: bool
    # Returns why the fault cannot be injected on this machine, or "".
    skip_reason: Callable[[System], str]


FAULTS: list[Fault] = []


def no_disk(system: System) -> str:
    return system.disk.unavailable


def no_clock(system: System) -> str:
    return system.clocks["server"].unavailable


def fault(
    name: str,
    *databases: str,
    quick: bool = False,
    noticeable: bool = True,
    prepare: Callable[[System], None] = lambda system: None,
    through_proxy: bool = False,
    skip_reason: Callable[[System], str] = lambda system: "",
) -> Callable[[Callable[[System], None]], Callable[[System], None]]:
    """Registers a function as a fault. The names are the first column of a table in docs/operations.md."""

    def register(inject: Callable[[System], None]) -> Callable[[System], None]:
        FAULTS.append(
            Fault(name, inject, databases or BOTH, quick, noticeable, prepare, through_proxy, skip_reason)
        )
        return inject

    return register


# --- The server -----------------------------------------------------------------------


@fault("one worker killed", noticeable=False)
def kill_one_worker(system: System) -> None:
    kill(random.choice(system.service.worker_pids()))


@fault("all workers killed")
def kill_all_workers(system: System) -> None:
    kill(*system.service.worker_pids())


@fault("server killed, restarted", quick=True)
def kill_server(system: System) -> None:
    system.service.kill_all()
    time.sleep(0.5)
    system.service.start()


# --- The network ----------------------------------------------------------------------


@fault("HTTP responses cut off", quick=True, through_proxy=True)
def cut_off_responses(system: System) -> None:
    """Clients retry requests that may have succeeded."""
    with system.proxy.cutting_responses(0.2):
        time.sleep(FAULT_SECONDS)


@fault("database connections cut", POSTGRES, quick=True)
def terminate_connections(system: System) -> None:
    for _ in range(4):
        system.postgres.terminate_connections()
        time.sleep(0.5)


def connect_through_proxy(system: System) -> None:
    system.service.restart(DATABASE_URL=system.proxied_database_url)


@fault("database responses cut off", POSTGRES, prepare=connect_through_proxy)
def cut_off_database_responses(system: System) -> None:
    with system.database_proxy.cutting_responses(0.1):
        time.sleep(FAULT_SECONDS)


# --- The database ---------------------------------------------------------------------


@fault("database killed, restarted", POSTGRES, quick=True)
def kill_database(system: System) -> None:
    system.postgres.kill()
    time.sleep(1.5)
    system.postgres.start()


@fault("database frozen", POSTGRES, noticeable=False)
def freeze_database(system: System) -> None:
    system.postgres.freeze()
    try:
        time.sleep(FAULT_SECONDS + 1)
    finally:
        system.postgres.thaw()


@fault("seats locked by another session", noticeable=False)
def lock_seats(system: System) -> None:
    with system.database.locked():
        time.sleep(FAULT_SECONDS)


@fault("database read-only", POSTGRES)
def make_database_read_only(system: System) -> None:
    with system.postgres.read_only():
        time.sleep(FAULT_SECONDS)


@fault("database file read-only", SQLITE, skip_reason=no_disk)
def make_files_read_only(system: System) -> None:
    with system.disk.read_only(*system.sqlite.files()):
        time.sleep(FAULT_SECONDS)


@fault("power cut, all restarted", quick=True, skip_reason=no_disk)
def cut_power(system: System) -> None:
    # Freeze everything first, so that no process sees the disk fail before it is killed.
    system.service.freeze()
    system.database.freeze()
    system.disk.cut_power()
    system.service.kill_all()
    system.database.kill()
    system.disk.restore_power()
    system.database.start()
    system.service.start()


@fault("disk full", POSTGRES, quick=True, skip_reason=no_disk)
def fill_postgres_disk(system: System) -> None:
    with system.disk.full():
        for _ in range(10 * FAULT_SECONDS):
            time.sleep(0.1)
            # Each new WAL segment needs space, until PostgreSQL finds none and shuts down.
            with suppress(psycopg.Error):
                system.postgres.execute("SELECT pg_switch_wal()")
    system.postgres.start()


@fault("disk full", SQLITE, quick=True, skip_reason=no_disk)
def fill_sqlite_disk(system: System) -> None:
    # Otherwise SQLite would reuse the space of its log and not notice the full disk.
    system.sqlite.truncate_log()
    with system.disk.full():
        time.sleep(FAULT_SECONDS)


# --- Clocks ---------------------------------------------------------------------------


def use_test_clocks(system: System) -> None:
    """Restarts database and server with clocks that the tests control. The faults that follow rely on this."""
    system.database.stop()
    system.database.start(**system.clocks["database"].environment)
    system.service.restart(**system.clocks["server"].environment)


@fault("server's clock an hour fast", noticeable=False, prepare=use_test_clocks, skip_reason=no_clock)
def set_server_clock_fast(system: System) -> None:
    system.clocks["server"].set(3600)


@fault("server's clock an hour slow", noticeable=False, skip_reason=no_clock)
def set_server_clock_slow(system: System) -> None:
    system.clocks["server"].set(-3600)


@fault("PostgreSQL's clock an hour fast", POSTGRES, noticeable=False, skip_reason=no_clock)
def set_database_clock_fast(system: System) -> None:
    system.clocks["database"].set(3600)


@fault("PostgreSQL's clock an hour slow", POSTGRES, noticeable=False, skip_reason=no_clock)
def set_database_clock_slow(system: System) -> None:
    system.clocks["database"].set(-3600)
