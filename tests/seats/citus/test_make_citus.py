"""`make citus` without a cluster, and on PostgreSQL."""

import os
import secrets
import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from tests.live_server import ROOT
from tests.seats.citus.stand_in import on_postgresql, rows

pytestmark = pytest.mark.django_db


def make_citus(**environment):
    command = [sys.executable, "-m", "tests.citus"]
    env = {name: value for name, value in os.environ.items() if name != "COORDINATOR"} | environment
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)


def test_make_citus_without_a_cluster_says_what_was_not_run():
    result = make_citus()
    assert result.returncode == 1
    assert "COORDINATOR is not set, so none of this was run: the distribution, the API" in result.stdout


@pytest.fixture
def empty_database(transactional_db):
    """The URL of an empty database on the server of the tests."""
    name = f"citus_{secrets.token_hex(4)}"
    rows(f"CREATE DATABASE {name}")
    database = connection.settings_dict
    login = f"{database['USER']}:{database['PASSWORD']}"
    yield f"postgres://{login}@{database['HOST']}:{database['PORT']}/{name}"
    rows(f"DROP DATABASE {name} WITH (FORCE)")


@on_postgresql
@pytest.mark.slow
@pytest.mark.parametrize("is_distributed", [False, True])
def test_make_citus_passes_on_postgresql_with_both_forms_of_the_sale(empty_database, is_distributed):
    """With a table that stands in for the view of Citus, servers use the form for distributed tables."""
    if is_distributed:
        with psycopg.connect(empty_database, autocommit=True) as database:
            database.execute("CREATE TABLE citus_tables (table_name text, citus_table_type text)")
            database.execute("INSERT INTO citus_tables VALUES ('seats_seat', 'distributed')")
    result = make_citus(COORDINATOR=empty_database, TRIAL_SECONDS="1")
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"distributed: {'yes' if is_distributed else 'no'}" in result.stdout
    assert "Not run, because this database has no Citus" in result.stdout
    assert "\n0 failures\n" in result.stdout
