"""A connection that was lost while it was idle, as after a crash of PostgreSQL, costs one 503.

The error has no SQLSTATE, because the client library reports it and not the server.
"""

import os
import socket

import pytest
from django.contrib.auth.signals import user_logged_in
from django.db import close_old_connections, connection
from django.urls import reverse

from tests.assertions import assert_consistent, assert_problem
from tests.conftest import Caller
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has network connections"),
]

PASSWORD = "plum-tart-42"


def lose_connection(last_bytes=b""):
    """Replaces the socket by one whose peer has closed it, as the crashed server has."""
    connection.ensure_connection()
    ours, peer = socket.socketpair()
    with ours, peer:
        peer.sendall(last_bytes)
        os.dup2(ours.fileno(), connection.connection.fileno())


def request_with_lost_connection(send, last_bytes=b""):
    """Asserts that the request gets 503. Returns the answer to its repetition."""
    lose_connection(last_bytes)
    response = send()
    assert_problem(response, 503, "unavailable")
    assert response["Retry-After"] == "1"
    close_old_connections()  # A server does this after each request. The test client does not.
    return send()


@pytest.fixture(autouse=True)
def fresh_connection(transactional_db):
    yield
    connection.close()


@pytest.fixture
def boss(db):
    user = UserFactory(username="boss", staff=True, is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def client(client):
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "/movies/", None),
        ("get", "/shows/{show}/", None),
        ("get", "/shows/{show}/seats/", None),
        ("get", "/shows/{show}/availability/", None),
        ("get", "/shows/{show}/events/", None),
        ("get", "/my-bookings/", None),
        ("post", "/signup", {"username": "carol", "password": PASSWORD}),
        ("post", "/login", {"username": "boss", "password": PASSWORD}),
        ("post", "/movies/", {"title": "Vienna", "duration_minutes": 104}),
        ("post", "/shows/{show}/book/", {"seat_number": 1}),
        ("put", "/shows/{show}/hold/", {"seat_numbers": [1, 2]}),
    ],
)
def test_api_call_with_a_lost_connection_gets_503_and_the_next_one_works(boss, show, method, path, body):
    caller = Caller(boss)
    caller.raise_request_exception = caller.handler.raise_request_exception = False
    path, more = path.format(show=show.pk), {} if body is None else {"data": body, "format": "json"}
    response = request_with_lost_connection(lambda: getattr(caller, method)(path, **more))
    assert response.status_code in {200, 201}
    assert_consistent()


@pytest.mark.parametrize("last_bytes", [b"Z\0\0\0\0", b"\0" * 40, b"T\xff\xff\xff\xff"])
def test_answer_that_is_cut_off_gets_503_and_the_next_request_works(anyone, show, last_bytes):
    """psycopg has no specific class for these errors, because they have no SQLSTATE."""
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False
    for path in ("/movies/", f"/shows/{show.pk}/seats/"):
        response = request_with_lost_connection(lambda path=path: anyone.get(path), last_bytes)
        assert response.status_code == 200


# PostgreSQL reports both as internal errors (XX000) when a node of a Citus cluster fails.
FAILED_NODE = ["failure on connection marked as essential: worker-1:5432", "SSL SYSCALL error: EOF detected"]


@pytest.fixture
def fail_with(transactional_db):
    """Returns a function: the next change of a table fails with this internal error."""

    def install(table, error, change="UPDATE"):
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{error}' USING ERRCODE = 'XX000'; END $$"
            )
            cursor.execute(
                f"CREATE TRIGGER fail BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION fail()"
            )

    yield install
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION fail() CASCADE")


@pytest.mark.parametrize(
    ("error", "status"), [*((error, 503) for error in FAILED_NODE), ("index is corrupt", 500)]
)
def test_failed_node_of_a_cluster_gets_503_and_other_internal_errors_500(fail_with, boss, show, error, status):
    fail_with("seats_seat", error)
    caller = Caller(boss)
    caller.raise_request_exception = caller.handler.raise_request_exception = False
    response = caller.post(f"/shows/{show.pk}/book/", {"seat_number": 1})
    assert_problem(response, status, "unavailable" if status == 503 else "server_error")
    assert_consistent()


def test_user_whose_deletion_another_node_refuses_is_not_deleted(fail_with, client, boss):
    """On Citus, a booking on another node at the same moment refuses the deletion, as an internal error."""
    client.force_login(boss)
    user = UserFactory(username="carol")
    fail_with("auth_user", FAILED_NODE[0], "DELETE")
    response = client.post(reverse("admin:auth_user_delete", args=[user.pk]), {"post": "yes"}, follow=True)
    assert response.status_code == 200
    assert "Nothing was changed. Another user changed the same data" in response.content.decode()
    assert type(user).objects.filter(pk=user.pk).exists()


def test_admin_page_with_a_lost_connection_gets_503_and_the_next_one_works(client, boss):
    client.force_login(boss)
    for path in (reverse("admin:index"), reverse("admin:shows_show_changelist")):
        assert request_with_lost_connection(lambda path=path: client.get(path)).status_code == 200


def test_admin_login_with_a_lost_connection_gets_503_and_the_next_one_works(client, boss):
    form = {"username": "boss", "password": PASSWORD}
    assert request_with_lost_connection(lambda: client.post("/admin/login/", form)).status_code == 302


def test_admin_login_that_loses_the_connection_while_it_saves_the_session_gets_503(client, boss):
    """Django answers 400, as if the session had been deleted."""

    def lose(sender, **kwargs):
        lose_connection()

    user_logged_in.connect(lose)
    try:
        response = client.post("/admin/login/", {"username": "boss", "password": PASSWORD})
    finally:
        user_logged_in.disconnect(lose)
    assert_problem(response, 503, "unavailable")
    assert response["Retry-After"] == "1"


def test_readiness_probe_replaces_a_lost_connection(anyone):
    lose_connection()
    assert anyone.get("/readyz").status_code == 200


def test_metrics_with_a_lost_connection_say_that_the_database_is_down(client, settings):
    settings.METRICS_TOKEN = "a-long-metrics-token"
    headers = {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    lose_connection()
    for up in (0, 1):
        page = client.get("/metrics", headers=headers).content.decode()
        assert f"cinema_database_up {up}" in page
        close_old_connections()
