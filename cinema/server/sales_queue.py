"""Makes all waiting sales in one transaction, so that many sales share one commit.

A sale that waits alone has a transaction of its own. The statement is the same in both cases. If a
transaction of several sales fails, all of its sales are tried again alone, by the view.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections

from cinema.api.renderers import to_json
from cinema.seats.api.booking_serializers import represent_booking
from cinema.seats.booking.statements import Sale, book_several
from cinema.seats.sql.distributed import is_distributed
from cinema.server.lane import Lane

# A sale that waits longer for another transaction goes to the view, because all others wait behind it.
LOCK_TIMEOUT_MILLISECONDS = 100
# After these, PostgreSQL has certainly rolled back: a conflict, a deadlock, a lock or statement timeout.
# A lost connection may have lost only the answer to a commit.
ROLLED_BACK = {"40001", "40P01", "55P03", "57014"}


async def sell(sale: Sale) -> bytes | Exception | None:
    """The booking as JSON; None if nothing was sold; an error if it is unknown whether the seat was sold."""
    try:
        return await _lane.result_of(sale)
    except Exception as error:  # The view reports it.
        return error


def _sell_all(sales: Sequence[Sale]) -> list[Any]:
    # By seat, so that none is in it twice. Sorted, so that two processes lock the seats in the same order.
    batch = sorted({sale[:2]: sale for sale in reversed(sales)}.values())
    results: dict[Sale, Any] = {}
    # With Citus, a transaction over several shows would need all their nodes.
    for together in [[sale] for sale in batch] if is_distributed() else [batch]:
        results |= _sell_together(together)
    # Removed, because the second one of two equal sales has sold nothing.
    return [results.pop(sale, None) for sale in sales]


def _sell_together(batch: list[Sale]) -> dict[Sale, Any]:
    try:
        with _turn():
            bookings = book_several(batch)
        answers = [to_json(represent_booking(booking)) if booking else None for booking in bookings]
        return dict(zip(batch, answers, strict=True))
    except Exception as error:
        return dict.fromkeys(batch, None if _is_rolled_back(error) else error)


@contextmanager
def _turn() -> Iterator[None]:
    """On SQLite, waits until no other process makes its sales.

    SQLite itself lets a writer sleep for up to 0.1 seconds until it tries again. In that time another process
    can make many transactions.
    """
    if connection.vendor != "sqlite":
        yield
        return
    fcntl.flock(_folder(), fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(_folder(), fcntl.LOCK_UN)


@cache
def _folder() -> int:
    """The open folder of the database. A lock on the database's file itself could end SQLite's own locks."""
    return os.open(Path(connection.settings_dict["NAME"]).parent, os.O_RDONLY)


def _is_rolled_back(error: Exception) -> bool:
    return isinstance(error, IntegrityError) or getattr(error.__cause__, "sqlstate", None) in ROLLED_BACK


def _limit_lock_waits() -> None:
    """Gives this thread a connection with a lock timeout of its own."""
    database = connection.copy()
    if database.vendor == "postgresql":
        options = database.settings_dict["OPTIONS"]
        options["options"] = f"{options.get('options', '')} -c lock_timeout={LOCK_TIMEOUT_MILLISECONDS}".strip()
    connections[DEFAULT_DB_ALIAS] = database


_lane = Lane("sales", _sell_all, max_jobs=settings.SALES_PER_COMMIT, initializer=_limit_lock_waits)
