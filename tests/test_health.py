import pytest
from django.db import connections

from tests.asserts import assert_problem


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
