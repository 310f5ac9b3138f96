"""Statements on distributed tables, without Citus: each needs only the node of its show, and a login none."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from cinema.seats.booking import services, till
from cinema.seats.booking.best_seats import hold_best
from cinema.seats.booking.move import move
from cinema.seats.booking.statements.holds import HOLD, HOLD_WITHOUT_WAITING
from cinema.seats.halls.plan_json import places
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, Seat
from cinema.seats.sql.dialect import NOW
from cinema.seats.sql.distributed import is_distributed
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_problem
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory, add_price_list
from tests.seats.booking.test_statements import NAMES_SHOW, statements
from tests.seats.citus.stand_in import LOCAL_TABLES, distribute, on_postgresql
from tests.seats.plan_samples import without

pytestmark = pytest.mark.django_db

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
