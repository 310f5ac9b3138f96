"""`distribute_by_show` distributes seats and bookings by show.

These tests run without Citus, on PostgreSQL with functions that stand in for those of Citus and record their
calls. So they test the order of the statements, the keys, and that seats can still be sold. They do not test
how Citus spreads the rows. (docs/scaling.md says how to run the suite on a real Citus.)
"""

import re
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from cinema.notices import triggers
from cinema.notices.models import Subscription
from cinema.seats.booking import services, till
from cinema.seats.booking.best_seats import hold_best
from cinema.seats.booking.move import move
from cinema.seats.booking.statements.holds import HOLD, HOLD_WITHOUT_WAITING
from cinema.seats.citus import has_citus
from cinema.seats.halls.plan_json import places
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, Seat
from cinema.seats.sql.dialect import NOW
from cinema.seats.sql.distributed import is_distributed
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_problem
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory, add_price_list
from tests.seats.booking.test_statements import NAMES_SHOW, statements
from tests.seats.plan_samples import without

pytestmark = pytest.mark.django_db
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL only")


# A login writes them, so it must need no other node.
LOCAL_TABLES = {
    *("cinema_shared_cache", "django_admin_log", "django_session", "otp_totp_totpdevice"),
    *("token_blacklist_blacklistedtoken", "token_blacklist_outstandingtoken"),
}

# The functions of Citus that the plan calls; these only record the call. The rollback at
# the end of each test removes them.
STAND_IN = """
CREATE TABLE stand_in_calls (number serial, call text);
CREATE TABLE citus_tables (table_name regclass, citus_table_type text, distribution_column text,
  colocation_id integer);
CREATE TABLE pg_dist_node (groupid integer);
INSERT INTO pg_dist_node VALUES (0), (1), (2);
CREATE TABLE pg_dist_placement (shardid integer, groupid integer);
INSERT INTO pg_dist_placement VALUES (0, 1), (1, 2);
CREATE FUNCTION get_shard_id_for_distribution_column(name regclass, value bigint)
RETURNS integer LANGUAGE sql AS $$ SELECT value % 2 $$;
CREATE FUNCTION create_reference_table(made regclass)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO stand_in_calls (call) VALUES ('reference ' || made);
  INSERT INTO citus_tables VALUES (made, 'reference', '<none>', 1) $$;
CREATE FUNCTION create_distributed_table(made regclass, by text, colocate_with text)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO stand_in_calls (call) VALUES (format('distributed %s by %s with %s', made, by, colocate_with));
  INSERT INTO citus_tables VALUES (made, 'distributed', by, 2) $$;
CREATE FUNCTION update_distributed_table_colocation(moved regclass, colocate_with text)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO stand_in_calls (call) VALUES (format('colocated %s with %s', moved, colocate_with));
  UPDATE citus_tables SET colocation_id = 2 WHERE table_name = moved $$;
CREATE FUNCTION truncate_local_data_after_distributing_table(made regclass)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO stand_in_calls (call) VALUES ('local data of ' || made) $$"""


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


