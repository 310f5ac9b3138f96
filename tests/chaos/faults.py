"""What goes wrong, one by one: each strikes while people buy, and returns when it is over."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from tests.chaos.processes import kill
from tests.chaos.world import World

POSTGRES, SQLITE = "PostgreSQL", "SQLite"
BOTH = (POSTGRES, SQLITE)
# How long what lasts, lasts (seconds). Longer than the time limits that the server is given.
SECONDS = 3


@dataclass(frozen=True)
class Fault:
    name: str
    strike: Callable[[World], None]
    databases: tuple[str, ...]
    # Of the few that there is always time for.
    quick: bool
    # Whether buyers can't but notice; if they do not, the fault was none, and proves nothing.
    felt: bool
    # Made ready before the storm begins.
    prepare: Callable[[World], None]
    # Whether the buyers' own connections go by way of a wire that breaks.
    by_wire: bool
    # Why it can't be done here; empty where it can.
    hindrance: Callable[[World], str]


FAULTS: list[Fault] = []


def no_disk(world: World) -> str:
    return world.disk.why_not


def no_clock(world: World) -> str:
    return world.clocks["server"].why_not


def fault(
    name: str,
    *databases: str,
    quick: bool = False,
    felt: bool = True,
    prepare: Callable[[World], None] = lambda world: None,
    by_wire: bool = False,
    hindrance: Callable[[World], str] = lambda world: "",
) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    def add(strike: Callable[[World], None]) -> Callable[[World], None]:
        FAULTS.append(Fault(name, strike, databases or BOTH, quick, felt, prepare, by_wire, hindrance))
        return strike

    return add


# --- The server -----------------------------------------------------------------------


@fault("one worker killed", felt=False)
def kill_a_worker(world: World) -> None:
    kill(random.choice(world.service.workers()))


@fault("all workers killed")
def kill_workers(world: World) -> None:
    kill(*world.service.workers())


@fault("server killed, restarted", quick=True)
def kill_the_server(world: World) -> None:
    world.service.kill_all()
    time.sleep(0.5)
    world.service.start()


# --- The network ----------------------------------------------------------------------


@fault("answers torn on their way", quick=True, by_wire=True)
def tear_answers(world: World) -> None:
    """The buyers' answers: what was done may have been done, and they ask again."""
    with world.wire.breaking(0.2):
        time.sleep(SECONDS)


@fault("database connections cut", POSTGRES, quick=True)
def cut_connections(world: World) -> None:
    for _ in range(4):
        world.postgres.cut_connections()
        time.sleep(0.5)


def by_a_wire(world: World) -> None:
    world.service.restart(DATABASE_URL=world.wired_url)


@fault("database answers torn", POSTGRES, prepare=by_a_wire)
def tear_database_answers(world: World) -> None:
    with world.database_wire.breaking(0.1):
        time.sleep(SECONDS)


# --- The database ---------------------------------------------------------------------


@fault("database killed, restarted", POSTGRES, quick=True)
def kill_the_database(world: World) -> None:
    world.postgres.kill()
    time.sleep(1.5)
    world.postgres.start()


@fault("database stands still", POSTGRES, felt=False)
def pause_the_database(world: World) -> None:
    world.postgres.freeze()
    try:
        time.sleep(SECONDS + 1)
    finally:
        world.postgres.thaw()


@fault("seats locked by somebody", felt=False)
def lock_seats(world: World) -> None:
    with world.database.locked():
        time.sleep(SECONDS)


@fault("database read-only", POSTGRES)
def read_only(world: World) -> None:
    with world.postgres.read_only():
        time.sleep(SECONDS)


@fault("database file read-only", SQLITE, hindrance=no_disk)
def files_read_only(world: World) -> None:
    with world.disk.unwritable(*world.sqlite.files()):
        time.sleep(SECONDS)


@fault("power cut, all restarted", quick=True, hindrance=no_disk)
def cut_the_power(world: World) -> None:
    # All at one moment: nobody sees the disk without power.
    world.service.freeze()
    world.database.freeze()
    world.disk.lose_power()
    world.service.kill_all()
    world.database.kill()
    world.disk.come_back()
    world.database.start()
    world.service.start()


@fault("disk full", POSTGRES, quick=True, hindrance=no_disk)
def postgres_disk_full(world: World) -> None:
    with world.disk.full():
        for _ in range(10 * SECONDS):
            time.sleep(0.1)
            # Its log takes more room each time, until it has none left and gives up.
            with suppress(psycopg.Error):
                world.postgres.execute("SELECT pg_switch_wal()")
    world.postgres.start()


@fault("disk full", SQLITE, quick=True, hindrance=no_disk)
def sqlite_disk_full(world: World) -> None:
    # Or it would go on for long in the room that it has.
    world.sqlite.shorten_log()
    with world.disk.full():
        time.sleep(SECONDS)


# --- Clocks ---------------------------------------------------------------------------


def under_other_clocks(world: World) -> None:
    """From here on, both take their time from files."""
    world.database.stop()
    world.database.start(**world.clocks["database"].environment)
    world.service.restart(**world.clocks["server"].environment)


@fault("server's clock an hour fast", felt=False, prepare=under_other_clocks, hindrance=no_clock)
def server_fast(world: World) -> None:
    world.clocks["server"].set(3600)


@fault("server's clock an hour slow", felt=False, hindrance=no_clock)
def server_slow(world: World) -> None:
    world.clocks["server"].set(-3600)


@fault("PostgreSQL's clock an hour fast", POSTGRES, felt=False, hindrance=no_clock)
def database_fast(world: World) -> None:
    world.clocks["database"].set(3600)


@fault("PostgreSQL's clock an hour slow", POSTGRES, felt=False, hindrance=no_clock)
def database_slow(world: World) -> None:
    world.clocks["database"].set(-3600)
