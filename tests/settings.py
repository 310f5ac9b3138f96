"""The project's own settings, with an environment that the tests bring along.

Nothing of a developer's `.env` reaches the tests: all that it may say is said here first. `DATABASE_URL` in
the environment chooses the database; without it, it is SQLite.
"""

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

os.environ.update(
    SECRET_KEY=secrets.token_urlsafe(50),
    HTTPS="off",
    DEBUG="off",
    REDIS_URL="",
    ALLOWED_HOSTS="localhost,127.0.0.1",
    CORS_ALLOWED_ORIGINS="https://app.example",
    NUM_PROXIES="0",
    HOLD_SECONDS="600",
    HOLD_MAX_SECONDS="1800",
    HOLD_MAX_SEATS="10",
    ORPHAN_RULE="off",
    # Off in this process, whose threads wait for each other on purpose, inside transactions; the tests of time
    # limits turn them on.
    STATEMENT_TIMEOUT="0",
    LOCK_TIMEOUT="0",
    METRICS_TOKEN="",
    LOG_FORMAT="json",
    LOG_LEVEL="WARNING",
    # Off, so that tests may knock as often as they like; the tests of throttling turn them on.
    THROTTLE_SIGNUP="",
    THROTTLE_LOGIN="",
    THROTTLE_BOOKING="",
)
os.environ.setdefault("DATABASE_URL", "sqlite:///unused.sqlite3")

from cinema.settings import *  # noqa: F403
from cinema.settings import DATABASES

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, for in memory all threads would share one connection, and nothing could race.
    _folder = Path(tempfile.mkdtemp(prefix="cinema-tests-"))
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}
