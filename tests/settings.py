"""The project's own settings, with an environment that the tests bring along.

Nothing of a developer's `.env` but `DATABASE_URL` reaches the tests: what is set here comes first.
"""

import os
import secrets
import tempfile
from pathlib import Path

for name in ("ALLOWED_HOSTS", "CORS_ALLOWED_ORIGINS", "REDIS_URL", "DEBUG", "NUM_PROXIES", "ORPHAN_RULE"):
    os.environ.pop(name, None)
os.environ.update(
    SECRET_KEY=secrets.token_urlsafe(50),
    HTTPS="off",
    DEBUG="off",
    REDIS_URL="",
    CORS_ALLOWED_ORIGINS="https://app.example",
    NUM_PROXIES="0",
    HOLD_SECONDS="600",
    HOLD_MAX_SECONDS="1800",
    HOLD_MAX_SEATS="10",
    ORPHAN_RULE="off",
    # Off, so that tests may knock as often as they like; the tests of throttling turn them on.
    THROTTLE_SIGNUP="",
    THROTTLE_LOGIN="",
    THROTTLE_BOOKING="",
)
os.environ.setdefault("DATABASE_URL", "sqlite:///unused.sqlite3")

from cinema.settings import *  # noqa: E402, F403
from cinema.settings import DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, for in memory all threads would share one connection, and nothing could race.
    _folder = Path(tempfile.gettempdir()) / f"cinema-tests-{os.getpid()}"
    _folder.mkdir(exist_ok=True)
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}
