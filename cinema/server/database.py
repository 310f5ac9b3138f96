"""How the two databases are connected to, so that sales are safe and nobody waits for ever."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

SQLITE = {
    # A transaction takes the write lock when it begins and waits for it here
    # (seconds), instead of failing half-way with "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    # WAL: readers never wait for the writer. FULL: a booking that was
    # acknowledged survives a power cut.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}
# A server that is gone without a word is given up: when a connection is wanted (seconds), when an answer is
# waited for (seconds, times the count), and when what was sent is not even received (milliseconds).
POSTGRESQL = {
    # What is sent again and again is planned once for each connection: to plan a sale costs twice as much as to
    # do it.
    "server_side_binding": True,
    "prepare_threshold": 5,
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
OPTIONS: dict[str, dict[str, Any]] = {"sqlite3": SQLITE, "postgresql": POSTGRESQL}


def database_config(database: dict[str, Any]) -> dict[str, Any]:
    """The database of a URL, as Django wants it. What the URL itself says of a connection stays."""
    kind = database.get("ENGINE", "").rpartition(".")[2]
    if kind not in OPTIONS:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")
    options = dict(OPTIONS[kind])
    if database.get("DISABLE_SERVER_SIDE_CURSORS"):
        # A pooler gives each transaction another connection, which knows nothing of what was planned before.
        options["prepare_threshold"] = None
    options |= database.get("OPTIONS", {})
    return {**database, "CONN_MAX_AGE": 600, "OPTIONS": options}
