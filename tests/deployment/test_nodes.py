"""Two app nodes, two databases, HAProxy, pgbouncer and Redis, with the files of `deploy/nodes/`.

The tests share the running processes and depend on their order: the booking throttle is on until the first
test that uses `unlimited`.
"""

import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from cinema.seats.seat_map.live import KEEPALIVE_SECONDS
from deploy.nodes.run import APPS, Nodes, missing_programs
from tests.chaos.ledger import verify
from tests.chaos.load import BookingLoad
from tests.chaos.setup import create_load_data
from tests.deployment import guide
from tests.live_server import ROOT, Server, wait_for
from tests.requirements import requires

pytestmark = [
    requires(not missing_programs(), "HAProxy, pgbouncer, Redis or PostgreSQL is not installed"),
    pytest.mark.proxy,
    pytest.mark.xdist_group("nodes"),
]

BUYERS, SEATS = 8, 60
BOOKINGS_A_MINUTE = 15


class Node(Server):
    """An HTTP client for a process that runs already."""

    def __init__(self, port):
        self.port, self.url = port, f"http://127.0.0.1:{port}"


class Cinema:
    """All nodes together with buyers and shows."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.haproxy, self.app1, self.app2 = (Node(nodes.ports[name]) for name in ("haproxy", *APPS))
        data = create_load_data(
            nodes.environment | {"DATABASE_URL": nodes.database_url("db1")},
            buyers=BUYERS,
            shows=12,
            seats=SEATS,
        )
        self.tokens, self.shows = data.tokens, iter(data.shows)

    def book(self, node, show, seat, *, buyer=0, **headers):
        headers["Authorization"] = f"Bearer {self.tokens[buyer]}"
        return node.call("POST", f"/shows/{show}/book/", {"seat_number": seat}, headers=headers)

    @contextmanager
    def storm(self):
        """Runs buyers against HAProxy during the block, then checks their answers against the primary."""
        shows = [next(self.shows), next(self.shows)]
        with BookingLoad([self.haproxy.url], self.tokens, shows, seats=SEATS, seed=1) as load:
            time.sleep(1)
            yield load.ledger
            time.sleep(1)
        assert load.ledger.unexpected == []
        assert load.ledger.timeouts == 0
        assert load.ledger.confirmed
        verdict = verify(load.ledger, self.nodes.database_url(self.nodes.primary))
        assert verdict.clean, str(verdict)

    def restart(self, name):
        process = self.nodes.processes[name]
        process.terminate()
        # The stopping node must still answer when HAProxy has taken it out of rotation.
        self.nodes.wait_until("HAProxy skips the node", lambda: not self.nodes.is_served_by(name))
        assert Node(self.nodes.ports[name]).call("GET", "/livez").status == 200
        process.wait(30)
        self.nodes.start_app(name)
        self.nodes.wait_for_app(name)


@pytest.fixture(scope="module")
def cinema():
    with Nodes(fsync=False, THROTTLE_LOGIN="5/min", THROTTLE_BOOKING=f"{BOOKINGS_A_MINUTE}/min") as nodes:
        yield Cinema(nodes)


def test_one_idempotency_key_at_both_nodes_at_once_makes_one_booking(cinema):
    show = next(cinema.shows)
    nodes = [cinema.app1, cinema.app2] * 5
    with ThreadPoolExecutor(len(nodes)) as pool:
        header = {"Idempotency-Key": "once"}
        answers = list(pool.map(lambda node: cinema.book(node, show, 7, **header), nodes))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1


def test_one_of_six_buyers_at_two_nodes_gets_the_seat(cinema):
    show = next(cinema.shows)
    nodes = [(cinema.app1, cinema.app2)[buyer % 2] for buyer in range(6)]
    with ThreadPoolExecutor(len(nodes)) as pool:
        answers = list(pool.map(lambda node, buyer: cinema.book(node, show, 7, buyer=buyer), nodes, range(6)))
    assert sorted(answer.code or "sold" for answer in answers) == ["seat_taken"] * 5 + ["sold"]


def test_event_stream_through_haproxy_reports_sales_at_both_nodes(cinema):
    show = next(cinema.shows)
    with cinema.haproxy.listen(f"/shows/{show}/events/") as stream:
        assert stream.event()["complete"]
        for seat, node in enumerate((cinema.app1, cinema.app2), 1):
            assert cinema.book(node, show, seat).status == 201
            sold_at = time.monotonic()
            assert stream.event()["seats"] == [{"seat_number": seat, "status": "taken"}]
            # A proxy that buffers sends it with the next keepalive, or never.
            assert time.monotonic() - sold_at < KEEPALIVE_SECONDS


def test_failed_logins_at_both_nodes_share_one_count(cinema):
    wrong = {"username": "buyer 0", "password": "guess"}
    statuses = [(cinema.app1, cinema.app2)[n % 2].call("POST", "/login", wrong).status for n in range(6)]
    assert statuses == [401] * 5 + [429]
    answer = cinema.haproxy.call("POST", "/login", wrong)
    assert (answer.status, answer.code) == (429, "throttled")
    assert int(answer.headers["Retry-After"]) > 0


def test_pgbouncer_sets_time_limits_even_if_the_client_requests_others(cinema):
    url = cinema.nodes.environment["DATABASE_URL"].partition("?")[0]
    with psycopg.connect(url, options="-c statement_timeout=1s") as connection:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("15s",)
        assert connection.execute("SHOW lock_timeout").fetchone() == ("10s",)
    with psycopg.connect(cinema.nodes.database_url("db1")) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)


READ_IN_CHUNKS = """
from django.db import connection
from cinema.shows.models import Movie
movies = Movie.objects.order_by("pk").iterator(chunk_size=1)
next(movies)
other = connection.copy()
other.set_autocommit(False)
other.cursor().execute("SELECT 1")
print(len(list(movies)))
"""


def test_queryset_iterator_works_behind_pgbouncer(cinema):
    """Another client takes the pooled connection between two chunks, which would break a server-side cursor."""
    command = [sys.executable, "-W", "ignore", "manage.py", "shell", "--no-imports", "-c", READ_IN_CHUNKS]
    result = subprocess.run(command, cwd=ROOT, env=cinema.nodes.environment, capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("6\n", "")


def test_booking_attempts_at_both_nodes_share_one_count_until_redis_dies(cinema):
    show = next(cinema.shows)
    nodes = [cinema.app1, cinema.app2] * BOOKINGS_A_MINUTE
    codes = [cinema.book(node, show, 1, buyer=7).code for node in nodes[: BOOKINGS_A_MINUTE + 1]]
    assert codes == [None, *["already_yours"] * (BOOKINGS_A_MINUTE - 1), "throttled"]
    cinema.nodes.kill("redis")
    statuses = [cinema.book(node, show, seat, buyer=7).status for seat, node in enumerate(nodes[:4], 2)]
    assert statuses == [201] * 4
    assert cinema.haproxy.call("POST", "/login", {"username": "buyer 1", "password": "guess"}).status == 503
    cinema.nodes.start_redis()


class DyingNode(http.server.BaseHTTPRequestHandler):
    """A node whose `/readyz` is 200 and which closes the connection instead of answering any other request."""

    received_methods = []

    def do_GET(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path == "/readyz":
            self.send_response(200)
            self.end_headers()
        else:
            self.received_methods.append(self.command)

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def haproxy_before_dying_nodes():
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), DyingNode) for _ in APPS]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    nodes = Nodes()
    nodes.ports |= {name: server.server_port for name, server in zip(APPS, servers, strict=True)}
    try:
        nodes.make_folder()
        nodes.start_haproxy()
        nodes.wait_until("HAProxy uses app1", lambda: nodes.is_served_by("app1"))
        yield Node(nodes.ports["haproxy"])
    finally:
        nodes.stop()
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.mark.parametrize(
    ("method", "path", "key", "times"),
    [
        ("GET", "/movies/", None, 4),
        ("POST", "/shows/1/book/", "once", 4),
        ("POST", "/shows/1/book/", None, 1),
        ("POST", "/signup", "once", 1),
        ("PUT", "/shows/1/hold/", None, 1),
        ("DELETE", "/shows/1/hold/", None, 1),
    ],
)
def test_haproxy_resends_only_requests_that_are_safe_to_repeat(
    haproxy_before_dying_nodes, method, path, key, times
):
    DyingNode.received_methods.clear()
    body = None if method in {"GET", "DELETE"} else {}
    headers = {"Idempotency-Key": key} if key else None
    answer = haproxy_before_dying_nodes.call(method, path, body, headers=headers)
    assert DyingNode.received_methods == [method] * times
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "unavailable", "1")
    assert answer.headers["X-Request-ID"] == answer.body["request_id"]


@pytest.fixture(scope="module")
def unlimited(cinema):
    """The same nodes without the booking throttle."""
    cinema.nodes.environment["THROTTLE_BOOKING"] = ""
    for name in APPS:
        cinema.nodes.kill(name)
        cinema.nodes.start_app(name)
    for name in APPS:
        cinema.nodes.wait_for_app(name)
    return cinema


def test_bookings_continue_when_an_app_node_dies(unlimited):
    answers = [unlimited.haproxy.call("GET", "/livez") for _ in range(4)]
    assert {answer.headers["X-Node"] for answer in answers} == {"app1", "app2"}
    with unlimited.storm() as ledger:
        unlimited.nodes.kill("app1")
        killed_at = time.monotonic()
        for _ in range(4):
            answer = unlimited.haproxy.call("GET", "/livez")
            assert (answer.status, answer.headers["X-Node"]) == (200, "app2")
        wait_for(lambda: ledger.recovery_seconds(killed_at))
        time.sleep(2)
        # At most the requests that the node was processing fail: HAProxy must not repeat them.
        assert ledger.dropped + ledger.statuses[503] <= BUYERS
        unlimited.nodes.start_app("app1")
        unlimited.nodes.wait_for_app("app1")


def test_restarting_app_nodes_one_by_one_fails_no_request(unlimited):
    with unlimited.storm() as ledger:
        for name in APPS:
            unlimited.restart(name)
    assert ledger.dropped == 0
    assert ledger.statuses[503] == 0


def test_booking_is_not_acknowledged_until_the_standby_has_it(unlimited):
    show = next(unlimited.shows)
    unlimited.nodes.kill("db2")
    with ThreadPoolExecutor(1) as pool:
        booking = pool.submit(unlimited.book, unlimited.haproxy, show, 1)
        time.sleep(2)
        assert not booking.done()
        unlimited.nodes.start_database("db2")
        assert booking.result().status == 201


def test_failover_to_the_standby_loses_no_acknowledged_booking(unlimited):
    """Runs the commands of `make nodes` and SQL of docs/operations.md, until db1 is the standby and back."""
    nodes = unlimited.nodes
    blocks = re.findall(r"```sql\n(.*?)```", guide.section("When the primary dies"), re.DOTALL)
    promote, require_two_copies = (block.split("\n")[:-1] for block in blocks)
    with unlimited.storm() as ledger:
        # The standby misses the primary's last commits, so acknowledging one of them would lose it.
        os.kill(int(nodes.query("db1", "SELECT pid FROM pg_stat_replication")), signal.SIGSTOP)
        time.sleep(1)
        commands = nodes.failover_commands()
        nodes.kill("db1")
        time.sleep(2)
        answer = unlimited.haproxy.call("GET", "/movies/")
        assert (answer.status, answer.code) == (503, "unavailable")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["X-Request-ID"] == answer.body["request_id"]
        _, promote_db2, reload_pgbouncer = commands
        assert [sql.strip(" ;") for sql in promote] == re.findall('--command="(.*?)"', promote_db2)
        for command in (promote_db2, reload_pgbouncer):
            subprocess.run(["sh", "-euc", command], check=True, stdout=subprocess.DEVNULL)
        nodes.primary = "db2"
        reloaded_at = time.monotonic()
        for name in APPS:
            nodes.wait_for_app(name)
        wait_for(lambda: ledger.recovery_seconds(reloaded_at))
    assert ledger.statuses[503]

    nodes.start_standby("db1", of="db2")
    for name in ("db2", "db1"):
        nodes.query(name, *require_two_copies)
        assert nodes.query(name, "SHOW synchronous_standby_names") == "ANY 1 (db1, db2)"
    nodes.kill("db2")
    nodes.query("db1", *promote)
    nodes.point_pgbouncer_at("db1")
    verdict = verify(ledger, nodes.database_url("db1"))
    assert verdict.clean, str(verdict)
