"""Connection settings for SQLite and PostgreSQL."""

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

SQLITE = {
    # A transaction takes the write lock at its start, after at most `timeout` seconds. With SQLite's default, a
    # transaction that reads first can fail in the middle with "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    # WAL: readers never wait for the writer. FULL: a committed booking survives a power cut.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}
POSTGRESQL = {
    # Each connection plans a statement once it has run five times: planning a sale costs twice as much as
    # running it. Prepared statements need parameters that are bound by the server.
    "server_side_binding": True,
    "prepare_threshold": 5,
    # Without these, a connection to a server that vanished would hang for many minutes. Connecting fails after
    # 5 seconds. An open connection ends after 30 + 3 * 10 seconds without an answer, or after 30,000
    # milliseconds without an acknowledgment of sent data.
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# Settings of each session, which ALTER ROLE or ALTER DATABASE may have changed. psycopg reads only dates in ISO
# style. Statements that wait for a sold seat expect READ COMMITTED; with another isolation they fail. One digit
# or more returns floats exactly. psycopg itself requests UTF-8, and Django UTC.
SESSION = {
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "standard_conforming_strings": "on",
    "extra_float_digits": "1",
    "default_transaction_isolation": r"read\ committed",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "django.db.backends.sqlite3": SQLITE,
    "django.db.backends.postgresql": POSTGRESQL,
}


def database_config(url: str) -> dict[str, Any]:
    """Returns Django's settings for the database at `url`. Parameters of the URL override ours.

    Raises `ImproperlyConfigured` for an invalid URL, without showing it, because it holds a password.
    """
    try:
        config: dict[str, Any] = {**dj_database_url.parse(url)}
        options = dict(OPTIONS[config["ENGINE"]])
        # Each connection would get an empty database in memory of its own. The URL of a file has three slashes.
        if not config["NAME"] or config["NAME"] == ":memory:":
            raise ValueError
        parameters = config.pop("OPTIONS", {})
        # dj-database-url takes each parameter for a connection option. Django's own settings are in capitals.
        given = {name: parameters.pop(name) for name in list(parameters) if name.isupper()}
        if not isinstance(given.get("CONN_MAX_AGE", 0), int):
            raise ValueError
    except (ValueError, KeyError):
        raise ImproperlyConfigured(
            "DATABASE_URL must be like sqlite:///file or postgres://user:password@host:5432/name. "
            "Percent-encode special characters in the password."
        ) from None
    config |= {"CONN_MAX_AGE": 600} | given
    if config.get("DISABLE_SERVER_SIDE_CURSORS"):
        # The URL is a pooler's, which changes the connection with each transaction: a statement that one
        # connection has prepared is unknown to the next. A pooler also refuses or drops the settings that a
        # client requests. docs/operations.md explains how to set them in the pooler.
        options["prepare_threshold"] = None
    elif config["ENGINE"].endswith("postgresql"):
        session = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
        parameters["options"] = f"{session} {parameters.get('options', '')}".strip()
    return {**config, "OPTIONS": options | parameters}
