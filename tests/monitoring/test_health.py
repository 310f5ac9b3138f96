import http.client
import json
import signal
import time

import pytest
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from cinema.monitoring.health import require_migrations
from tests.assertions import assert_problem
from tests.live_server import Server


@pytest.fixture(autouse=True)
def _nothing_is_remembered():
    require_migrations.cache_clear()
    yield
    require_migrations.cache_clear()


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_probe_says_ok(client, db, path):
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


@pytest.mark.skipif(connections["default"].vendor != "postgresql", reason="a file has no connection to lose")
@pytest.mark.django_db(transaction=True)
def test_a_connection_lost_since_the_last_probe_is_no_fault_of_the_databases(client):
    connections["default"].ensure_connection()
    lost = connections["default"].connection.info.backend_pid
    rival = connections.create_connection("default")
    with rival.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [lost])
    rival.close()
    assert client.get("/readyz").status_code == 200


@pytest.mark.skipif(connections["default"].vendor != "postgresql", reason="a file has no standby")
def test_a_database_that_can_only_be_read_is_alive_but_not_ready(client, db):
    """As a standby is that nobody promoted."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    assert client.get("/livez").status_code == 200
    assert_problem(client.get("/readyz"), 503, "unavailable")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.django_db(transaction=True)
def test_a_probe_fails_when_the_database_does_not_answer(client, monkeypatch, path):
    database = connections["default"]
    database.close()
    nowhere = {"NAME": "/nonexistent/db.sqlite3"} if database.vendor == "sqlite" else {"PORT": "1"}
    for name, value in nowhere.items():
        monkeypatch.setitem(database.settings_dict, name, value)
    response = client.get(path)
    monkeypatch.undo()
    database.close()
    assert_problem(response, 503, "unavailable")
    assert response["Retry-After"]


def test_until_the_database_is_migrated_a_node_lives_but_is_not_ready(
    client, db, django_assert_max_num_queries
):
    applied = MigrationRecorder.Migration.objects.filter(app="seats").latest("id")
    applied.delete()
    assert client.get("/livez").status_code == 200
    assert_problem(client.get("/readyz"), 503, "unavailable")
    applied.save()
    assert client.get("/readyz").status_code == 200
    # Once it is so, migrations are not looked up any more.
    with django_assert_max_num_queries(2):
        assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_node_that_is_told_to_stop_lives_but_is_not_ready(alice, show):
    """A load balancer asks on a connection that it keeps, while a booking is still under way."""
    with Server(workers=1) as server:
        kept = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=15) for _ in range(2)]

        def ask(connection, path):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()).get("code")

        assert [ask(connection, "/readyz") for connection in kept] == [(200, None)] * 2
        finish = server.begin_to_book(show, alice)
        server.process.terminate()
        time.sleep(0.5)
        assert ask(kept[0], "/readyz") == (503, "unavailable")
        assert ask(kept[1], "/livez") == (200, None)
        assert finish() == 201
        server.process.wait(10)
        for connection in kept:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_node_that_drains_takes_what_still_comes_until_it_closes(alice, show):
    with Server(workers=1, DRAIN_SECONDS="4") as server:
        server.process.terminate()
        time.sleep(1)
        assert server.call("GET", "/readyz").code == "unavailable"
        assert server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=alice).status == 201
        server.process.wait(10)
        with pytest.raises(OSError, match="refused"):
            server.call("GET", "/livez")


@pytest.mark.django_db(transaction=True)
def test_who_stops_a_draining_node_once_more_need_not_wait():
    with Server(workers=1, DRAIN_SECONDS="15") as server:
        server.process.terminate()
        time.sleep(0.5)
        server.process.send_signal(signal.SIGINT)
        server.process.wait(5)
