"""PostgreSQL with functions that stand in for those of Citus, and with tables that are distributed by them."""

import pytest
from django.db import connection

from cinema.seats.citus import has_citus
from cinema.seats.sql.distributed import is_distributed
from tests.seats.citus.stand_in import STAND_IN, distribute, rows


@pytest.fixture
def stand_in(db, monkeypatch):
    """Installs the functions that stand in for Citus. Returns a function that returns their calls so far."""
    with connection.cursor() as cursor:
        if has_citus(cursor):
            pytest.skip("This is a real Citus.")
        cursor.execute(STAND_IN)
    monkeypatch.setattr("cinema.seats.citus.EXTENSION", "SELECT 1")
    # Like a server that is restarted.
    is_distributed.cache_clear()
    yield lambda: [call for (call,) in rows("SELECT call FROM stand_in_calls ORDER BY number")]
    rows("DROP TABLE citus_tables")
    is_distributed.cache_clear()
    assert not is_distributed()


@pytest.fixture
def distributed(stand_in):
    distribute()
    is_distributed.cache_clear()
