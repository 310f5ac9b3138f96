"""The project's settings, with an environment that the tests set themselves.

Every variable that a developer's `.env` may set is set here first, so that no `.env` changes a test.
`DATABASE_URL` in the environment chooses the database; the default is SQLite.
"""

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

os.environ.update(
    SECRET_KEY=secrets.token_urlsafe(50),
    SECRET_KEY_FALLBACKS="",
    HTTPS="off",
    DEBUG="off",
    REDIS_URL="",
    EMAIL_URL="",
    ALLOWED_HOSTS="localhost,127.0.0.1",
    CORS_ALLOWED_ORIGINS="https://app.example",
    NUM_PROXIES="0",
    HOLD_SECONDS="600",
    HOLD_MAX_SECONDS="1800",
    HOLD_MAX_SEATS="10",
    BOOKING_MAX_SEATS="0",
    TIME_ZONE="UTC",
    CINEMA_NAME="",
    CINEMA_COLOR="",
    CINEMA_BAR_COLOR="",
    CINEMA_LOGO="",
    CURRENCY="",
    POSTER_ORIGINS="",
    TURNAROUND_MINUTES="0",
    ORPHAN_RULE="off",
    # Off, because threads of the tests wait for each other inside transactions. Tests of timeouts turn them on.
    STATEMENT_TIMEOUT="0",
    LOCK_TIMEOUT="0",
    FAST_PATH="on",
    SALES_PER_COMMIT="32",
    KEPT_ANSWERS_MB="16",
    METRICS_TOKEN="",
    ADMIN_SECOND_FACTOR="off",
    SENTRY_DSN="",
    OTEL_EXPORTER_OTLP_ENDPOINT="",
    LOG_FORMAT="json",
    LOG_LEVEL="WARNING",
    # Off, because tests send many requests. Tests of throttling turn them on.
    THROTTLE_SIGNUP="",
    THROTTLE_LOGIN="",
    THROTTLE_BOOKING="",
)
os.environ.setdefault("DATABASE_URL", "sqlite:///unused.sqlite3")

from cinema.settings import *  # noqa: F403
from cinema.settings import DATABASES, PASSWORD_HASHERS

# Half of the suite's CPU time went into Argon2. Tests about hashing use the fixture `real_password_hasher`.
REAL_PASSWORD_HASHERS = PASSWORD_HASHERS
PASSWORD_HASHERS = ["tests.hashers.FastArgon2PasswordHasher", *REAL_PASSWORD_HASHERS[1:]]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, because threads would share one connection to a database in memory, and nothing could race.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ["CINEMA_TESTS_FOLDER"] = tempfile.mkdtemp(prefix="cinema-tests-")
        atexit.register(shutil.rmtree, os.environ["CINEMA_TESTS_FOLDER"], ignore_errors=True)
    # A worker of xdist that is killed removes nothing, so the process that starts the workers owns the folder.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["CINEMA_TESTS_FOLDER"]) / "test.sqlite3")}
