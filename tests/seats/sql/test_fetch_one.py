"""What is asked past the cursors behaves as if a cursor had asked it. Outside of any transaction of the tests'
own: there, a cursor does."""

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
from cinema.seats.sql.fetch_one import one
from tests.assertions import assert_consistent, assert_problem

pytestmark = pytest.mark.django_db(transaction=True)

POSTGRESQL = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="PostgreSQL alone is asked past cursors"
)


@pytest.fixture(autouse=True)
def fresh_connection(transactional_db):
    """Nothing is prepared yet; nor is what these tests do to it left for others."""
    connection.close()
    yield
    connection.close()


def prepared():
    """How many statements PostgreSQL has prepared by our names, and how often it has done them."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT COUNT(*), SUM(generic_plans + custom_plans)
            FROM pg_prepared_statements WHERE name LIKE 'cinema%'""")
        return cursor.fetchone()


def sell(user, show, seat, key=None):
    return statements.sell(user_id=user.pk, show_id=show.pk, seat_number=seat, key=key)


@POSTGRESQL
def test_bookings_and_maps_are_prepared_once_and_asked_past_cursors(as_alice, anyone, show):
    for seat in range(1, 8):
        assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": seat}).status_code == 201
        etag = anyone.get(f"/shows/{show.pk}/seats/")["ETag"]
        assert anyone.get(f"/shows/{show.pk}/seats/", headers={"If-None-Match": etag}).status_code == 304
        assert anyone.get(f"/shows/{show.pk}/availability/").status_code == 200
    assert prepared() == (4, 7 * 4)


def test_values_arrive_as_they_are(alice, show):
    booking = sell(alice, show, 3, key="ключ 🎟 % %(show)s '\"\\")
    booking.refresh_from_db()
    assert (booking.user, booking.show, booking.seat_number) == (alice, show, 3)
    assert booking.idempotency_key == "ключ 🎟 % %(show)s '\"\\"
    assert sell(alice, show, 4).idempotency_key is None
    assert_consistent()


@pytest.mark.parametrize("show_id", [10**9, 10**18 - 1])
def test_where_there_is_nothing_there_is_no_row(anyone, as_alice, show_id):
    assert_problem(anyone.get(f"/shows/{show_id}/availability/"), 404, "not_found")
    assert_problem(as_alice.post(f"/shows/{show_id}/book/", {"seat_number": 1}), 404, "not_found")


def test_what_a_transaction_did_is_undone_with_it(alice, show):
    with transaction.atomic():
        # The first statement of its transaction, which begins with it.
        assert one(statements.TAKE, {"user": alice.pk, "show": show.pk, "seat": 1})
        transaction.set_rollback(True)
    assert not Seat.objects.filter(taken=True).exists()


def undo_something():
    """psycopg, if it has prepared something itself, then has PostgreSQL forget all that was prepared."""
    for _ in range(7):
        Seat.objects.count()
    with transaction.atomic():
        Seat.objects.count()
        transaction.set_rollback(True)
    Seat.objects.count()


def test_what_was_forgotten_is_prepared_anew(db):
    for asked in [1, 2], [3, 1, 2, 4], [4, 3, 2, 1]:
        for number in asked:
            assert one(f"SELECT {number} + CAST(%(more)s AS integer)", {"more": 10}) == (number + 10,)
        undo_something()


@POSTGRESQL
def test_something_was_forgotten_indeed(alice, show):
    assert sell(alice, show, 1)
    assert prepared()[0] == 1
    undo_something()
    assert prepared()[0] == 0


def test_who_listens_hears_of_the_sale(alice, show):
    heard = []

    def listen(execute, sql, *rest):
        heard.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(listen):
        assert sell(alice, show, 1)
    assert any("UPDATE seats_seat" in sql for sql in heard)
    with CaptureQueriesContext(connection) as queries:
        assert sell(alice, show, 2)
    assert any("UPDATE seats_seat" in query["sql"] for query in queries)


@pytest.mark.parametrize("part", ["seats", "availability"])
def test_an_answer_is_the_same_whichever_way_it_was_asked_for(anyone, show, part):
    path = f"/shows/{show.pk}/{part}/"
    answer = anyone.get(path)
    with connection.execute_wrapper(lambda execute, *rest: execute(*rest)):
        again = anyone.get(path)
        unchanged = anyone.get(path, headers={"If-None-Match": answer["ETag"]})
    assert (again.content, again["ETag"]) == (answer.content, answer["ETag"])
    assert unchanged.status_code == 304


@POSTGRESQL
def test_behind_a_pooler_nothing_is_prepared(alice, show):
    connection.ensure_connection()
    connection.connection.prepare_threshold = None
    assert sell(alice, show, 1)
    assert prepared()[0] == 0


def test_a_constraint_says_no_and_the_connection_is_as_good_as_before(alice, bob, show):
    """A live booking whose seat says free, as if the two had come apart."""
    assert sell(alice, show, 1)
    Seat.objects.filter(show=show, number=1).update(taken=False)
    for _ in range(2):
        with pytest.raises(IntegrityError):
            sell(bob, show, 1)
    assert sell(bob, show, 2)
    assert Booking.objects.count() == 2


@POSTGRESQL
def test_a_closed_connection_is_let_go(anyone, show):
    assert anyone.get(f"/shows/{show.pk}/seats/").status_code == 200
    driver = weakref.ref(connection.connection)
    connection.close()
    gc.collect()
    assert driver() is None


def test_what_makes_no_sense_is_an_error_every_time():
    for _ in range(2):
        with pytest.raises((ProgrammingError, OperationalError)):
            one("SELECT nonsense FROM nowhere WHERE id = %(show)s", {"show": 1})
    assert one("SELECT %(show)s + 1", {"show": 1}) == (2,)


@POSTGRESQL
def test_a_lost_connection_is_503_and_the_next_is_a_new_one(as_alice, show):
    book = f"/shows/{show.pk}/book/"
    assert as_alice.post(book, {"seat_number": 1}).status_code == 201
    backend = connection.connection.info.backend_pid
    operator = connections.create_connection("default")
    with operator.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(CAST(%s AS integer))", [backend])
    operator.close()
    assert_problem(as_alice.post(book, {"seat_number": 2}), 503, "unavailable")
    close_old_connections()  # As a server does after each request, and a test's client does not.
    assert as_alice.post(book, {"seat_number": 2}).status_code == 201
    assert_consistent()