def rows(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def distribute(*options):
    # A test never commits, so deferred checks would stay pending, and PostgreSQL would not alter the tables.
    connection.check_constraints()
    output = StringIO()
    call_command("distribute_by_show", *options, stdout=output)
    return output.getvalue()


@pytest.fixture
def distributed(stand_in):
    distribute()
    is_distributed.cache_clear()


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
def test_every_call_that_sells_or_frees_seats_works_on_distributed_tables(
    distributed, as_alice, as_staff, alice, bob, show
):
    booked = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 5})
    assert booked.status_code == 201
    booking_id = booked.json()["id"]
    second = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 5})
    assert_problem(second, 409, "already_yours", booking=booking_id)
    assert as_alice.post(f"/bookings/{booking_id}/cancel/").status_code == 200
    assert_problem(as_alice.post(f"/bookings/{booking_id}/cancel/"), 409, "already_cancelled")
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    assert len(services.book_hold(user_id=alice.pk, show_id=show.pk)) == 2
    assert len(hold_best(user_id=bob.pk, show_id=show.pk, size=3).seat_numbers) == 3
    services.release_hold(user_id=bob.pk, show_id=show.pk)
    bookings = as_alice.get("/my-bookings/").json()["results"]
    assert [booking["status"] for booking in bookings] == ["booked", "booked", "cancelled"]
    assert as_alice.get(f"/shows/{show.pk}/seats/").json()["counts"]["taken"] == 2
    assert as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 20}).status_code == 200
    relayout(Show.objects.get(pk=show.pk), places(without("a2")))
    assert_consistent()
    assert_problem(as_staff.delete(f"/shows/{show.pk}/"), 409, "has_bookings")
    alice.delete()
    assert_consistent()
    assert as_staff.delete(f"/shows/{show.pk}/").status_code == 204
    assert not Seat.objects.exists()
    assert not Booking.objects.exists()
    call_command("check_seats", stdout=StringIO())


@on_postgresql
def test_tables_with_bookings_can_be_distributed(stand_in, alice, show):
    BookingFactory(user=alice, show=show)
    distribute()
    assert_consistent()


# --- The statements on a distributed database ----------------------------------------------------

WRITES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(seats_seat|seats_booking)\b")
FORM = re.compile(r"\s*(UPDATE|INSERT INTO[^;]*\bVALUES\b|WITH \w+ AS MATERIALIZED \(\s*SELECT)")


def hold_and_book(user, show):
    services.hold_seats(user_id=user.pk, show_id=show.pk, seat_numbers=[5, 6])
    services.book_hold(user_id=user.pk, show_id=show.pk, key="k")


SALES_AND_CANCELS = {
    "book": lambda user, show: services.book(user_id=user.pk, show_id=show.pk, seat_number=2),
    "book with a key": lambda user, show: services.book(
        user_id=user.pk, show_id=show.pk, seat_number=2, key="k"
    ),
    "book held seats": hold_and_book,
    "sell at the till": lambda user, show: till.sell(clerk_id=user.pk, show_id=show.pk, seat_numbers=[3, 4]),
    "cancel": lambda user, show: services.cancel(booking_id=show.bookings.get().pk, user_id=user.pk),
    "cancel by staff": lambda user, show: services.cancel(booking_id=show.bookings.get().pk),
    "call off": lambda user, show: services.call_off(show_id=show.pk),
    "move": lambda user, show: move(booking_id=show.bookings.get().pk, seat_number=7, user_id=user.pk),
    "delete the user": lambda user, show: user.delete(),
}


@on_postgresql
@pytest.mark.parametrize("action", SALES_AND_CANCELS)
def test_statement_on_a_distributed_table_writes_one_table_and_names_its_show(distributed, alice, show, action):
    """A CTE that changes data would run on all nodes, and commit on all of them in two phases."""
    BookingFactory(user=alice, show=show, seat_number=1)
    executed = statements(lambda: SALES_AND_CANCELS[action](alice, show))
    writes = [sql for sql in executed if WRITES.search(sql)]
    assert len(writes) >= 2
    for sql in writes:
        # The INSERT of a query would fetch the rows of the query first, and then send them to the node.
        assert FORM.match(sql), sql
        assert len(WRITES.findall(sql)) == 1, sql
        # At the end, Django sets the user of bookings to null, by their ids.
        assert NAMES_SHOW.search(sql) or action == "delete the user", sql
    assert_consistent()


