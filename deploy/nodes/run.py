"""`make nodes`: runs two app nodes, two databases, pgbouncer, Redis and HAProxy with the files of this folder.

It is for demonstrations and tests. All processes listen on spare ports of 127.0.0.1, and their data is in a
temporary folder. Ctrl-C stops them and deletes the data. Debian's packages haproxy, pgbouncer, redis-server and
postgresql must be installed.
"""

import csv
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from deploy.nodes.processes import PATH, ROOT, Processes, spare_ports

FILES = Path(__file__).resolve().parent
PROGRAMS = ("haproxy", "pgbouncer", "redis-server", "initdb", "pg_basebackup", "postgres", "psql")
DATABASES, APPS = ("db1", "db2"), ("app1", "app2")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def missing_programs() -> list[str]:
    """Returns the required programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]


class Nodes(Processes):
    """Context manager that runs all processes and serves at `url`.

    `settings` are environment variables of the app nodes. `fsync=False` makes the databases faster but less
    durable.
    """

    stopped_by_quit = (*DATABASES, *APPS)

    def __init__(self, *, fsync: bool = True, workers: int = 1, **settings: str) -> None:
        super().__init__()
        self.fsync, self.workers = fsync, workers
        self.ports = spare_ports((*DATABASES, *APPS, "pgbouncer", "redis", "haproxy"))
        self.url = self.address("http", "haproxy")
        self.password, self.primary = secrets.token_urlsafe(16), "db1"
        credentials = f"cinema:{self.password}@127.0.0.1"
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "cinema.settings",
            "POSTGRES_PASSWORD": self.password,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": f"postgres://{credentials}:{self.ports['pgbouncer']}/cinema?DISABLE_SERVER_SIDE_CURSORS=True",
            "REDIS_URL": self.address("redis", "redis"),
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "NUM_PROXIES": "1",
            "HTTPS": "off",
            "DRAIN_SECONDS": "3",
            **settings,
        }

    def address(self, scheme: str, name: str) -> str:
        return f"{scheme}://127.0.0.1:{self.ports[name]}"

    def database_url(self, name: str) -> str:
        """Returns the URL of a database itself. Commands use it, because pgbouncer limits their time."""
        return f"postgres://cinema:{self.password}@127.0.0.1:{self.ports[name]}/cinema"

    def __enter__(self) -> "Nodes":
        self.make_folder()
        try:
            self.start_databases()
            self.start_redis()
            self.point_pgbouncer_at(self.primary)
            self.start("pgbouncer", ["pgbouncer", str(self.data / "pgbouncer.ini")], as_postgres=True)
            for name in APPS:
                self.start_app(name)
            self.start_haproxy()
            for name in APPS:
                self.wait_for_app(name)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def make_folder(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cinema-nodes-"))
        # The user `postgres` must be able to enter it.
        self.folder.chmod(0o711)
        # A copy, because the user `postgres` may be unable to read the project's folder.
        self.files = self.folder / "files"
        self.files.mkdir()
        for file in FILES.iterdir():
            if file.suffix in {".conf", ".cfg", ".json", ".sql"}:
                shutil.copyfile(file, self.files / file.name)

    # --- Processes ---

    def start_databases(self) -> None:
        self.data = self.folder / "postgres"
        self.data.mkdir(mode=0o700)
        if self.run_as:
            shutil.chown(self.data, self.run_as["user"], self.run_as["group"])
        self.command("initdb", "--pgdata", str(self.data / "db1"), "--username", "postgres", "--no-sync")
        self.start_database("db1")
        self.command(*self.psql("db1"), "--file", str(self.files / "roles.sql"))
        self.start_standby("db2", of="db1")
        environment = self.environment | {"DATABASE_URL": self.database_url("db1")}
        for name in ("migrate", "load_demo"):
            command = [sys.executable, "manage.py", name, "--verbosity", "0"]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)

    def start_standby(self, name: str, *, of: str) -> None:
        """Deletes the node's data, copies the node `of`, and starts the copy as its standby."""
        shutil.rmtree(self.data / name, ignore_errors=True)
        source = f"host=127.0.0.1 port={self.ports[of]} user=replicator password={self.password}"
        arguments = ["--dbname", source, "--pgdata", str(self.data / name), "--write-recovery-conf"]
        self.command("pg_basebackup", *arguments, "--checkpoint", "fast", "--no-sync")
        self.start_database(name)
        standbys = "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'"
        self.wait_until(f"{name} replicates {of}", lambda: self.query(of, standbys) == name)

    def start_database(self, name: str) -> None:
        # Settings that database.sh or Docker's image pass on the command line, too.
        settings = {
            "config_file": self.files / "postgresql.conf",
            "hba_file": self.files / "pg_hba.conf",
            "cluster_name": name,
            "port": self.ports[name],
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.data,
            "fsync": "on" if self.fsync else "off",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self.start(name, ["postgres", "-D", str(self.data / name), *options], as_postgres=True)
        self.wait_until(f"{name} answers", lambda: self.query(name, "SELECT 1") == "1")

    def start_app(self, name: str) -> None:
        from cinema.server.command import command

        self.start(name, command(self.ports[name], self.workers))

    def wait_for_app(self, name: str) -> None:
        """Waits until HAProxy sends requests to the node.

        HAProxy considers a new node up until its first check, so this checks `/readyz` as well.
        """
        self.wait_until(f"{name} is ready", lambda: self.is_ready(name) and self.is_served_by(name))

    def start_redis(self) -> None:
        address = ["--bind", "127.0.0.1", "--port", str(self.ports["redis"]), "--dir", str(self.folder)]
        self.start("redis", ["redis-server", str(self.files / "redis.conf"), *address])

    def start_haproxy(self) -> None:
        variables = {
            "FILES": str(self.files),
            "BIND": f"127.0.0.1:{self.ports['haproxy']}",
            "ADMIN": str(self.folder / "haproxy.sock"),
            **{name.upper(): f"127.0.0.1:{self.ports[name]}" for name in APPS},
        }
        self.start("haproxy", ["haproxy", "-db", "-f", str(self.files / "haproxy.cfg")], variables)

    def point_pgbouncer_at(self, primary: str) -> None:
        """Writes pgbouncer.ini with the addresses of this machine, and reloads a running pgbouncer."""
        text = (FILES / "pgbouncer.ini").read_text()
        for old, new in {
            "host=db1 port=5432": f"host=127.0.0.1 port={self.ports[primary]}",
            "listen_addr = *": "listen_addr = 127.0.0.1",
            "listen_port = 6432": f"listen_port = {self.ports['pgbouncer']}",
            "/etc/pgbouncer/userlist.txt": str(self.data / "userlist.txt"),
        }.items():
            if old not in text:
                raise AssertionError(f"pgbouncer.ini no longer contains {old!r}. Update run.py.")
            text = text.replace(old, new)
        (self.data / "pgbouncer.ini").write_text(text)
        (self.data / "userlist.txt").write_text(f'"cinema" "{self.password}"\n')
        self.primary = primary
        if "pgbouncer" in self.processes:
            self.processes["pgbouncer"].send_signal(signal.SIGHUP)

    def failover_commands(self) -> list[str]:
        """Returns the shell commands that kill db1 and make db2 the primary.

        They do here what docs/operations.md says for separate machines.
        """
        as_postgres = f"runuser -u {self.run_as['user']} -- " if self.run_as else ""
        promote = (
            "ALTER SYSTEM SET synchronous_standby_names = ''",
            "SELECT pg_reload_conf()",
            "SELECT pg_promote()",
        )
        psql = shlex.join([shutil.which("psql", path=PATH) or "psql", *self.psql("db2")[1:]])
        statements = " ".join(f'--command="{sql}"' for sql in promote)
        db1, db2, file = self.ports["db1"], self.ports["db2"], self.data / "pgbouncer.ini"
        return [
            f"kill -QUIT {self.processes['db1'].pid}",
            f"{as_postgres}{psql} {statements}",
            f"sed -i 's/port={db1} /port={db2} /' {file} && kill -HUP {self.processes['pgbouncer'].pid}",
        ]

    def psql(self, name: str) -> tuple[str, ...]:
        connection = ("--host", str(self.data), "--port", str(self.ports[name]), "--username", "postgres")
        return (
            "psql",
            *connection,
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
        )

    def query(self, name: str, *statements: str) -> str:
        """Runs SQL as the superuser and returns the output, or "" if the database does not answer."""
        try:
            return self.command(*self.psql(name), *(f"--command={sql}" for sql in statements)).strip()
        except RuntimeError:
            return ""

    def is_ready(self, name: str) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address('http', name)}/readyz", timeout=5) as response:  # noqa: S310
                return bool(response.status == 200)
        except OSError:
            return False

    def is_served_by(self, name: str) -> bool:
        """Returns whether HAProxy sends requests to this app node."""
        with socket.socket(socket.AF_UNIX) as admin, suppress(FileNotFoundError, ConnectionRefusedError):
            admin.connect(str(self.folder / "haproxy.sock"))
            admin.sendall(b"show stat\n")
            rows = csv.DictReader(admin.makefile())
            return any(row["svname"] == name and row["status"] == "UP" for row in rows)
        return False


def stop_once(*_: Any) -> None:
    """Ignores further signals, because a second Ctrl-C would interrupt the cleanup."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> None:
    if missing := missing_programs():
        packages = "haproxy pgbouncer redis-server postgresql"
        sys.exit(f"Not installed: {', '.join(missing)}. On Debian, run: apt install {packages}")
    for number in STOP_SIGNALS:
        signal.signal(number, stop_once)
    with suppress(KeyboardInterrupt), Nodes() as nodes:
        print(f"\n  {nodes.url}/   through HAProxy\n")
        for name, process in nodes.processes.items():
            print(f"    {name:9} 127.0.0.1:{nodes.ports[name]:<6} process {process.pid}")
        print("\n  The header X-Node names the node that answered. To let db2 take over from db1:\n")
        for command in nodes.failover_commands():
            print(f"    {command}")
        print(f"\n  Logs: {nodes.folder}/*.log\n  Ctrl-C stops everything and deletes the data.\n", flush=True)
        while True:
            signal.pause()


if __name__ == "__main__":
    main()
