"""`make nodes`: two app nodes, two databases, pgbouncer, Redis and HAProxy, here, by the files of this folder.

For trying, and for tests: all of it runs on spare ports of 127.0.0.1, its data is in a temporary folder, and
both are gone with Ctrl-C. It needs Debian's haproxy, pgbouncer, redis-server and postgresql.
"""

import csv
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

FILES = Path(__file__).resolve().parent
ROOT = FILES.parent.parent
# Debian keeps servers where people's shells do not look; the newest PostgreSQL comes first.
POSTGRESQL = sorted(
    Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True
)
PATH = ":".join([*map(str, POSTGRESQL), os.environ["PATH"], "/usr/sbin"])
PROGRAMS = ("haproxy", "pgbouncer", "redis-server", "initdb", "pg_basebackup", "postgres", "psql")
DATABASES, APPS = ("db1", "db2"), ("app1", "app2")
STOPS = (signal.SIGINT, signal.SIGTERM)
# How long anything may take to start or to stop (seconds).
PATIENCE = 60


def missing() -> list[str]:
    """The programs that are not installed here."""
    return [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]


def spare_ports(names: tuple[str, ...]) -> dict[str, int]:
    """One for each, all of them different."""
    probes = {name: socket.create_server(("127.0.0.1", 0)) for name in names}
    ports = {name: probe.getsockname()[1] for name, probe in probes.items()}
    for probe in probes.values():
        probe.close()
    return ports


