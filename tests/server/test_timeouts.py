"""Database timeouts: a canceled request gets 503, changes nothing, and succeeds when it is repeated."""

import time
from contextlib import contextmanager

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.db import OperationalError, connection, connections, transaction

from cinema.seats.models import Seat
from cinema.server.timeouts import statement_timeouts
from tests.assertions import assert_consistent, assert_problem
from tests.deployment.guide import table
from tests.middleware.test_security_headers import KEY, manage

pytestmark = pytest.mark.django_db(transaction=True)

ON_POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL's timeouts")
ON_SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="needs SQLite's lock")


@contextmanager
def seat_locked(show, number):
    with transaction.atomic():
        list(Seat.objects.select_for_update().filter(show=show, number=number))
        yield


@ON_POSTGRESQL
@pytest.mark.parametrize(
    "limits",
    [{"LOCK_TIMEOUT": "1", "STATEMENT_TIMEOUT": "0"}, {"LOCK_TIMEOUT": "0", "STATEMENT_TIMEOUT": "1"}],
    ids=["lock", "statement"],
)
def test_booking_that_waits_too_long_for_a_lock_gets_503_and_can_be_retried(server_with, alice, show, limits):
    call = "POST", f"/shows/{show.pk}/book/", {"seat_number": 1}
    server = server_with(workers=1, **limits)
    with seat_locked(show, 1):
        began = time.monotonic()
        answer = server.call(*call, user=alice, headers={"Idempotency-Key": "k"})
        assert 0.9 < time.monotonic() - began < 20
        assert (answer.status, answer.code) == (503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
    assert_consistent()
    assert server.call(*call, user=alice, headers={"Idempotency-Key": "k"}).status == 201
    assert_consistent()


@ON_POSTGRESQL
def test_hold_that_times_out_at_one_seat_holds_no_seat(server_with, alice, show):
    server = server_with(workers=1, LOCK_TIMEOUT="1")
    with seat_locked(show, 3):
        answer = server.call("PUT", f"/shows/{show.pk}/hold/", {"seat_numbers": [1, 2, 3]}, user=alice)
        assert (answer.status, answer.code) == (503, "unavailable")
    assert not Seat.objects.exclude(held_by=None).exists()


@pytest.fixture
def connection_options(monkeypatch):
    """The options of new connections. A test may change them."""
    options = dict(connection.settings_dict["OPTIONS"])
    options.pop("options", None)
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    return options


def load_middleware():
    with pytest.raises(MiddlewareNotUsed):
        statement_timeouts(None)


def values_on_a_new_connection(*names):
    new = connections.create_connection("default")
    try:
        with new.cursor() as cursor:
            return [cursor.execute(f"SHOW {name}").fetchone()[0] for name in names]
    finally:
        new.close()


TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@ON_POSTGRESQL
def test_timeouts_are_added_to_the_options_of_the_url(connection_options, settings):
    settings.STATEMENT_TIMEOUT, settings.LOCK_TIMEOUT = 7, 3
    connection_options["options"] = "-c work_mem=5MB"
    load_middleware()
    assert values_on_a_new_connection(*TIMEOUTS, "work_mem") == ["7s", "3s", "7s", "5MB"]


@ON_POSTGRESQL
def test_timeouts_are_added_once_however_often_the_middleware_is_loaded(connection_options, settings):
    """PostgreSQL rejects a connection with too many options."""
    settings.STATEMENT_TIMEOUT, settings.LOCK_TIMEOUT = 7, 3
    load_middleware()
    options = connection_options["options"]
    load_middleware()
    assert connection_options["options"] == options


@ON_POSTGRESQL
def test_zero_adds_no_timeout_option(connection_options, settings):
    """A pooler that rejects the options would reject them with the value zero, too."""
    settings.STATEMENT_TIMEOUT = settings.LOCK_TIMEOUT = 0
    load_middleware()
    assert "options" not in connection_options


@ON_POSTGRESQL
def test_transaction_that_was_idle_for_too_long_gets_503_and_a_new_connection(as_alice, show, monkeypatch):
    def wait_inside_a_transaction(*args, **kwargs):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = '50ms'")
            time.sleep(0.5)
            cursor.execute("SELECT 1")

    with monkeypatch.context() as patch:
        patch.setattr("cinema.seats.booking.statements.book", wait_inside_a_transaction)
        assert_problem(as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}), 503, "unavailable")
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).status_code == 201


@ON_POSTGRESQL
def test_booking_on_a_read_only_standby_gets_503(as_alice, show):
    """During a failover, a standby can already receive requests just before it is promoted."""
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    assert_problem(as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}), 503, "unavailable")
    connection.close()


@ON_POSTGRESQL
def test_management_commands_have_no_timeouts(connection_options):
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


@ON_SQLITE
def test_booking_on_a_locked_sqlite_gets_503_and_can_be_retried(as_alice, show):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 200")
    rival = connections.create_connection("default")
    try:
        with rival.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            response = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1})
            assert_problem(response, 503, "unavailable")
            assert response["Retry-After"] == "1"
            cursor.execute("ROLLBACK")
    finally:
        rival.close()
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).status_code == 201
    assert_consistent()
    connection.close()


def test_admin_page_gets_503_for_a_timeout(admin_client, monkeypatch):
    """The admin's views do not use DRF's exception handler."""

    def cancel_statement(self, request):
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr("django.contrib.admin.options.ModelAdmin.get_queryset", cancel_statement)
    admin_client.raise_request_exception = False
    response = admin_client.get("/admin/shows/show/")
    assert_problem(response, 503, "unavailable")
    assert response["Retry-After"] == "1"


@pytest.mark.slow
def test_default_timeouts_are_documented():
    rows = {(row[2].strip("`"), row[1]) for row in table("Timeouts")}
    script = "from django.conf import settings as s; print(s.STATEMENT_TIMEOUT, s.LOCK_TIMEOUT)"
    result = manage("shell", "--no-imports", "-c", script, SECRET_KEY=KEY)
    statement, lock = result.stdout.split()
    documented = {(name, value) for name, value in rows if name.endswith("_TIMEOUT")}
    assert documented == {("STATEMENT_TIMEOUT", f"{statement} s"), ("LOCK_TIMEOUT", f"{lock} s")}
