"""Statements prepared on psycopg's cursor behave like statements on Django's cursor.

These tests run outside a transaction, like requests to a server.
"""

import gc
import weakref

import pytest
from django.db import (
    IntegrityError,
    OperationalError,
    ProgrammingError,
    close_old_connections,
    connection,
    connections,
    transaction,
)
from django.test.utils import CaptureQueriesContext

from cinema.seats.booking import statements
from cinema.seats.models import Booking, Seat
from cinema.seats.sql.fetch import fetch_all, fetch_one
from tests.assertions import assert_consistent, assert_problem

pytestmark = pytest.mark.django_db(transaction=True)

POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL prepares statements")


@pytest.fixture(autouse=True)
def fresh_connection(transactional_db):
    """A connection on which nothing is prepared, before and after each test."""
    connection.close()
    yield
    connection.close()


def prepared_sales():
    """The number of prepared statements that sell seats, and how often they ran."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT COUNT(*), COALESCE(SUM(generic_plans + custom_plans), 0)
            FROM pg_prepared_statements WHERE statement LIKE '%UPDATE seats_seat SET taken = TRUE%'""")
        return cursor.fetchone()


def sell(user, show, seat, key=None):
    return statements.book(user_id=user.pk, show_id=show.pk, seat_number=seat, key=key)


@POSTGRESQL
def test_sale_is_prepared_once_for_a_connection(as_alice, show):
    for seat in range(1, 8):
        assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": seat}).status_code == 201
    assert prepared_sales() == (1, 7)


