"""The probes `/livez` and `/readyz`, and what they answer while a server stops."""

import http.client
import json
import signal

import pytest
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from cinema.monitoring.health import require_migrations
from tests.assertions import assert_problem
from tests.live_server import Server, wait_for


@pytest.fixture(autouse=True)
def _check_migrations_anew():
    require_migrations.cache_clear()
    yield
    require_migrations.cache_clear()


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probe_is_ok(client, db, path):
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


@pytest.mark.skipif(connections["default"].vendor != "postgresql", reason="SQLite has no server to lose")
@pytest.mark.django_db(transaction=True)
def test_probe_replaces_a_connection_that_was_lost(client):
    connections["default"].ensure_connection()
    process_id = connections["default"].connection.info.backend_pid
    other_connection = connections.create_connection("default")
    with other_connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [process_id])
    other_connection.close()
    assert client.get("/readyz").status_code == 200


@pytest.mark.skipif(connections["default"].vendor != "postgresql", reason="SQLite has no standby")
def test_read_only_database_is_alive_but_not_ready(client, db):
    """A standby is read-only until it is promoted."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    assert client.get("/livez").status_code == 200
    assert_problem(client.get("/readyz"), 503, "unavailable")


@pytest.mark.skipif(connections["default"].vendor != "postgresql", reason="SQLite has no schemas and roles")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("hide", "show_again"),
    [
        ("SET search_path TO pg_catalog", "RESET search_path"),
        ("SET ROLE pg_monitor", "RESET ROLE"),
    ],
)
def test_node_that_can_not_see_or_read_its_tables_is_alive_but_not_ready(client, hide, show_again):
    """It was ready before, so it asks for missing migrations no more."""
    assert client.get("/readyz").status_code == 200
    with connections["default"].cursor() as cursor:
        cursor.execute(hide)
        alive, ready = client.get("/livez"), client.get("/readyz")
        cursor.execute(show_again)
    assert alive.status_code == 200
    assert_problem(ready, 503, "unavailable")
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_node_without_its_database_is_alive_but_not_ready(client, monkeypatch):
    database = connections["default"]
    database.close()
    unreachable = {"NAME": "/nonexistent/db.sqlite3"} if database.vendor == "sqlite" else {"PORT": "1"}
    for name, value in unreachable.items():
        monkeypatch.setitem(database.settings_dict, name, value)
    alive, ready = client.get("/livez"), client.get("/readyz")
    monkeypatch.undo()
    database.close()
    assert alive.status_code == 200
    assert_problem(ready, 503, "unavailable")
    assert ready["Retry-After"]


def test_liveness_probe_sends_no_query(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz/", "/metrics"])
def test_probe_by_the_address_of_the_node_is_answered(client, db, settings, path):
    """A load balancer or Prometheus addresses a node by its IP address, which ALLOWED_HOSTS need not list."""
    settings.ALLOWED_HOSTS = ["cinema.example"]
    settings.METRICS_TOKEN = "a-token-of-16-characters"
    headers = {"Host": "10.0.0.5:8000", "Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    assert client.get(path, headers=headers).status_code == 200


def test_other_paths_by_the_address_of_the_node_are_refused(client, db, settings):
    settings.ALLOWED_HOSTS = ["cinema.example"]
    assert_problem(client.get("/movies/", headers={"Host": "10.0.0.5:8000"}), 400, "bad_request")


def test_node_without_a_migration_is_alive_but_not_ready(client, db, django_assert_max_num_queries):
    migration = MigrationRecorder.Migration.objects.filter(app="seats").latest("id")
    migration.delete()
    assert client.get("/livez").status_code == 200
    assert_problem(client.get("/readyz"), 503, "unavailable")
    migration.save()
    assert client.get("/readyz").status_code == 200
    # Once all migrations are applied, the probe does not query them again.
    with django_assert_max_num_queries(2):
        assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_stopping_node_is_alive_but_not_ready(alice, show):
    """A load balancer probes on persistent connections while a booking is still active."""
    with Server(workers=1) as server:
        probes = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=15) for _ in range(2)]

        def probe(connection, path):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read()).get("code")

        assert [probe(connection, "/readyz") for connection in probes] == [(200, None)] * 2
        finish = server.begin_to_book(show, alice)
        server.process.terminate()
        wait_for(lambda: probe(probes[0], "/readyz") == (503, "unavailable"))
        assert probe(probes[1], "/livez") == (200, None)
        assert finish() == 201
        server.process.wait(10)
        for connection in probes:
            connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_draining_node_accepts_requests_until_it_closes(alice, show):
    with Server(workers=1, DRAIN_SECONDS="8") as server:
        server.process.terminate()
        wait_for(lambda: server.call("GET", "/readyz").code == "unavailable")
        assert server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=alice).status == 201
        server.process.wait(30)
        with pytest.raises(OSError, match="refused"):
            server.call("GET", "/livez")


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_second_stop_signal_ends_draining_at_once():
    with Server(workers=1, DRAIN_SECONDS="19") as server:
        server.process.terminate()
        wait_for(lambda: server.call("GET", "/readyz").code == "unavailable")
        server.process.send_signal(signal.SIGINT)
        server.process.wait(15)
