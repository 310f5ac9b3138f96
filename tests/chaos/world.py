"""A server, its database and disk, buyers and shows, and what a fault needs to get at them."""

import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.chaos.clock import Clock
from tests.chaos.databases import Postgres, Sqlite
from tests.chaos.disk import Disk
from tests.chaos.proxy import Wire
from tests.chaos.service import Service
from tests.chaos.stage import environment, set_up

WORKERS = 3
BUYERS = 12
SHOWS_A_STORM = 2
SEATS = 60
# Time limits are short, so that a few seconds are long. Throttles count, and let everybody through.
SETTINGS = {
    "STATEMENT_TIMEOUT": "2",
    "LOCK_TIMEOUT": "1",
    "THROTTLE_SIGNUP": "1000/min",
    "THROTTLE_LOGIN": "100/min",
    "THROTTLE_BOOKING": "10000/min",
}


class World:
    """`with World(Postgres, storms=9) as world:`; all of it is gone afterwards."""

    def __init__(self, kind: type[Postgres] | type[Sqlite], storms: int) -> None:
        self.kind, self.storms = kind, storms
        self.stack = ExitStack()

    def __enter__(self) -> "World":
        with self.stack:
            # For /tmp may be on a disk of memory, which knows no durability.
            folder = Path(
                self.stack.enter_context(tempfile.TemporaryDirectory(prefix="cinema-chaos-", dir="/var/tmp"))
            )
            folder.chmod(0o755)
            self.logs = [folder / "server.log", folder / "database.log"]
            self.disk = self.stack.enter_context(Disk(folder))
            home = self.disk.path / "data"
            home.mkdir()
            self.database: Postgres | Sqlite = self.kind(home, self.logs[1])
            self.stack.callback(self.database.stop)
            self.database.start()
            self.clocks = {name: Clock(folder / f"{name}.clock") for name in ("server", "database")}
            settings = environment(self.database.url, secrets.token_urlsafe(50), **SETTINGS)
            self.stage = set_up(settings, buyers=BUYERS, shows=SHOWS_A_STORM * self.storms, seats=SEATS)
            self.settings = settings
            self.service = Service(settings, WORKERS, self.logs[0])
            self.stack.callback(self.service.stop)
            self.service.start()
            self.service.wait_until_ready()
            self.wire = self.stack.enter_context(Wire(self.service.port))
            if isinstance(self.database, Postgres):
                self.database_wire = self.stack.enter_context(Wire(self.database.port))
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
    def wired_url(self) -> str:
        """The database's, by way of the wire."""
        url = urlsplit(self.database.url)
        return url._replace(netloc=f"cinema@127.0.0.1:{self.database_wire.port}").geturl()
