"""The metrics at `/metrics`: what they count, and who may read them."""

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
from tests.live_server import ROOT, Server, wait_for

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-16-ch"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ON_POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connections")


@pytest.fixture
def caller(settings):
    """A client of an application whose METRICS_TOKEN is set."""
    settings.METRICS_TOKEN = TOKEN
    return Caller()


class Samples(dict):
    """Values by metric name and label values, in the order of the labels' names. A missing sample is 0."""

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
    return Samples(response.content.decode())


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_metrics_are_404_without_a_token_in_the_settings(anyone, path):
    assert_problem(anyone.get(path, headers=BEARER), 404, "not_found")
    assert_problem(anyone.get(path, headers={"Authorization": "Bearer "}), 404, "not_found")


def test_nothing_is_counted_without_a_token_in_the_settings():
    with pytest.raises(MiddlewareNotUsed):
        metrics.measure_requests(lambda request: None)


@pytest.mark.parametrize("authorization", ["", TOKEN, "Bearer", "Bearer ", f"Bearer {TOKEN}x", "Bearer \u00e9"])
def test_wrong_or_missing_token_gets_401(caller, authorization):
    response = caller.get("/metrics", headers={"Authorization": authorization})
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"
    assert b"cinema_" not in response.content


def test_access_token_of_a_staff_user_gets_401(caller, as_staff):
    assert as_staff.get("/metrics").status_code == 401


def test_token_is_compared_in_constant_time(caller, monkeypatch):
    compared = []
    monkeypatch.setattr(metrics, "constant_time_compare", lambda *values: compared.append(values) or True)
    assert caller.get("/metrics", headers={"Authorization": "x"}).status_code == 200
    assert compared == [("x", f"Bearer {TOKEN}")]


def test_metrics_are_not_redirected_to_https(caller, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert caller.get("/metrics", headers=BEARER).status_code == 200


def test_posting_to_metrics_is_not_allowed(caller):
    assert_problem(caller.post("/metrics", headers=BEARER), 405, "method_not_allowed")


def test_responses_are_counted_by_route_and_never_by_path(caller, show):
    before = read(caller)
    for path in (f"/shows/{show.pk}/", "/shows/424242/", f"/shows/{show.pk}", "/nope/1", "/nope/2"):
        caller.get(path)
    caller.generic("BREW", "/nope/3")
    after = read(caller)

    def increase(*key):
        return after[key] - before[key]

    assert increase("cinema_requests_total", "GET", "shows/<id:show_id>/", "200") == 2
    assert increase("cinema_requests_total", "GET", "shows/<id:show_id>/", "404") == 1
    assert increase("cinema_requests_total", "GET", "none", "404") == 2
    assert increase("cinema_requests_total", "other", "none", "404") == 1
    assert increase("cinema_request_seconds_count", "GET", "shows/<id:show_id>/") == 3
    assert 0 < increase("cinema_request_seconds_sum", "GET", "shows/<id:show_id>/") < 10
    assert not [
        key for key in after if any(word in part for part in key for word in ("424242", "nope", "BREW"))
    ]


def test_duration_counts_from_the_arrival_at_the_server(caller):
    before = read(caller)
    caller.get("/movies/", **{"cinema.began": time.perf_counter() - 20})
    key = ("cinema_request_seconds_sum", "GET", "movies/")
    assert read(caller)[key] - before[key] > 20


def test_problems_are_counted_by_code(caller, alice, bob, show):
    before = read(caller)
    for user in (alice, bob, bob):
        Caller(user).post(f"/shows/{show.pk}/book/", {"seat_number": 1})
    caller.get("/admin/nope")
    after = read(caller)
    assert after["cinema_problems_total", "seat_taken"] - before["cinema_problems_total", "seat_taken"] == 2


def test_error_without_a_body_from_the_admin_is_counted(caller, admin_client):
    key = ("cinema_problems_total", "method_not_allowed")
    before = read(caller)[key]
    admin_client.get("/admin/logout/")
    assert read(caller)[key] - before == 1


def test_bookings_are_counted_in_the_database(caller, alice, show):
    for number in (1, 2, 3):
        booking = BookingFactory(user=alice, show=show, seat_number=number)
    cancel(booking_id=booking.pk)
    samples = read(caller)
    assert samples["cinema_bookings", "booked"] == 2
    assert samples["cinema_bookings", "cancelled"] == 1


def test_held_seats_are_live_until_expiry_and_expired_until_the_next_hold(caller, alice, bob, show):
    hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    assert [read(caller)["cinema_held_seats", hold] for hold in ("live", "lapsed")] == [2, 0]
    Seat.objects.filter(show=show).exclude(held_until=None).update(held_until=Now())
    assert [read(caller)["cinema_held_seats", hold] for hold in ("live", "lapsed")] == [0, 2]
    hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[2])
    assert [read(caller)["cinema_held_seats", hold] for hold in ("live", "lapsed")] == [1, 1]


