"""Seats and bookings distributed by show: what the sale's statements name, and the command that distributes.

There is no Citus where these tests run. The command's plan is run on PostgreSQL with a stand-in for it, which
notes what it is asked for: so its order, the keys, and selling on with them are tested, and the spreading of
rows is not. (docs/scaling.md says how to run the suite on a real Citus.)
"""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cinema.seats import holds, seat_map, services
from cinema.seats.distribution import has_citus
from cinema.seats.models import Booking, Seat
from cinema.seats.plans import places
from cinema.seats.relay import relay
from cinema.seats.seating import fit_seats
from cinema.shows.models import Show
from tests.asserts import assert_agreement, assert_problem
from tests.factories import BookingFactory, ShowFactory
from tests.seats.halls import without

pytestmark = pytest.mark.django_db
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL only")

# --- What each statement names --------------------------------------------------------------------------

DISTRIBUTED = re.compile(r"\bseats_(seat|booking)\b")
# Compared with a value, or written: the INSERT of bookings, and the two that take their show from the one sold.
BY_SHOW = re.compile(
    r"""\bshow_id"?\ (=|IN)\ \(?(%s|%\(show\)s|\d+)
    |"shows_show"."id"\ =\ (%s|\d+)\b.*|INSERT\ INTO\ "?seats_(seat|booking)"?\s+\([^)]*\bshow_id\b""",
    re.VERBOSE | re.DOTALL,
)


def statements(action):
    """What the action sends to the database of seats and bookings."""
    sent = []

    def note(execute, sql, params, many, context):
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        action()
    return [sql for sql in sent if DISTRIBUTED.search(sql)]


def refused(action):
    with pytest.raises(Exception, match="taken"):
        action()


ACTIONS = {
    "book": lambda user, show: services.book(user_id=user.pk, show_id=show.pk, seat_number=2),
    "book by a key": lambda user, show: services.book(user_id=user.pk, show_id=show.pk, seat_number=2, key="k"),
    "be refused": lambda user, show: refused(
        lambda: services.book(user_id=user.pk + 1, show_id=show.pk, seat_number=1)
    ),
    "hold": lambda user, show: holds.hold_seats(user_id=user.pk, show_id=show.pk, seat_numbers=[2, 3]),
    "hold the best": lambda user, show: holds.hold_best(user_id=user.pk, show_id=show.pk, size=2),
    "look at the hold": lambda user, show: holds.current_hold(user_id=user.pk, show_id=show.pk),
    "release": lambda user, show: holds.release_hold(user_id=user.pk, show_id=show.pk),
    "book the hold": lambda user, show: holds.book_hold(user_id=user.pk, show_id=show.pk),
    "version": lambda user, show: seat_map.seen(show.pk),
    "versions": lambda user, show: seat_map.versions([show.pk]),
    "seat map": lambda user, show: seat_map.seat_map(seat_map.seen(show.pk)),
    "availability": lambda user, show: seat_map.seen(show.pk, with_statuses=True),
    "grow": lambda user, show: fit_seats(_with_seats(show, 70)),
    "shrink": lambda user, show: fit_seats(_with_seats(show, 50)),
    "re-lay": lambda user, show: relay(show, places(without("a2"))),
}


def _with_seats(show, total):
    Show.objects.filter(pk=show.pk).update(total_seats=total)
    show.total_seats = total
    return show


@pytest.mark.parametrize("orphan_rule", [False, True], ids=["", "orphan rule"])
@pytest.mark.parametrize("action", ACTIONS)
def test_every_statement_names_the_show(alice, bob, settings, action, orphan_rule):
    settings.ORPHAN_RULE = orphan_rule
    show = ShowFactory(total_seats=60)
    BookingFactory(user=alice, show=show, seat_number=1)
    holds.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[7, 8])
    sent = statements(lambda: ACTIONS[action](alice, show))
    assert sent
    for sql in sent:
        assert BY_SHOW.search(sql), sql


def test_a_cancel_names_the_show_once_it_has_looked_it_up_by_the_id(alice, show):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    look_up, *rest = statements(lambda: services.cancel(booking_id=booking.pk, user_id=alice.pk))
    assert look_up.startswith("SELECT")
    assert len(rest) == 3
    for sql in rest:
        assert BY_SHOW.search(sql), sql


