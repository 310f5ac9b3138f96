"""PostgreSQL and SQLite with production durability, and methods that break them."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.processes import children, kill
from tests.ports import spare_port


class Sqlite:
    name = "SQLite"

    def __init__(self, folder: Path, log: Path) -> None:
        self.file = folder / "cinema.sqlite3"
        self.url = f"sqlite:///{self.file}"

    def start(self, **environment: str) -> None:
        pass

    def stop(self) -> None:
        pass

    # SQLite has no process of its own, so there is nothing to freeze or kill.

    def freeze(self) -> None:
        pass

    def kill(self) -> None:
        pass

    def files(self) -> list[Path]:
        # Without `-shm`: processes map it as shared memory and would crash if it became read-only.
        return [self.file, Path(f"{self.file}-wal")]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the write lock, like another process's long transaction, while the block runs."""
        with closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")

    def truncate_log(self) -> None:
        """Empties the write-ahead log, so that the next write needs new disk space."""
        with closing(sqlite3.connect(self.file, timeout=30)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class Postgres:
    """A durable PostgreSQL cluster. `.ci/postgres` is not, because it runs without fsync by default."""

    name = "PostgreSQL"

    def __init__(self, folder: Path, log: Path) -> None:
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
        if not binaries:
            raise FileNotFoundError("there is no PostgreSQL server: install Debian's package postgresql")
        self.binaries, self.folder, self.log = binaries[-1], folder / "data", log
        self.port = spare_port()
        self.url = f"postgres://cinema@127.0.0.1:{self.port}/postgres"
        # PostgreSQL refuses to run as root.
        self.owner: dict[str, Any] = (
            {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        )
        self.folder.mkdir(mode=0o700)
        if self.owner:
            for path in (folder, self.folder):
                os.chmod(path, 0o700)
                subprocess.run(["chown", "postgres:", str(path)], check=True)
        self._run("initdb", "--username=cinema", "--auth=trust", "--encoding=UTF8", "--wal-segsize=1")
        self.process: subprocess.Popen[bytes] | None = None

    def _run(self, *command: str) -> None:
        subprocess.run(
            [str(self.binaries / command[0]), f"--pgdata={self.folder}", *command[1:]],
            cwd="/",
            check=True,
            capture_output=True,
            **self.owner,
        )

    def start(self, **environment: str) -> None:
        """Waits until PostgreSQL answers, and starts it whenever it is not running, as systemd would."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "max_wal_size": "32MB",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        deadline = time.monotonic() + 60
        while True:
            if self.process is None or self.process.poll() is not None:
                with self.log.open("ab") as log:
                    self.process = subprocess.Popen(
                        [str(self.binaries / "postgres"), "-D", str(self.folder), *options],
                        cwd="/",
                        env={**os.environ, **environment},
                        stdout=log,
                        stderr=log,
                        **self.owner,
                    )
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)

    def kill(self) -> None:
        """Kills all processes with SIGKILL."""
        assert self.process is not None
        kill(*self._pids())
        self.process.wait(30)

    def _pids(self) -> list[int]:
        assert self.process is not None
        return [self.process.pid, *children(self.process.pid)]

    def freeze(self) -> None:
        """Stops all processes with SIGSTOP; their connections stay open."""
        kill(*self._pids(), sig=signal.SIGSTOP)

    def thaw(self) -> None:
        kill(*self._pids(), sig=signal.SIGCONT)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Locks the table of seats against writes while the block runs."""
        with psycopg.connect(self.url) as connection:
            connection.execute("LOCK TABLE seats_seat IN EXCLUSIVE MODE")
            yield
            connection.rollback()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Makes all new transactions read-only while the block runs."""
        self.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        self.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            self.execute(
                "SET default_transaction_read_only = off",
                "ALTER SYSTEM RESET default_transaction_read_only",
                "SELECT pg_reload_conf()",
            )

    def terminate_connections(self) -> None:
        self.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""
        )

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
            for statement in statements:
                connection.execute(statement)