@ON_POSTGRESQL
def test_database_connections_are_counted_by_state(caller):
    samples = read(caller)
    # The connection of this test is active.
    assert samples["cinema_database_connections", "active"] >= 1
    assert samples[("cinema_database_connections_most",)] >= 10


@pytest.mark.django_db(transaction=True)
def test_only_the_database_metrics_are_missing_when_the_database_does_not_answer(caller, monkeypatch):
    database = connections["default"]
    database.close()
    unreachable = {"NAME": "/nonexistent/db.sqlite3"} if database.vendor == "sqlite" else {"PORT": "1"}
    for name, value in unreachable.items():
        monkeypatch.setitem(database.settings_dict, name, value)
    samples = read(caller)
    monkeypatch.undo()
    database.close()
    assert samples[("cinema_database_up",)] == 0
    assert ("cinema_bookings", "booked") not in samples
    assert any(name == "cinema_build_info" for name, *_ in samples)


def test_every_metric_is_documented_with_its_labels(caller, alice, bob, show):
    for user in (alice, bob):
        Caller(user).post(f"/shows/{show.pk}/book/", {"seat_number": 1})
    text = caller.get("/metrics", headers=BEARER).content.decode()
    metrics = {}
    for family in text_string_to_metric_families(text):
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        metrics[name] = labels
    documented = {
        row[0].strip("`"): {label.strip(" `") for label in row[1].split(",") if label.strip()}
        for row in table("Metrics")
    }
    if connection.vendor != "postgresql":
        documented = {name: labels for name, labels in documented.items() if "connections" not in name}
    assert metrics == documented


class CountingServer(Server):
    def __init__(self, workers=3):
        super().__init__(workers, METRICS_TOKEN=TOKEN)

    def samples(self):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        client.request("GET", "/metrics", headers=BEARER)
        return Samples(client.getresponse().read().decode())

    def children(self):
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def metrics_directory(self):
        """Finds the directory among the parents of the workers' open files.

        /proc shows only the environment with which a process was started, so the variable is not there. A
        worker has no file open until it counts for the first time.
        """
        directories = set()
        for child in self.children():
            variables = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
            assert not [value for value in variables if value.startswith(b"PROMETHEUS_MULTIPROC_DIR=")]
            directories |= {file.resolve().parent for file in Path(f"/proc/{child}/fd").iterdir()}
        (directory,) = (path for path in directories if path.name.startswith("cinema-metrics-"))
        return directory


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_requests_of_all_workers_are_summed_but_streams_of_killed_workers_are_not(show):
    key = ("cinema_requests_total", "GET", "shows/<id:show_id>/", "200")
    with CountingServer() as server:
        for _ in range(30):
            server.call("GET", f"/shows/{show.pk}/")
        # Ten times, because any worker may answer.
        assert {server.samples()[key] for _ in range(10)} == {30}
        directory = server.metrics_directory()

        path = f"/shows/{show.pk}/events/"
        with server.listen(path) as first, server.listen(path) as second, server.listen(path) as third:
            for stream in (first, second, third):
                assert stream.event()
            assert server.samples()[("cinema_open_streams",)] == 3
        wait_for(lambda: server.samples()[("cinema_open_streams",)] == 0)

        with server.listen(path) as stream:
            assert stream.event()
            for child in server.children():
                os.kill(int(child), signal.SIGKILL)
            wait_for(lambda: len(server.children()) == 3 and is_ready(server))
        wait_for(lambda: server.samples()[("cinema_open_streams",)] == 0)
        assert server.samples()[key] == 30
        assert directory.stat().st_mode & 0o077 == 0
    assert not directory.exists()


@pytest.mark.django_db(transaction=True)
def test_empty_file_of_a_worker_that_has_just_started_is_skipped(show):
    key = ("cinema_requests_total", "GET", "shows/<id:show_id>/", "200")
    with CountingServer(workers=1) as server:
        server.call("GET", f"/shows/{show.pk}/")
        (server.metrics_directory() / "counter_999999.db").touch()
        assert server.samples()[key] == 1


def test_stopping_server_deletes_only_the_files_that_it_made(tmp_path, monkeypatch):
    """It deletes neither the directory that the environment names, nor other files in its own directory."""
    (tmp_path / "another.db").touch()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr("cinema.settings.METRICS_TOKEN", TOKEN)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    configuration = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    configuration["on_exit"](None)
    configuration["on_starting"](None)
    directory = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    assert directory.parent == tmp_path
    (directory / "counter_1.db").touch()
    (directory / "another_file").touch()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(tmp_path)
    configuration["on_exit"](None)
    assert [file.name for file in directory.iterdir()] == ["another_file"]
    assert (tmp_path / "another.db").exists()


def is_ready(server):
    try:
        return server.call("GET", "/readyz").status == 200
    except OSError:
        return False
