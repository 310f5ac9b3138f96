"""What Prometheus reads, and who else may not."""

import http.client
import os
import runpy
import signal
import time
from pathlib import Path

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection, connections
from django.db.models.functions import Now
from prometheus_client.parser import text_string_to_metric_families

from cinema.monitoring import metrics
from cinema.seats.booking.services import cancel, hold_seats
from cinema.seats.models import Seat
from tests.assertions import assert_problem
from tests.conftest import Caller
from tests.deployment.guide import table
from tests.factories import BookingFactory
from tests.live_server import ROOT, Server

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-16-ch"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ONLY_POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connections")


@pytest.fixture
def caller(settings):
    """Calls a service that counts."""
    settings.METRICS_TOKEN = TOKEN
    return Caller()


class Figures(dict):
    """By name and the labels' values, in order of the labels' names; 0 where there is nothing."""

    def __init__(self, text):
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self[sample.name, *(value for _, value in sorted(sample.labels.items()))] = sample.value

    def __missing__(self, key):
        return 0


def read(caller):
    response = caller.get("/metrics", headers=BEARER)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert response["Cache-Control"] == "no-store"
    return Figures(response.content.decode())


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_without_a_token_in_the_settings_there_is_nothing(anyone, path):
    assert_problem(anyone.get(path, headers=BEARER), 404, "not_found")
    assert_problem(anyone.get(path, headers={"Authorization": "Bearer "}), 404, "not_found")


def test_without_a_token_nothing_is_counted():
    with pytest.raises(MiddlewareNotUsed):
        metrics.measure_requests(lambda request: None)


@pytest.mark.parametrize("offered", ["", TOKEN, "Bearer", "Bearer ", f"Bearer {TOKEN}x", "Bearer \u00e9"])
def test_whoever_has_not_the_token_is_refused(caller, offered):
    response = caller.get("/metrics", headers={"Authorization": offered})
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"
    assert b"cinema_" not in response.content


def test_a_users_token_is_no_key_to_it(caller, as_staff):
    assert as_staff.get("/metrics").status_code == 401


def test_it_is_compared_in_constant_time(caller, monkeypatch):
    compared = []
    monkeypatch.setattr(metrics, "constant_time_compare", lambda *two: compared.append(two) or True)
    assert caller.get("/metrics", headers={"Authorization": "x"}).status_code == 200
    assert compared == [("x", f"Bearer {TOKEN}")]


def test_prometheus_is_not_redirected_to_https(caller, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert caller.get("/metrics", headers=BEARER).status_code == 200


def test_only_reading_it_is_allowed(caller):
    assert_problem(caller.post("/metrics", headers=BEARER), 405, "method_not_allowed")


def test_answers_are_counted_by_route_and_never_by_path(caller, show):
    before = read(caller)
    for path in (f"/shows/{show.pk}/", "/shows/424242/", f"/shows/{show.pk}", "/nope/1", "/nope/2"):
        caller.get(path)
    caller.generic("BREW", "/nope/3")
    after = read(caller)

    def more(*key):
        return after[key] - before[key]

    assert more("cinema_requests_total", "GET", "shows/<id:show_id>/", "200") == 2
    assert more("cinema_requests_total", "GET", "shows/<id:show_id>/", "404") == 1
    assert more("cinema_requests_total", "GET", "none", "404") == 2
    assert more("cinema_requests_total", "other", "none", "404") == 1
    assert more("cinema_request_seconds_count", "GET", "shows/<id:show_id>/") == 3
    assert 0 < more("cinema_request_seconds_sum", "GET", "shows/<id:show_id>/") < 10
    assert not [
        key for key in after if any(word in part for part in key for word in ("424242", "nope", "BREW"))
    ]


def test_a_request_is_timed_from_when_the_server_had_it(caller):
    before = read(caller)
    caller.get("/movies/", **{"cinema.began": time.perf_counter() - 20})
    key = ("cinema_request_seconds_sum", "GET", "movies/")
    assert read(caller)[key] - before[key] > 20


def test_refusals_are_counted_by_code(caller, alice, bob, show):
    before = read(caller)
    for user in (alice, bob, bob):
        Caller(user).post(f"/shows/{show.pk}/book/", {"seat_number": 1})
    caller.get("/admin/nope")
    after = read(caller)
    assert after["cinema_problems_total", "seat_taken"] - before["cinema_problems_total", "seat_taken"] == 2


def test_an_empty_error_from_elsewhere_is_counted_too(caller, admin_client):
    key = ("cinema_problems_total", "method_not_allowed")
    before = read(caller)[key]
    admin_client.get("/admin/logout/")
    assert read(caller)[key] - before == 1


def test_bookings_are_counted_where_they_are(caller, alice, show):
    for number in (1, 2, 3):
        booking = BookingFactory(user=alice, show=show, seat_number=number)
    cancel(booking_id=booking.pk)
    figures = read(caller)
    assert figures["cinema_bookings", "booked"] == 2
    assert figures["cinema_bookings", "cancelled"] == 1


def test_a_hold_is_live_until_it_lapses_and_lapsed_until_somebody_wants_the_seats(caller, alice, bob, show):
    hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    assert [read(caller)["cinema_held_seats", hold] for hold in ("live", "lapsed")] == [2, 0]
    Seat.objects.filter(show=show).exclude(held_until=None).update(held_until=Now())
    assert [read(caller)["cinema_held_seats", hold] for hold in ("live", "lapsed")] == [0, 2]
    hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[2])
    assert [read(caller)["cinema_held_seats", hold] for hold in ("live", "lapsed")] == [1, 1]


