"""`distribute_by_show` distributes seats and bookings by show.

These tests run without Citus, on PostgreSQL with functions that stand in for those of Citus and record their
calls. So they test the order of the statements, the keys, and that seats can still be sold. They do not test
how Citus spreads the rows. (docs/scaling.md says how to run the suite on a real Citus.)
"""

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from cinema.notices import triggers
from cinema.notices.models import Subscription
from cinema.seats.citus import has_citus
from tests.assertions import assert_consistent
from tests.factories import BookingFactory
from tests.seats.citus.stand_in import LOCAL_TABLES, distribute, on_postgresql, rows

pytestmark = pytest.mark.django_db


@on_postgresql
def test_seats_and_bookings_are_distributed_and_others_are_reference_tables_or_local(stand_in):
    assert "are distributed by show" in distribute()
    calls = stand_in()
    assert [call for call in calls if call.startswith("distributed")] == [
        "distributed seats_seat by show_id with none",
        "distributed seats_booking by show_id with seats_seat",
    ]
    references = [call.removeprefix("reference ") for call in calls if call.startswith("reference")]
    tables = {name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert set(references) == tables - LOCAL_TABLES - {
        *("seats_seat", "seats_booking", "stand_in_calls", "citus_tables", "pg_dist_node", "pg_dist_placement")
    }
    assert {"auth_user", "shows_show", "django_migrations"} < set(references)
    keys = "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
    # A table becomes a reference table after those that its foreign keys point at.
    for table, target in rows(keys):
        # A local table that pointed at a reference table would become a local table of Citus.
        assert target in (LOCAL_TABLES if table in LOCAL_TABLES else references)
        assert table not in references or references.index(target) < references.index(table)


@on_postgresql
def test_unique_keys_begin_with_the_show_and_foreign_keys_are_not_deferrable(distributed):
    unique = rows(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indisunique AND indrelid IN ('seats_seat'::regclass, 'seats_booking'::regclass)"
    )
    assert len(unique) == 6
    assert all("(show_id, " in definition for _, definition in unique)
    assert "(show_id, id)" in dict(unique)["seats_booking_pkey"]
    # A cancel looks up the booking by its id alone.
    assert rows("SELECT 1 FROM pg_indexes WHERE indexdef LIKE '%% ON public.seats_booking USING btree (id)'")
    keys = rows(
        "SELECT conrelid::regclass::text, condeferrable, convalidated FROM pg_constraint WHERE contype = 'f' "
        "AND conrelid IN ('seats_seat'::regclass, 'seats_booking'::regclass) ORDER BY 1"
    )
    assert keys == [("seats_booking", False, True)] * 3 + [("seats_seat", False, True)]


@on_postgresql
def test_no_foreign_key_points_at_seats_or_bookings(distributed):
    keys = "SELECT 1 FROM pg_constraint WHERE contype = 'f' AND confrelid IN (%s::regclass, %s::regclass)"
    assert not rows(keys, "seats_seat", "seats_booking")


@on_postgresql
def test_second_run_of_distribute_by_show_changes_nothing(stand_in):
    distribute()
    calls = stand_in()
    assert "nothing was left to do" in distribute()
    assert distribute("--dry-run") == "-- Nothing is left to do.\n"
    assert stand_in() == calls


@on_postgresql
def test_second_run_of_distribute_by_show_handles_what_changed_since_the_first(stand_in):
    distribute()
    calls_before = len(stand_in())
    rows("DELETE FROM citus_tables WHERE table_name = 'shows_price'::regclass")
    rows("UPDATE citus_tables SET colocation_id = 3 WHERE table_name = 'seats_booking'::regclass")
    rows(
        "ALTER TABLE seats_booking ADD seller integer CONSTRAINT seller_fk REFERENCES auth_user (id) "
        "DEFERRABLE INITIALLY DEFERRED"
    )
    distribute()
    assert stand_in()[calls_before:] == [
        "reference shows_price",
        "colocated seats_booking with seats_seat",
        "local data of shows_price",
    ]
    assert rows("SELECT condeferrable FROM pg_constraint WHERE conname = 'seller_fk'") == [(False,)]
    assert "nothing was left to do" in distribute()


@on_postgresql
def test_sql_printed_by_dry_run_distributes_the_tables(stand_in):
    printed = distribute("--dry-run")
    assert stand_in() == []
    assert printed.startswith("BEGIN;\n")
    assert printed.endswith(";\nCOMMIT;\n")
    for line in printed.splitlines()[1:-1]:
        assert line.endswith(";")
        rows(line.replace("%", "%%"))
    assert len(stand_in()) > 30
    assert distribute("--dry-run") == "-- Nothing is left to do.\n"


@on_postgresql
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE UNIQUE INDEX odd ON seats_booking (user_id)", "odd, a unique index of seats_booking"),
        ("CREATE TABLE odd (its bigint CONSTRAINT odd_fk REFERENCES seats_booking (id))", "odd_fk of odd"),
        (
            "INSERT INTO citus_tables VALUES ('seats_seat', 'distributed', 'number', 9)",
            "by number, not by show_id",
        ),
        ("DROP TABLE seats_booking", "Run manage.py migrate first"),
        ("DELETE FROM pg_dist_node WHERE groupid = 0", "citus_set_coordinator_host"),
    ],
)
def test_obstacle_to_the_distribution_is_named_and_nothing_is_changed(stand_in, statement, message):
    rows(statement)
    with pytest.raises(CommandError, match=message):
        distribute()
    assert stand_in() == []


@on_postgresql
def test_failure_of_one_statement_rolls_back_the_whole_distribution(stand_in):
    rows("DROP FUNCTION truncate_local_data_after_distributing_table(regclass)")
    with pytest.raises(CommandError, match="Nothing was changed"):
        distribute()
    assert stand_in() == []
    assert rows("SELECT count(*) FROM pg_constraint WHERE conname = 'seats_booking_pkey'") == [(1,)]


@on_postgresql
def test_database_without_citus_is_rejected_but_the_sql_can_be_printed(db):
    with connection.cursor() as cursor:
        if has_citus(cursor):
            pytest.skip("This is a real Citus.")
    with pytest.raises(CommandError) as error:
        distribute()
    assert str(error.value) == (
        "This database has no Citus extension. Run CREATE EXTENSION citus on every node first."
    )
    assert error.value.returncode == 1
    assert "create_distributed_table('seats_seat', 'show_id'" in distribute("--dry-run")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite only")
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_distribute_by_show_rejects_sqlite(options):
    with pytest.raises(CommandError, match="Only PostgreSQL with the Citus extension"):
        distribute(*options)


@on_postgresql
def test_distributed_tables_need_no_migration(distributed):
    call_command("migrate", check_unapplied=True, stdout=StringIO())
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=StringIO())


@on_postgresql
def test_tables_with_bookings_can_be_distributed(stand_in, alice, show):
    BookingFactory(user=alice, show=show)
    distribute()
    assert_consistent()


@on_postgresql
def test_distribution_drops_triggers_of_notices_that_are_off_and_refuses_those_that_are_on(stand_in):
    triggers.turn_on()
    with pytest.raises(CommandError, match="Delete all subscriptions"):
        distribute()
    triggers.turn_off()
    distribute()
    assert not rows("SELECT 1 FROM pg_trigger WHERE tgname LIKE 'notice_of_%%'")


@on_postgresql
def test_subscription_is_refused_on_a_distributed_database(distributed):
    with pytest.raises(ValidationError, match="not available on a distributed database"):
        Subscription(name="x", kind="changes").full_clean()
