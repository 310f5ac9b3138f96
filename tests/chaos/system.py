"""The system under test: a server with its database, disk and clocks, the proxies in between, and test data."""

import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.chaos.clock import Clock
from tests.chaos.databases import Postgres, Sqlite
from tests.chaos.disk import Disk
from tests.chaos.proxy import FaultyProxy
from tests.chaos.service import Service
from tests.chaos.setup import create_load_data, server_environment

WORKERS = 3
BUYERS = 12
SHOWS_PER_FAULT = 2
SEATS = 60
# Database timeouts are shorter than the faults, which last a few seconds. Throttles count, but never reject.
SETTINGS = {
    "STATEMENT_TIMEOUT": "2",
    "LOCK_TIMEOUT": "1",
    "THROTTLE_SIGNUP": "1000/min",
    "THROTTLE_LOGIN": "100/min",
    "THROTTLE_BOOKING": "10000/min",
}


class System:
    """`with System(Postgres, fault_count=9) as system:` starts everything, and removes it when the block ends.

    `fault_count` faults can each have shows of their own.
    """

    def __init__(self, database_class: type[Postgres] | type[Sqlite], fault_count: int) -> None:
        self.database_class, self.fault_count = database_class, fault_count
        self.stack = ExitStack()

    def __enter__(self) -> "System":
        with self.stack:
            # Not in /tmp, because that may be a tmpfs, where fsync has no effect.
            folder = Path(
                self.stack.enter_context(tempfile.TemporaryDirectory(prefix="cinema-chaos-", dir="/var/tmp"))
            )
            folder.chmod(0o755)
            self.logs = [folder / "server.log", folder / "database.log"]
            self.disk = self.stack.enter_context(Disk(folder))
            data_folder = self.disk.path / "data"
            data_folder.mkdir()
            self.database: Postgres | Sqlite = self.database_class(data_folder, self.logs[1])
            self.stack.callback(self.database.stop)
            self.database.start()
            self.clocks = {name: Clock(folder / f"{name}.clock") for name in ("server", "database")}
            self.environment = server_environment(self.database.url, secrets.token_urlsafe(50), **SETTINGS)
            self.data = create_load_data(
                self.environment, buyers=BUYERS, shows=SHOWS_PER_FAULT * self.fault_count, seats=SEATS
            )
            self.service = Service(self.environment, WORKERS, self.logs[0])
            self.stack.callback(self.service.stop)
            self.service.start()
            self.service.wait_until_ready()
            self.proxy = self.stack.enter_context(FaultyProxy(self.service.port))
            if isinstance(self.database, Postgres):
                self.database_proxy = self.stack.enter_context(FaultyProxy(self.database.port))
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stack.close()

    @property
    def postgres(self) -> Postgres:
        assert isinstance(self.database, Postgres)
        return self.database

    @property
    def sqlite(self) -> Sqlite:
        assert isinstance(self.database, Sqlite)
        return self.database

    @property
    def proxied_database_url(self) -> str:
        url = urlsplit(self.database.url)
        return url._replace(netloc=f"cinema@127.0.0.1:{self.database_proxy.port}").geturl()