@on_postgresql
@pytest.mark.parametrize("kind", ["Adult", "Child", None])
def test_sale_on_a_distributed_database_returns_the_same_as_elsewhere(stand_in, as_alice, show, kind):
    show.price_list = add_price_list([("", "Adult", 1250), ("", "Child", 800)])
    show.save()
    body = {"seat_number": 1} | ({"kind": kind} if kind else {})

    def book_and_cancel(key):
        booked = as_alice.post(f"/shows/{show.pk}/book/", body, headers={"Idempotency-Key": key})
        assert booked.status_code == 201
        cancelled = as_alice.post(f"/bookings/{booked.json()['id']}/cancel/")
        assert cancelled.status_code == 200
        changing = {"id", "order", "order_ticket", "ticket", "created_at", "cancelled_at"}
        return [
            {name: value for name, value in answer.json().items() if name not in changing}
            for answer in (booked, cancelled)
        ]

    in_one_statement = book_and_cancel("a")
    distribute()
    is_distributed.cache_clear()
    assert book_and_cancel("b") == in_one_statement


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


WRITE = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) \"(\w+)\"")


@on_postgresql
def test_login_refresh_and_logout_write_only_local_tables(distributed, anyone, as_alice, alice, client):
    """A write to a reference table fails while any node is down."""
    alice.set_password("plum-tart-42")
    alice.is_staff = True
    alice.save()
    name = {"username": alice.username, "password": "plum-tart-42"}

    def log_in_and_out():
        assert anyone.post("/login", name | {"password": "wrong"}).status_code == 401
        tokens = anyone.post("/login", name)
        refreshed = anyone.post("/login/refresh", {"refresh": tokens.json()["refresh"]})
        assert refreshed.status_code == 200
        caller = type(anyone)(alice)
        assert caller.post("/logout", {"refresh": refreshed.json()["refresh"]}).status_code == 204
        assert client.post("/admin/login/", name).status_code == 302

    with CaptureQueriesContext(connection) as captured:
        log_in_and_out()
    written = {match[1] for query in captured if (match := WRITE.match(query["sql"]))}
    assert {"token_blacklist_blacklistedtoken", "django_session"} <= written <= LOCAL_TABLES


@on_postgresql
def test_hold_reads_the_clock_only_in_its_ctes_and_they_are_materialized():
    """Citus refuses a clock in a CASE of the UPDATE itself, and copies the rows of other CTEs to all nodes."""
    for statement in (HOLD, HOLD_WITHOUT_WAITING):
        assert NOW not in re.search(r"\nSET .*?\nFROM", statement, re.DOTALL)[0]
        assert re.findall(r"\w+ AS (?:MATERIALIZED )?\(", statement) == [
            "locked AS MATERIALIZED (",
            "granted AS MATERIALIZED (",
        ]


@on_postgresql
def test_booking_is_cancelled_while_the_node_of_another_show_is_down(distributed, as_alice, as_bob, alice, bob):
    """The booking's id does not name its show, so all nodes are asked at once, and then one by one."""
    dead, living = ShowFactory(), ShowFactory()
    assert dead.pk % 2 != living.pk % 2  # The stand-in stores them on different nodes.
    lost, kept = BookingFactory(user=bob, show=dead), BookingFactory(user=alice, show=living)

    def fail(execute, sql, params, many, context):
        asks_one_node = "IN (" in sql and dead.pk not in params[1:]
        if sql.startswith('SELECT "seats_booking"."show_id"') and not asks_one_node:
            raise OperationalError("connection to the remote node worker-1:5432 failed")
        return execute(sql, params, many, context)

    as_bob.raise_request_exception = as_bob.handler.raise_request_exception = False
    with connection.execute_wrapper(fail):
        assert as_alice.post(f"/bookings/{kept.pk}/cancel/").status_code == 200
        assert_problem(as_bob.post(f"/bookings/{lost.pk}/cancel/"), 503, "unavailable")
        assert_problem(as_alice.post(f"/bookings/{UNUSED_ID}/cancel/"), 503, "unavailable")
    assert as_bob.post(f"/bookings/{lost.pk}/cancel/").status_code == 200
    assert_problem(as_alice.post(f"/bookings/{UNUSED_ID}/cancel/"), 404, "not_found")