def test_the_check_finds_statements_that_name_no_show(alice, show):
    for unnamed in (
        lambda: list(Booking.objects.by(alice.pk).with_details()),
        lambda: list(Seat.objects.filter(number=1).values("show")),
        lambda: list(Show.objects.filter(seats__taken=True)),
    ):
        (sql,) = statements(unnamed)
        assert not BY_SHOW.search(sql), sql


def test_a_booking_saved_again_does_not_set_its_show(alice, show):
    """A distributed table refuses that, even to what it is."""
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    updates = [sql for sql in statements(booking.save) if sql.startswith('UPDATE "seats_booking"')]
    assert len(updates) == 1
    assert '"show_id" = ' not in updates[0].partition(" WHERE ")[0]
    assert '"show_id" = ' in updates[0].partition(" WHERE ")[2]


def test_a_booking_moved_to_another_show_is_moved(alice, show):
    """Where nothing is distributed."""
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    booking.show = ShowFactory()
    booking.save(update_fields=["show"])
    assert Booking.objects.get().show == booking.show
    assert_agreement()


# --- The command ----------------------------------------------------------------------------------------

# What the plan calls of Citus, by functions that only note the call. Gone with the test's transaction.
STAND_IN = """
CREATE TABLE stand_in_calls (number serial, call text);
CREATE TABLE citus_tables (table_name regclass, citus_table_type text, distribution_column text,
  colocation_id integer);
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
    """Installs the stand-in for Citus; answers the calls so far."""
    with connection.cursor() as cursor:
        if has_citus(cursor):
            pytest.skip("This is a real Citus.")
        cursor.execute(STAND_IN)
    monkeypatch.setattr("cinema.seats.distribution.EXTENSION", "SELECT 1")
    return lambda: [call for (call,) in rows("SELECT call FROM stand_in_calls ORDER BY number")]


def rows(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def distribute(*options):
    # Checks that wait for the commit, which a test never comes to, would be in the way of changed tables.
    connection.check_constraints()
    out = StringIO()
    call_command("distribute_by_show", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def distributed(stand_in):
    distribute()


@on_postgresql
def test_seats_and_bookings_are_distributed_and_all_others_are_whole_on_every_node(stand_in):
    assert "are distributed by show" in distribute()
    calls = stand_in()
    assert [call for call in calls if call.startswith("distributed")] == [
        "distributed seats_seat by show_id with none",
        "distributed seats_booking by show_id with seats_seat",
    ]
    whole = [call.removeprefix("reference ") for call in calls if call.startswith("reference")]
    every = {name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert {*whole} == every - {"seats_seat", "seats_booking", "stand_in_calls", "citus_tables"}
    assert {"auth_user", "shows_show", "django_migrations", "cinema_shared_cache", "django_session"} < {*whole}
    keys = "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
    for table, target in rows(keys):
        assert target in whole
        assert table not in whole or whole.index(target) < whole.index(table)


@on_postgresql
def test_keys_have_the_show_and_wait_for_no_commit(distributed):
    unique = rows(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indisunique AND indrelid IN ('seats_seat'::regclass, 'seats_booking'::regclass)"
    )
    assert len(unique) == 4
    assert all("(show_id, " in definition for _, definition in unique)
    assert "(show_id, id)" in dict(unique)["seats_booking_pkey"]
    # A booking is cancelled by its id.
    assert rows("SELECT 1 FROM pg_indexes WHERE indexdef LIKE '%% ON public.seats_booking USING btree (id)'")
    keys = rows(
        "SELECT conrelid::regclass::text, condeferrable, convalidated FROM pg_constraint WHERE contype = 'f' "
        "AND conrelid IN ('seats_seat'::regclass, 'seats_booking'::regclass) ORDER BY 1"
    )
    assert keys == [("seats_booking", False, True)] * 2 + [("seats_seat", False, True)]


@on_postgresql
def test_nothing_points_at_seats_or_bookings(distributed):
    pointing = "SELECT 1 FROM pg_constraint WHERE contype = 'f' AND confrelid IN (%s::regclass, %s::regclass)"
    assert not rows(pointing, "seats_seat", "seats_booking")


@on_postgresql
def test_again_it_does_nothing(stand_in):
    distribute()
    calls = stand_in()
    assert "nothing was left to do" in distribute()
    assert distribute("--dry-run") == "-- Nothing is left to do.\n"
    assert stand_in() == calls


@on_postgresql
def test_again_it_does_what_has_come_since(stand_in):
    distribute()
    before = len(stand_in())
    rows("DELETE FROM citus_tables WHERE table_name = 'django_session'::regclass")
    rows("UPDATE citus_tables SET colocation_id = 3 WHERE table_name = 'seats_booking'::regclass")
    rows(
        "ALTER TABLE seats_booking ADD seller integer CONSTRAINT seller_fk REFERENCES auth_user (id) "
        "DEFERRABLE INITIALLY DEFERRED"
    )
    distribute()
    assert stand_in()[before:] == [
        "reference django_session",
        "colocated seats_booking with seats_seat",
        "local data of django_session",
    ]
    assert rows("SELECT condeferrable FROM pg_constraint WHERE conname = 'seller_fk'") == [(False,)]
    assert "nothing was left to do" in distribute()


@on_postgresql
def test_the_printed_sql_does_the_same(stand_in):
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
    ("spoil", "words"),
    [
        ("CREATE UNIQUE INDEX odd ON seats_booking (user_id)", "odd, a unique index of seats_booking"),
        ("CREATE TABLE odd (its bigint CONSTRAINT odd_fk REFERENCES seats_booking (id))", "odd_fk of odd"),
        (
            "INSERT INTO citus_tables VALUES ('seats_seat', 'distributed', 'number', 9)",
            "by number, not by show_id",
        ),
        ("DROP TABLE seats_booking", "migrate comes first"),
    ],
)
def test_what_is_in_the_way_is_said(stand_in, spoil, words):
    rows(spoil)
    with pytest.raises(CommandError, match=words):
        distribute()
    assert stand_in() == []


@on_postgresql
def test_what_fails_half_way_leaves_nothing_behind(stand_in):
    rows("DROP FUNCTION truncate_local_data_after_distributing_table(regclass)")
    with pytest.raises(CommandError, match="Nothing was changed"):
        distribute()
    assert stand_in() == []
    assert rows("SELECT count(*) FROM pg_constraint WHERE conname = 'seats_booking_pkey'") == [(1,)]


@on_postgresql
def test_without_the_extension_it_refuses_but_prints(db):
    with connection.cursor() as cursor:
        if has_citus(cursor):
            pytest.skip("This is a real Citus.")
    with pytest.raises(CommandError) as refusal:
        distribute()
    assert str(refusal.value) == (
        "This database has no Citus extension: CREATE EXTENSION citus; first, on every node."
    )
    assert refusal.value.returncode == 1
    assert "create_distributed_table('seats_seat', 'show_id'" in distribute("--dry-run")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite only")
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_sqlite_distributes_nothing(options):
    with pytest.raises(CommandError, match="Only PostgreSQL with the Citus extension"):
        distribute(*options)


@on_postgresql
def test_there_is_nothing_to_migrate_afterwards(distributed):
    call_command("migrate", check_unapplied=True, stdout=StringIO())
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=StringIO())


@on_postgresql
def test_all_that_sells_works_afterwards(distributed, as_alice, as_staff, alice, bob, show):
    booked = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 5})
    assert booked.status_code == 201
    number = booked.json()["id"]
    again = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 5})
    assert_problem(again, 409, "already_yours", booking=number)
    assert as_alice.post(f"/bookings/{number}/cancel/").status_code == 200
    assert_problem(as_alice.post(f"/bookings/{number}/cancel/"), 409, "already_cancelled")
    holds.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    assert len(holds.book_hold(user_id=alice.pk, show_id=show.pk)) == 2
    assert len(holds.hold_best(user_id=bob.pk, show_id=show.pk, size=3).seat_numbers) == 3
    holds.release_hold(user_id=bob.pk, show_id=show.pk)
    mine = as_alice.get("/my-bookings/").json()
    assert [booking["status"] for booking in mine["results"]] == ["booked", "booked", "cancelled"]
    assert as_alice.get(f"/shows/{show.pk}/seats/").json()["counts"]["taken"] == 2
    assert as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 20}).status_code == 200
    relay(Show.objects.get(pk=show.pk), places(without("a2")))
    assert_agreement()
    assert_problem(as_staff.delete(f"/shows/{show.pk}/"), 409, "has_bookings")
    alice.delete()
    assert_agreement()
    assert as_staff.delete(f"/shows/{show.pk}/").status_code == 204
    assert not Seat.objects.exists()
    assert not Booking.objects.exists()
    call_command("check_seats", stdout=StringIO())


@on_postgresql
def test_a_show_with_bookings_can_be_distributed(stand_in, alice, show):
    BookingFactory(user=alice, show=show)
    distribute()
    assert_agreement()
