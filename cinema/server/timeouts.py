"""PostgreSQL timeouts for the statements of a server. Management commands have none."""

from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection


def statement_timeouts(get_response: Any) -> Any:
    """Sets the timeouts for all new connections of this process.

    It is a middleware because Django loads middleware only in a process that serves requests, and it removes
    itself with `MiddlewareNotUsed`. So migrations and imports are never canceled. The timeouts are options of
    the connection and cost no extra statement. pgbouncer does not pass them on: see docs/operations.md.
    """
    limits = {
        "statement_timeout": settings.STATEMENT_TIMEOUT,
        "lock_timeout": settings.LOCK_TIMEOUT,
        "idle_in_transaction_session_timeout": settings.STATEMENT_TIMEOUT,
    }
    timeouts = " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items() if seconds)
    if connection.vendor == "postgresql":
        # The connections of all threads share this dictionary.
        connection_options = connection.settings_dict["OPTIONS"]
        options = connection_options.get("options", "")
        # Each test client loads the middleware again. PostgreSQL rejects a connection with too many options.
        if timeouts not in options:
            connection_options["options"] = f"{options} {timeouts}".strip()
    raise MiddlewareNotUsed
