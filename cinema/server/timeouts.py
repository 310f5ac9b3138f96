"""A server's statements end after a while, so that nobody waits for ever; commands take the time they need."""

from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection


def statement_timeouts(get_response: Any) -> Any:
    """A middleware for its beginning alone: that is when a process sets out to serve, under whatever server.

    A migration or an import makes none, and is not cut. PostgreSQL is told when a connection is opened, at no
    cost to any statement. pgbouncer does not pass that on: see docs/operations.md.
    """
    limits = {
        "statement_timeout": settings.STATEMENT_TIMEOUT,
        "lock_timeout": settings.LOCK_TIMEOUT,
        "idle_in_transaction_session_timeout": settings.STATEMENT_TIMEOUT,
    }
    wanted = " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items() if seconds)
    if connection.vendor == "postgresql":
        # All threads' connections are made of these settings.
        options = connection.settings_dict["OPTIONS"]
        given = options.get("options", "")
        # A process may set out more than once: tests do, for each client.
        if wanted not in given:
            options["options"] = f"{given} {wanted}".strip()
    raise MiddlewareNotUsed
