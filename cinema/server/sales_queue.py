"""Makes all waiting sales and holds in one transaction, so that many of them share one commit.

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
from cinema.seats.api.holds import represent_hold
from cinema.seats.api.plain_bookings import represent_sold
from cinema.seats.booking.statements import BOOK_CALL, HOLD_CALL, Sale, sell_several
from cinema.seats.sql.distributed import is_distributed
from cinema.server.lane import Lane

# A sale that waits longer for another transaction goes to the view, because all others wait behind it.
LOCK_TIMEOUT_MILLISECONDS = 100
# After these, PostgreSQL has certainly rolled back: a conflict, a deadlock, a lock or statement timeout.
# A lost connection may have lost only the answer to a commit.
ROLLED_BACK = {"40001", "40P01", "55P03", "57014"}

# Limits and the orphan rule need locks. Redis would block the event loop. A pooler drops the lock timeout.
IS_ON = not (
    settings.ORPHAN_RULE
    or settings.BOOKING_MAX_SEATS
    or settings.REDIS_URL
    or settings.DATABASES[DEFAULT_DB_ALIAS].get("DISABLE_SERVER_SIDE_CURSORS")
)


async def sell(sale: Sale) -> bytes | Exception | None:
    """The answer as JSON; None if nothing was changed; an error if it is unknown whether the sale was made."""
    try:
        return await _lane.result_of(sale)
    except Exception as error:  # The view reports it.
        return error


def sell_all(sales: Sequence[Sale]) -> list[Any]:
    """Runs the calls, and returns what `sell` returns for each, in their order."""
    # By seat, so that two processes lock seats in the same order. Who came first for a seat stays first.
    batch = sorted(enumerate(sales), key=lambda numbered: numbered[1][:2])
    results: dict[int, Any] = {}
    # With Citus, a transaction over several shows would need all their nodes.
    for together in [[sale] for sale in batch] if is_distributed() else [batch]:
        places, calls = zip(*together, strict=True)
        results |= zip(places, _sell_together(calls), strict=True)
    return [results[place] for place in range(len(sales))]


def _sell_together(sales: Sequence[Sale]) -> list[Any]:
    try:
        with _turn():
            results = sell_several(sales, represent_sold)
        return [_to_json(result, sale.call) for result, sale in zip(results, sales, strict=True)]
    except Exception as error:
        return [None if _is_rolled_back(error) else error] * len(sales)


def _to_json(result: Any, call: str) -> bytes | None:
    if not result:
        return None
    if call == HOLD_CALL:
        return to_json(represent_hold(result))
    return to_json(result[0] if call == BOOK_CALL else result)


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


_lane = Lane("sales", sell_all, max_jobs=settings.SALES_PER_COMMIT, initializer=_limit_lock_waits)
