"""Databases of both kinds, as durable as they are by default, and as many as are wanted.

PostgreSQL is the benchmark's own, and gone when it ends. One database of each kind is migrated and furnished
(`filling.py`); all others are copies of it.
"""

import os
import shutil
import sys
import uuid
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("postgresql", "sqlite")


def have_postgresql() -> None:
    """Starts this command anew inside a PostgreSQL of its own, if it is not inside one."""
    if "FSYNC" not in os.environ:
        script = str(ROOT / ".ci" / "postgres")
        os.environ["FSYNC"] = "on"
        os.execv(script, [script, sys.executable, "-m", "bench", *sys.argv[1:]])


def postgresql_program(name: str) -> Path:
    """Of the newest PostgreSQL that is installed, as `.ci/postgres` takes it."""
    programs = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    return max(programs, key=lambda program: float(program.parent.parent.name))


def empty(kind: str, folder: Path) -> str:
    """The address of a database with nothing in it."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'template.sqlite3'}"
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + "/template"
    _as_owner(url, 'CREATE DATABASE "template"')
    return url


def copy_of(url: str) -> str:
    """The address of a fresh copy of a database that nobody is connected to."""
    front, _, name = url.rpartition("/")
    copy = f"{front}/bench_{uuid.uuid4().hex[:12]}"
    if url.startswith("sqlite"):
        shutil.copyfile(url.removeprefix("sqlite:///"), copy.removeprefix("sqlite:///"))
    else:
        _as_owner(url, f'CREATE DATABASE "{copy.rpartition("/")[2]}" TEMPLATE "{name}"')
    return copy


def own() -> str:
    """That of this process."""
    return os.environ["DATABASE_URL"]


def drop(url: str) -> None:
    front, _, name = url.rpartition("/")
    if url.startswith("sqlite"):
        for file in Path(front.removeprefix("sqlite:///")).glob(f"{name}*"):
            file.unlink()
    else:
        _as_owner(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _as_owner(url: str, statement: str) -> None:
    with psycopg.connect(url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute(statement)
