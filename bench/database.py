"""Creates, copies and drops PostgreSQL and SQLite databases, with their default durability.

The benchmark starts a PostgreSQL server of its own, which ends with it. One template database of each kind is
migrated and filled (`fixtures.py`); all others are copies of a template.
"""

import os
import shutil
import sys
import uuid
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
VENDORS = ("postgresql", "sqlite")


def restart_inside_postgresql() -> None:
    """Replaces this process by the same command under `.ci/postgres`, unless it already runs there."""
    if "FSYNC" not in os.environ:
        script = str(ROOT / ".ci" / "postgres")
        os.environ["FSYNC"] = "on"
        os.execv(script, [script, sys.executable, "-m", "bench", *sys.argv[1:]])


def postgresql_program(name: str) -> Path:
    """Returns the path of a program of the newest PostgreSQL that is installed, like `.ci/postgres`."""
    programs = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    return max(programs, key=lambda program: float(program.parent.parent.name))


def create_empty(vendor: str, folder: Path) -> str:
    """Creates an empty database and returns its URL."""
    if vendor == "sqlite":
        return f"sqlite:///{folder / 'template.sqlite3'}"
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + "/template"
    _execute_as_owner(url, 'CREATE DATABASE "template"')
    return url


def create_copy(url: str) -> str:
    """Copies a database that has no open connections and returns the copy's URL."""
    front, _, name = url.rpartition("/")
    copy = f"{front}/bench_{uuid.uuid4().hex[:12]}"
    if url.startswith("sqlite"):
        shutil.copyfile(url.removeprefix("sqlite:///"), copy.removeprefix("sqlite:///"))
    else:
        _execute_as_owner(url, f'CREATE DATABASE "{copy.rpartition("/")[2]}" TEMPLATE "{name}"')
    return copy


def current_url() -> str:
    """Returns the URL of this process's database."""
    return os.environ["DATABASE_URL"]


def drop(url: str) -> None:
    front, _, name = url.rpartition("/")
    if url.startswith("sqlite"):
        for file in Path(front.removeprefix("sqlite:///")).glob(f"{name}*"):
            file.unlink()
    else:
        _execute_as_owner(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _execute_as_owner(url: str, statement: str) -> None:
    with psycopg.connect(url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute(statement)