class Nodes:
    """`with Nodes() as nodes:` has all of it running, to be called at `nodes.url`; `settings` are the apps'."""

    def __init__(self, *, fsync: bool = True, workers: int = 1, **settings: str) -> None:
        self.fsync, self.workers = fsync, workers
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ports = spare_ports((*DATABASES, *APPS, "pgbouncer", "redis", "haproxy"))
        self.url = self.address("http", "haproxy")
        self.password, self.primary = secrets.token_urlsafe(16), "db1"
        # initdb and postgres refuse to run as root, and pgbouncer does, too.
        self.owner: dict[str, Any] = {}
        if os.getuid() == 0:
            self.owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
        login = f"cinema:{self.password}@127.0.0.1"
        self.environment = os.environ | {
            "PATH": PATH,
            "DJANGO_SETTINGS_MODULE": "cinema.settings",
            "POSTGRES_PASSWORD": self.password,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": f"postgres://{login}:{self.ports['pgbouncer']}/cinema?DISABLE_SERVER_SIDE_CURSORS=True",
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
        """Past pgbouncer: for commands."""
        return f"postgres://cinema:{self.password}@127.0.0.1:{self.ports[name]}/cinema"

    def __enter__(self) -> "Nodes":
        self.make_folder()
        try:
            self.start_databases()
            self.start("redis", self.redis())
            self.point_pgbouncer_at(self.primary)
            self.start("pgbouncer", ["pgbouncer", str(self.own / "pgbouncer.ini")], owned=True)
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
        # Its owner is not the only one here; everybody has a folder of their own below.
        self.folder.chmod(0o711)
        # The databases' owner may not come into the project's folder.
        self.files = self.folder / "files"
        self.files.mkdir()
        for file in FILES.iterdir():
            if file.suffix in {".conf", ".cfg", ".json", ".sql"}:
                shutil.copyfile(file, self.files / file.name)

    # --- What runs ---

    def start_databases(self) -> None:
        self.own = self.folder / "postgres"
        self.own.mkdir(mode=0o700)
        if self.owner:
            shutil.chown(self.own, self.owner["user"], self.owner["group"])
        self.command("initdb", "--pgdata", str(self.own / "db1"), "--username", "postgres", "--no-sync")
        self.start_database("db1")
        self.command(*self.psql("db1"), "--file", str(self.files / "roles.sql"))
        self.start_standby("db2", of="db1")
        commands = self.environment | {"DATABASE_URL": self.database_url("db1")}
        for command in ("migrate", "load_demo"):
            manage = [sys.executable, "manage.py", command, "--verbosity", "0"]
            subprocess.run(manage, cwd=ROOT, env=commands, check=True)

    def start_standby(self, name: str, *, of: str) -> None:
        """A copy of another, that follows it from then on. What data it had are gone."""
        shutil.rmtree(self.own / name, ignore_errors=True)
        source = f"host=127.0.0.1 port={self.ports[of]} user=replicator password={self.password}"
        arguments = ["--dbname", source, "--pgdata", str(self.own / name), "--write-recovery-conf"]
        self.command("pg_basebackup", *arguments, "--checkpoint", "fast", "--no-sync")
        self.start_database(name)
        followers = "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'"
        self.wait(f"{name} to follow {of}", lambda: self.ask(of, followers) == name)

    def start_database(self, name: str) -> None:
        # What Docker's image does for its own.
        here = {
            "config_file": self.files / "postgresql.conf",
            "hba_file": self.files / "pg_hba.conf",
            "cluster_name": name,
            "port": self.ports[name],
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.own,
            "fsync": "on" if self.fsync else "off",
        }
        options = [part for key, value in here.items() for part in ("-c", f"{key}={value}")]
        self.start(name, ["postgres", "-D", str(self.own / name), *options], owned=True)
        self.wait(name, lambda: self.ask(name, "SELECT 1") == "1")

    def start_app(self, name: str) -> None:
        from cinema.server.command import command

        self.start(name, command(self.ports[name], self.workers))

    def wait_for_app(self, name: str) -> None:
        """Until HAProxy sends it requests. It takes a node for good until it has looked, so we look first."""
        self.wait(name, lambda: self.is_ready(name) and self.is_served_by(name))

    def redis(self) -> list[str]:
        place = ["--bind", "127.0.0.1", "--port", str(self.ports["redis"]), "--dir", str(self.folder)]
        return ["redis-server", str(self.files / "redis.conf"), *place]

    def start_haproxy(self) -> None:
        places = {
            "FILES": str(self.files),
            "BIND": f"127.0.0.1:{self.ports['haproxy']}",
            "ADMIN": str(self.folder / "haproxy.sock"),
            **{name.upper(): f"127.0.0.1:{self.ports[name]}" for name in APPS},
        }
        self.start("haproxy", ["haproxy", "-db", "-f", str(self.files / "haproxy.cfg")], places)

    def point_pgbouncer_at(self, primary: str) -> None:
        """Its file, with the places of this machine; where it runs, it reads it again."""
        text = (FILES / "pgbouncer.ini").read_text()
        for ours, here in {
            "host=db1 port=5432": f"host=127.0.0.1 port={self.ports[primary]}",
            "listen_addr = *": "listen_addr = 127.0.0.1",
            "listen_port = 6432": f"listen_port = {self.ports['pgbouncer']}",
            "/etc/pgbouncer/userlist.txt": str(self.own / "userlist.txt"),
        }.items():
            if ours not in text:
                raise AssertionError(f"pgbouncer.ini no longer says {ours!r}.")
            text = text.replace(ours, here)
        (self.own / "pgbouncer.ini").write_text(text)
        (self.own / "userlist.txt").write_text(f'"cinema" "{self.password}"\n')
        self.primary = primary
        if "pgbouncer" in self.processes:
            self.processes["pgbouncer"].send_signal(signal.SIGHUP)

    # --- How it is run ---

    def start(
        self, name: str, command: list[str], environment: dict[str, str] | None = None, *, owned: bool = False
    ) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [shutil.which(command[0], path=PATH) or command[0], *command[1:]],
                cwd=ROOT,
                env=self.environment | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us: we stop them in turn.
                start_new_session=True,
                **(self.owner if owned else {}),
            )

    def kill(self, name: str) -> None:
        """At once and all of it, as when a machine loses power."""
        process = self.processes.pop(name)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """At once: nothing of it is wanted any more."""
        for name, process in self.processes.items():
            process.send_signal(signal.SIGQUIT if name in (*DATABASES, *APPS) else signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *command: str) -> str:
        """Runs one as the databases' owner; what it prints."""
        program = shutil.which(command[0], path=PATH) or command[0]
        environment = self.environment | {"LC_ALL": "C.UTF-8"}
        result = subprocess.run(
            [program, *command[1:]],
            cwd=self.own,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            **self.owner,
        )
        if result.returncode:
            raise RuntimeError(f"{command[0]}: {result.stderr}")
        return result.stdout

    def psql(self, name: str) -> tuple[str, ...]:
        where = ("--host", str(self.own), "--port", str(self.ports[name]), "--username", "postgres")
        return (
            "psql",
            *where,
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
        )

    def ask(self, name: str, *statements: str) -> str:
        """What a database answers its superuser; nothing while it does not."""
        try:
            return self.command(*self.psql(name), *(f"--command={one}" for one in statements)).strip()
        except RuntimeError:
            return ""

    def is_ready(self, name: str) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address('http', name)}/readyz", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def is_served_by(self, name: str) -> bool:
        """Whether HAProxy sends requests to this app node."""
        with socket.socket(socket.AF_UNIX) as admin, suppress(FileNotFoundError, ConnectionRefusedError):
            admin.connect(str(self.folder / "haproxy.sock"))
            admin.sendall(b"show stat\n")
            rows = csv.DictReader(admin.makefile())
            return any(row["svname"] == name and row["status"] == "UP" for row in rows)
        return False

    def wait(self, what: str, there: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while not there():
            for name, process in self.processes.items():
                if process.poll() is not None:
                    log = (self.folder / f"{name}.log").read_text(errors="replace")
                    raise RuntimeError(f"{name} ended:\n{log[-2000:]}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Waited {PATIENCE} seconds for {what}.")
            time.sleep(0.1)


def stop_once(*_: Any) -> None:
    """People press Ctrl-C twice; the second must not leave half of it running."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> None:
    if lacking := missing():
        packages = "haproxy pgbouncer redis-server postgresql"
        sys.exit(f"Not installed here: {', '.join(lacking)}. On Debian: apt install {packages}")
    for number in STOPS:
        signal.signal(number, stop_once)
    with suppress(KeyboardInterrupt), Nodes() as nodes:
        print(f"\n  {nodes.url}/   through HAProxy\n")
        for name, process in nodes.processes.items():
            print(f"    {name:9} 127.0.0.1:{nodes.ports[name]:<6} process {process.pid}")
        print(
            f"\n  Logs: {nodes.folder}/*.log\n  Ctrl-C stops all of it, and takes its data away.\n", flush=True
        )
        while True:
            signal.pause()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
