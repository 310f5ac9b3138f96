"""CPU time of a process and its descendants, read from Linux's `/proc`."""

import os
from functools import cache
from pathlib import Path

from django.db import connection

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """Returns the CPU seconds of a process and its descendants, including those that have ended."""
    parents, ticks = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                # The second field is the command's name in brackets, which may itself contain brackets.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # The process has just ended.
            parents[int(entry.name)] = int(fields[1])
            # utime, stime, cutime and cstime: the last two count children that have ended.
            ticks[int(entry.name)] = sum(int(field) for field in fields[11:15])
    family = {root}
    while children := {child for child, parent in parents.items() if parent in family} - family:
        family |= children
    return sum(ticks.get(process, 0) for process in family) / TICKS_PER_SECOND


@cache
def postmaster() -> int | None:
    """Returns the process id of PostgreSQL's main process, or None on SQLite."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def database_cpu_seconds() -> float:
    """Returns the CPU seconds of all PostgreSQL processes; 0 on SQLite, which runs inside the server."""
    return cpu_seconds(process) if (process := postmaster()) else 0.0
