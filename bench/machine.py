"""Describes the machine and the software versions that were measured."""

import os
import platform
import re
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.database import postgresql_program


def describe() -> str:
    """Returns one paragraph with the date, the hardware and the versions."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal: *([0-9]+)", Path("/proc/meminfo").read_text())
    machine = [cpu[1] if cpu else platform.machine(), f"{os.cpu_count()} cores"]
    if memory:
        machine.append(f"{int(memory[1]) / 1024**2:.0f} GiB")
    postgresql = subprocess.run(
        [postgresql_program("postgres"), "--version"], capture_output=True, text=True
    ).stdout
    versions = [
        f"Linux {platform.release().split('-')[0]}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in ("Django", "djangorestframework", "gunicorn", "psycopg")),
        f"PostgreSQL {postgresql.split()[2]}",
        f"SQLite {sqlite3.sqlite_version}",
    ]
    return f"{datetime.now(UTC):%Y-%m-%d}. {', '.join(machine)}, shared by server, database and clients. " + (
        f"{', '.join(versions)}."
    )