@POSTGRESQL
def test_integers_of_every_size_share_one_prepared_statement():
    for value in (1, 40_000, 3_000_000_000):
        assert fetch_one("SELECT %(value)s + 1", {"value": value}) == (value + 1,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1 + 1'")
        assert cursor.fetchone() == (1,)


def test_values_reach_the_database_unchanged(alice, show):
    booking = sell(alice, show, 3, key="ключ 🎟 % %(show)s '\"\\")
    booking.refresh_from_db()
    assert (booking.user, booking.show, booking.seat_number) == (alice, show, 3)
    assert booking.idempotency_key == "ключ 🎟 % %(show)s '\"\\"
    assert sell(alice, show, 4).idempotency_key is None
    assert_consistent()


def test_all_rows_are_returned_in_order():
    assert fetch_all("SELECT %(first)s UNION ALL SELECT %(second)s", {"first": 1, "second": 2}) == [(1,), (2,)]


@pytest.mark.parametrize("show_id", [10**9, 10**18 - 1])
def test_unknown_show_has_no_row(anyone, as_alice, show_id):
    assert_problem(anyone.get(f"/shows/{show_id}/availability/"), 404, "not_found")
    assert_problem(as_alice.post(f"/shows/{show_id}/book/", {"seat_number": 1}), 404, "not_found")


def test_statement_is_rolled_back_with_its_transaction(alice, show):
    with transaction.atomic():
        # The sale is the first statement, so the transaction begins with it.
        assert sell(alice, show, 1)
        transaction.set_rollback(True)
    assert not Seat.objects.filter(taken=True).exists()
    assert not Booking.objects.exists()


@POSTGRESQL
def test_statement_is_prepared_again_after_the_server_has_deallocated_all(alice, show):
    assert sell(alice, show, 1)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert prepared_sales()[0] == 0
    assert sell(alice, show, 2)
    assert prepared_sales()[0] == 1


def test_execute_wrappers_and_query_logs_see_the_sale(alice, show):
    executed = []

    def record(execute, sql, *rest):
        executed.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(record):
        assert sell(alice, show, 1)
    assert any("UPDATE seats_seat" in sql for sql in executed)
    with CaptureQueriesContext(connection) as queries:
        assert sell(alice, show, 2)
    assert any("UPDATE seats_seat" in query["sql"] for query in queries)


@pytest.mark.parametrize("resource", ["seats", "availability"])
def test_response_does_not_depend_on_the_cursor(anyone, show, resource):
    path = f"/shows/{show.pk}/{resource}/"
    by_psycopg = anyone.get(path)
    with connection.execute_wrapper(lambda execute, *rest: execute(*rest)):
        by_django = anyone.get(path)
        unchanged = anyone.get(path, headers={"If-None-Match": by_psycopg["ETag"]})
    assert (by_django.content, by_django["ETag"]) == (by_psycopg.content, by_psycopg["ETag"])
    assert unchanged.status_code == 304


@POSTGRESQL
def test_nothing_is_prepared_behind_a_pooler(alice, show):
    connection.ensure_connection()
    connection.connection.prepare_threshold = None
    assert sell(alice, show, 1)
    assert prepared_sales()[0] == 0


def test_connection_survives_the_violation_of_a_constraint(alice, bob, show):
    """The seat has a live booking, but its row says available."""
    assert sell(alice, show, 1)
    Seat.objects.filter(show=show, number=1).update(taken=False)
    for _ in range(2):
        with pytest.raises(IntegrityError):
            sell(bob, show, 1)
    assert sell(bob, show, 2)
    assert Booking.objects.count() == 2


@POSTGRESQL
def test_closed_connection_is_garbage_collected(anyone, show):
    assert anyone.get(f"/shows/{show.pk}/seats/").status_code == 200
    driver_connection = weakref.ref(connection.connection)
    connection.close()
    gc.collect()
    assert driver_connection() is None


def test_statement_with_an_error_fails_every_time_and_leaves_the_connection_usable():
    for _ in range(2):
        with pytest.raises((ProgrammingError, OperationalError)):
            fetch_one("SELECT nonsense FROM nowhere WHERE id = %(show)s", {"show": 1})
    assert fetch_one("SELECT %(show)s + 1", {"show": 1}) == (2,)


@POSTGRESQL
def test_lost_connection_is_503_and_the_next_request_gets_a_new_one(as_alice, show):
    book = f"/shows/{show.pk}/book/"
    assert as_alice.post(book, {"seat_number": 1}).status_code == 201
    backend = connection.connection.info.backend_pid
    operator = connections.create_connection("default")
    with operator.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(CAST(%s AS integer))", [backend])
    operator.close()
    assert_problem(as_alice.post(book, {"seat_number": 2}), 503, "unavailable")
    close_old_connections()  # A server does this after each request. The test client does not.
    assert as_alice.post(book, {"seat_number": 2}).status_code == 201
    assert_consistent()


@pytest.fixture
def altered_column():
    """A function that alters a column as a migration does, on another connection."""
    other = connections.create_connection("default")

    def alter(table, column, length):
        with other.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({length})")

    yield alter
    alter("seats_seat", "label", 200)
    alter("auth_user", "username", 150)
    other.close()


@POSTGRESQL
def test_migration_that_alters_a_column_does_not_break_prepared_statements(
    anyone, as_alice, show, altered_column
):
    book, seats = f"/shows/{show.pk}/book/", f"/shows/{show.pk}/seats/"
    assert as_alice.post(book, {"seat_number": 1}).status_code == 201
    assert anyone.get(seats).status_code == 200
    altered_column("seats_seat", "label", 210)
    assert as_alice.post(book, {"seat_number": 2}).status_code == 201
    altered_column("seats_seat", "label", 220)
    assert anyone.get(seats).status_code == 200


@POSTGRESQL
def test_migration_that_alters_a_column_costs_a_connection_at_most_one_503(as_alice, altered_column):
    """Django's own statements are prepared after they ran five times."""
    for _ in range(8):
        assert as_alice.get("/my-bookings/").status_code == 200
    altered_column("auth_user", "username", 160)
    statuses = [as_alice.get("/my-bookings/").status_code for _ in range(3)]
    assert statuses[0] in (200, 503)
    assert statuses[1:] == [200, 200]
