"""Nothing waits for ever: what is cut is 503, has done nothing, and works the next time."""

import time
from contextlib import contextmanager

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection, connections, transaction

from cinema.seats.models import Seat
from cinema.server.timeouts import statement_timeouts
from tests.assertions import assert_consistent, assert_problem
from tests.deployment.guide import table
from tests.live_server import Server
from tests.middleware.test_security_headers import KEY, manage

pytestmark = pytest.mark.django_db(transaction=True)

POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's timeouts")
SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's lock")


@contextmanager
def seat_locked(show, number):
    with transaction.atomic():
        list(Seat.objects.select_for_update().filter(show=show, number=number))
        yield


@POSTGRESQL
@pytest.mark.parametrize(
    "limits",
    [{"LOCK_TIMEOUT": "1", "STATEMENT_TIMEOUT": "0"}, {"LOCK_TIMEOUT": "0", "STATEMENT_TIMEOUT": "1"}],
    ids=["lock", "statement"],
)
def test_a_booking_that_waits_for_a_lock_is_cut_and_loses_nothing(alice, show, limits):
    sale = "POST", f"/shows/{show.pk}/book/", {"seat_number": 1}
    with Server(workers=1, **limits) as server:
        with seat_locked(show, 1):
            began = time.monotonic()
            answer = server.call(*sale, user=alice, headers={"Idempotency-Key": "k"})
            assert 0.9 < time.monotonic() - began < 5
            assert (answer.status, answer.code) == (503, "unavailable")
            assert answer.headers["Retry-After"] == "1"
        assert_consistent()
        assert server.call(*sale, user=alice, headers={"Idempotency-Key": "k"}).status == 201
    assert_consistent()


@POSTGRESQL
def test_a_hold_of_several_seats_that_is_cut_holds_none(alice, show):
    with Server(workers=1, LOCK_TIMEOUT="1") as server:
        with seat_locked(show, 3):
            answer = server.call("PUT", f"/shows/{show.pk}/hold/", {"seat_numbers": [1, 2, 3]}, user=alice)
            assert (answer.status, answer.code) == (503, "unavailable")
        assert not Seat.objects.exclude(held_by=None).exists()


@pytest.fixture
def own_options(monkeypatch):
    """The options of new connections, which a test may change."""
    options = dict(connection.settings_dict["OPTIONS"])
    options.pop("options", None)
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    return options


def begin_to_serve():
    with pytest.raises(MiddlewareNotUsed):
        statement_timeouts(None)


def shown(*names):
    fresh = connections.create_connection("default")
    try:
        with fresh.cursor() as cursor:
            return [cursor.execute(f"SHOW {name}").fetchone()[0] for name in names]
    finally:
        fresh.close()


LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@POSTGRESQL
def test_a_server_is_bound_and_what_the_url_says_stays(own_options, settings):
    settings.STATEMENT_TIMEOUT, settings.LOCK_TIMEOUT = 7, 3
    own_options["options"] = "-c work_mem=5MB"
    begin_to_serve()
    assert shown(*LIMITS, "work_mem") == ["7s", "3s", "7s", "5MB"]


@POSTGRESQL
def test_to_begin_twice_says_it_once(own_options, settings):
    """PostgreSQL hangs up on whoever says too much at the start."""
    settings.STATEMENT_TIMEOUT, settings.LOCK_TIMEOUT = 7, 3
    begin_to_serve()
    once = own_options["options"]
    begin_to_serve()
    assert own_options["options"] == once


@POSTGRESQL
def test_zero_says_nothing_at_all(own_options, settings):
    """A pooler that refuses the word would refuse it with a zero too."""
    settings.STATEMENT_TIMEOUT = settings.LOCK_TIMEOUT = 0
    begin_to_serve()
    assert "options" not in own_options


@POSTGRESQL
def test_a_transaction_that_did_nothing_for_too_long_is_503(as_alice, show, monkeypatch):
    """And its connection, which is lost, is not used again."""

    def dawdle(*args, **kwargs):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = '50ms'")
            time.sleep(0.5)
            cursor.execute("SELECT 1")

    with monkeypatch.context() as patch:
        patch.setattr("cinema.seats.booking.services.sell", dawdle)
        assert_problem(as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}), 503, "unavailable")
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).status_code == 201


@POSTGRESQL
def test_a_standby_that_is_taken_for_the_primary_is_503(as_alice, show, monkeypatch):
    """As it is for a moment when a standby takes over."""

    def write(*args, **kwargs):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            Seat.objects.filter(show=show).mark_taken()

    monkeypatch.setattr("cinema.seats.booking.services.sell", write)
    assert_problem(as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}), 503, "unavailable")


@POSTGRESQL
def test_commands_take_the_time_they_need(own_options):
    from tests.live_server import environment

    url = environment()["DATABASE_URL"]
    script = (
        "from django.db import connection as c; from django.core.management import call_command as call; "
        "call('migrate', verbosity=0); call('lay_out_seats'); "
        "cursor = c.cursor(); cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()); "
        "cursor.execute('SHOW lock_timeout'); print(cursor.fetchone())"
    )
    limits = {"STATEMENT_TIMEOUT": "1", "LOCK_TIMEOUT": "1"}
    result = manage("shell", "--no-imports", "-c", script, SECRET_KEY=KEY, DATABASE_URL=url, **limits)
    assert result.stdout.splitlines()[-2:] == ["('0',)", "('0',)"], result.stderr


@SQLITE
def test_a_locked_sqlite_is_503_and_loses_nothing(as_alice, show):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 200")
    rival = connections.create_connection("default")
    try:
        with rival.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            response = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1})
            assert time.monotonic() - began < 5
            assert_problem(response, 503, "unavailable")
            assert response["Retry-After"] == "1"
            cursor.execute("ROLLBACK")
    finally:
        rival.close()
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).status_code == 201
    assert_consistent()
    connection.close()


def test_the_admin_says_so_too(admin_client, monkeypatch):
    """It is outside of the API's views."""
    from django.db import OperationalError

    def cut(self, request):
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr("django.contrib.admin.options.ModelAdmin.get_queryset", cut)
    admin_client.raise_request_exception = False
    response = admin_client.get("/admin/shows/show/")
    assert_problem(response, 503, "unavailable")
    assert response["Retry-After"] == "1"


def test_the_defaults_are_documented():
    documented = {(row[2].strip("`"), row[1]) for row in table("Timeouts")}
    script = "from django.conf import settings as s; print(s.STATEMENT_TIMEOUT, s.LOCK_TIMEOUT)"
    result = manage("shell", "--no-imports", "-c", script, SECRET_KEY=KEY)
    statement, lock = result.stdout.split()
    ours = {(name, value) for name, value in documented if name.endswith("_TIMEOUT")}
    assert ours == {("STATEMENT_TIMEOUT", f"{statement} s"), ("LOCK_TIMEOUT", f"{lock} s")}