@ONLY_POSTGRESQL
def test_connections_are_counted_by_what_they_do(caller):
    figures = read(caller)
    # This test's own, which is asking.
    assert figures["cinema_database_connections", "active"] >= 1
    assert figures[("cinema_database_connections_most",)] >= 10


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_takes_only_its_own_figures_along(caller, monkeypatch):
    database = connections["default"]
    database.close()
    nowhere = {"NAME": "/nonexistent/db.sqlite3"} if database.vendor == "sqlite" else {"PORT": "1"}
    for name, value in nowhere.items():
        monkeypatch.setitem(database.settings_dict, name, value)
    figures = read(caller)
    monkeypatch.undo()
    database.close()
    assert figures[("cinema_database_up",)] == 0
    assert ("cinema_bookings", "booked") not in figures
    assert any(name == "cinema_build_info" for name, *_ in figures)


def test_every_metric_is_documented_with_its_labels(caller, alice, bob, show):
    for user in (alice, bob):
        Caller(user).post(f"/shows/{show.pk}/book/", {"seat_number": 1})
    text = caller.get("/metrics", headers=BEARER).content.decode()
    known = {}
    for family in text_string_to_metric_families(text):
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        known[name] = labels
    documented = {
        row[0].strip("`"): {label.strip(" `") for label in row[1].split(",") if label.strip()}
        for row in table("Metrics")
    }
    if connection.vendor != "postgresql":
        documented = {name: labels for name, labels in documented.items() if "connections" not in name}
    assert known == documented


class Counting(Server):
    def __init__(self):
        super().__init__(METRICS_TOKEN=TOKEN)

    def figures(self):
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        asked.request("GET", "/metrics", headers=BEARER)
        return Figures(asked.getresponse().read().decode())

    def children(self):
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def folder(self):
        # A fork keeps what the process was started with; the files it has open tell the truth.
        # A worker opens its first when it counts: one that has not answered yet has none.
        counting = set()
        for child in self.children():
            variables = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
            assert not [value for value in variables if value.startswith(b"PROMETHEUS_MULTIPROC_DIR=")]
            counting |= {file.resolve().parent for file in Path(f"/proc/{child}/fd").iterdir()}
        (folder,) = (folder for folder in counting if folder.name.startswith("cinema-metrics-"))
        return folder


@pytest.mark.django_db(transaction=True)
def test_all_workers_are_counted_together_the_dead_too_but_not_their_streams(show):
    key = ("cinema_requests_total", "GET", "shows/<id:show_id>/", "200")
    with Counting() as server:
        for _ in range(30):
            server.call("GET", f"/shows/{show.pk}/")
        # Whichever worker answers.
        assert {server.figures()[key] for _ in range(10)} == {30}
        folder = server.folder()

        path = f"/shows/{show.pk}/events/"
        with server.listen(path) as one, server.listen(path) as two, server.listen(path) as three:
            for stream in (one, two, three):
                assert stream.event()
            assert server.figures()[("cinema_open_streams",)] == 3
        wait_for(lambda: server.figures()[("cinema_open_streams",)] == 0)

        with server.listen(path) as one:
            assert one.event()
            for child in server.children():
                os.kill(int(child), signal.SIGKILL)
            wait_for(lambda: len(server.children()) == 3 and answers(server))
        assert server.figures()[("cinema_open_streams",)] == 0
        assert server.figures()[key] == 30
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_has_just_started_is_no_fault(show):
    """It has made its file, and has not written into it."""
    key = ("cinema_requests_total", "GET", "shows/<id:show_id>/", "200")
    with Counting() as server:
        server.call("GET", f"/shows/{show.pk}/")
        (server.folder() / "counter_999999.db").touch()
        assert server.figures()[key] == 1


def test_a_server_that_ends_takes_away_only_what_it_made(tmp_path, monkeypatch):
    """Whatever directory the environment names, and whatever else lies in its own."""
    (tmp_path / "somebodys.db").touch()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr("cinema.settings.METRICS_TOKEN", TOKEN)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    server["on_exit"](None)
    server["on_starting"](None)
    ours = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    assert ours.parent == tmp_path
    (ours / "counter_1.db").touch()
    (ours / "somebodys").touch()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(tmp_path)
    server["on_exit"](None)
    assert [file.name for file in ours.iterdir()] == ["somebodys"]
    assert (tmp_path / "somebodys.db").exists()


def answers(server):
    try:
        return server.call("GET", "/readyz").status == 200
    except OSError:
        return False


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
