"""Several nodes, as `deploy/nodes/` has them: HAProxy, two app nodes, pgbouncer, two databases, Redis.

What is true of one node is true of all of them together, and stays true when one dies. The tests share what
runs, and stand in an order: booking is limited until the first storm.
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

from deploy.nodes.run import APPS, ROOT, Nodes, missing
from tests.chaos.ledger import verify
from tests.chaos.stage import set_up
from tests.chaos.storm import Storm
from tests.deployment import guide
from tests.live_server import Server
from tests.requirements import requires

pytestmark = requires(not missing(), "HAProxy, pgbouncer, Redis or PostgreSQL is not installed")

BUYERS, SEATS = 8, 60
LIMIT = 15


class Node(Server):
    """One that runs already."""

    def __init__(self, port):
        self.port, self.url = port, f"http://127.0.0.1:{port}"


class Cinema:
    """All nodes, with buyers and shows."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.balancer, self.app1, self.app2 = (Node(nodes.ports[name]) for name in ("haproxy", *APPS))
        stage = set_up(
            nodes.environment | {"DATABASE_URL": nodes.database_url("db1")},
            buyers=BUYERS,
            shows=12,
            seats=SEATS,
        )
        self.tokens, self.shows = stage.tokens, iter(stage.shows)

    def book(self, node, show, seat, *, buyer=0, **headers):
        headers["Authorization"] = f"Bearer {self.tokens[buyer]}"
        return node.call("POST", f"/shows/{show}/book/", {"seat_number": seat}, headers=headers)

    @contextmanager
    def storm(self):
        """Buyers at the balancer while the block runs; then the primary must have what they were told."""
        shows = [next(self.shows), next(self.shows)]
        with Storm([self.balancer.url], self.tokens, shows, seats=SEATS, seed=1) as storm:
            time.sleep(1)
            yield storm.ledger
            time.sleep(1)
        assert storm.ledger.faulty == []
        assert storm.ledger.hangs == 0
        assert storm.ledger.sold
        verdict = verify(storm.ledger, self.nodes.database_url(self.nodes.primary))
        assert verdict.clean, str(verdict)

    def restart(self, name):
        process = self.nodes.processes[name]
        process.terminate()
        # HAProxy knows before the door closes.
        self.nodes.wait("HAProxy", lambda: not self.nodes.is_served_by(name))
        assert Node(self.nodes.ports[name]).call("GET", "/livez").status == 200
        process.wait(30)
        self.nodes.start_app(name)
        self.nodes.wait_for_app(name)


@pytest.fixture(scope="module")
def cinema():
    with Nodes(fsync=False, THROTTLE_LOGIN="5/min", THROTTLE_BOOKING=f"{LIMIT}/min") as nodes:
        yield Cinema(nodes)


def test_one_key_sent_to_both_nodes_at_once_is_one_booking(cinema):
    show = next(cinema.shows)
    nodes = [cinema.app1, cinema.app2] * 5
    with ThreadPoolExecutor(len(nodes)) as pool:
        keyed = {"Idempotency-Key": "once"}
        answers = list(pool.map(lambda node: cinema.book(node, show, 7, **keyed), nodes))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1


def test_of_rivals_at_two_nodes_one_gets_the_seat(cinema):
    show = next(cinema.shows)
    rivals = [(cinema.app1, cinema.app2)[buyer % 2] for buyer in range(6)]
    with ThreadPoolExecutor(len(rivals)) as pool:
        answers = list(pool.map(lambda node, buyer: cinema.book(node, show, 7, buyer=buyer), rivals, range(6)))
    assert sorted(answer.code or "sold" for answer in answers) == ["seat_taken"] * 5 + ["sold"]


def test_listeners_at_the_balancer_hear_of_sales_at_either_node(cinema):
    show = next(cinema.shows)
    with cinema.balancer.listen(f"/shows/{show}/events/") as stream:
        assert stream.event()["complete"]
        for seat, node in enumerate((cinema.app1, cinema.app2), 1):
            assert cinema.book(node, show, seat).status == 201
            began = time.monotonic()
            assert stream.event()["seats"] == [{"seat_number": seat, "status": "taken"}]
            assert time.monotonic() - began < 5


def test_failed_logins_count_over_both_nodes(cinema):
    wrong = {"username": "buyer 0", "password": "guess"}
    statuses = [(cinema.app1, cinema.app2)[n % 2].call("POST", "/login", wrong).status for n in range(6)]
    assert statuses == [401] * 5 + [429]
    refused = cinema.balancer.call("POST", "/login", wrong)
    assert (refused.status, refused.code) == (429, "throttled")
    assert int(refused.headers["Retry-After"]) > 0


def test_limits_hold_behind_pgbouncer_whatever_is_asked_for_when_connecting(cinema):
    url = cinema.nodes.environment["DATABASE_URL"].partition("?")[0]
    with psycopg.connect(url, options="-c statement_timeout=1s") as connection:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("15s",)
        assert connection.execute("SHOW lock_timeout").fetchone() == ("10s",)
    with psycopg.connect(cinema.nodes.database_url("db1")) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)


READ_SLOWLY = """
from django.db import connection
from cinema.shows.models import Movie
movies = Movie.objects.order_by("pk").iterator(chunk_size=1)
next(movies)
rival = connection.copy()
rival.set_autocommit(False)
rival.cursor().execute("SELECT 1")
print(len(list(movies)))
"""


def test_what_is_read_in_parts_is_read_to_its_end_behind_pgbouncer(cinema):
    """Between two parts the pooler may give the server connection to another: here it does."""
    command = [sys.executable, "-W", "ignore", "manage.py", "shell", "--no-imports", "-c", READ_SLOWLY]
    read = subprocess.run(command, cwd=ROOT, env=cinema.nodes.environment, capture_output=True, text=True)
    assert (read.stdout, read.stderr) == ("6\n", "")


def test_attempts_to_book_count_over_both_nodes_until_redis_is_gone(cinema):
    show = next(cinema.shows)
    nodes = [cinema.app1, cinema.app2] * LIMIT
    answers = [cinema.book(node, show, 1, buyer=7) for node in nodes[: LIMIT + 1]]
    assert [answer.code for answer in answers] == [None, *["already_yours"] * (LIMIT - 1), "throttled"]
    cinema.nodes.kill("redis")
    assert [cinema.book(node, show, seat, buyer=7).status for seat, node in enumerate(nodes[:4], 2)] == [
        201
    ] * 4
    assert cinema.balancer.call("POST", "/login", {"username": "buyer 1", "password": "guess"}).status == 503
    cinema.nodes.start("redis", cinema.nodes.redis())


class Lost(http.server.BaseHTTPRequestHandler):
    """A node that is ready, and lost in the middle of every request."""

    asked = []

    def do_GET(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path == "/readyz":
            self.send_response(200)
            self.end_headers()
        else:
            self.asked.append(self.command)

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def lost():
    """The balancer before two such nodes."""
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lost) for _ in APPS]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    nodes = Nodes()
    nodes.ports |= {name: server.server_port for name, server in zip(APPS, servers, strict=True)}
    try:
        nodes.make_folder()
        nodes.start_haproxy()
        nodes.wait("HAProxy", lambda: nodes.is_served_by("app1"))
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
def test_what_may_not_be_done_twice_is_sent_once(lost, method, path, key, times):
    Lost.asked.clear()
    body = None if method in {"GET", "DELETE"} else {}
    answer = lost.call(method, path, body, headers={"Idempotency-Key": key} if key else None)
    assert Lost.asked == [method] * times
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "unavailable", "1")
    assert answer.headers["X-Request-ID"] == answer.body["request_id"]


@pytest.fixture(scope="module")
def unlimited(cinema):
    """Buyers may knock as often as they like."""
    cinema.nodes.environment["THROTTLE_BOOKING"] = ""
    for name in APPS:
        cinema.nodes.kill(name)
        cinema.nodes.start_app(name)
    for name in APPS:
        cinema.nodes.wait_for_app(name)
    return cinema


def test_a_node_that_dies_is_not_missed(unlimited):
    with unlimited.storm() as ledger:
        unlimited.nodes.kill("app1")
        killed = time.monotonic()
        for _ in range(4):
            began = time.monotonic()
            assert unlimited.balancer.call("GET", "/livez").status == 200
            assert time.monotonic() - began < 1
        time.sleep(2)
        assert ledger.recovery(killed) < 1
        # What the node was just doing may have been done: nobody but the buyer may ask for that again.
        assert ledger.cut + ledger.answers[503] <= BUYERS
        unlimited.nodes.start_app("app1")
        unlimited.nodes.wait_for_app("app1")


def test_nodes_are_restarted_one_by_one_and_no_request_fails(unlimited):
    with unlimited.storm() as ledger:
        for name in APPS:
            unlimited.restart(name)
    assert ledger.cut == 0
    assert ledger.answers[503] == 0


def test_what_is_not_on_the_standby_is_not_acknowledged(unlimited):
    show = next(unlimited.shows)
    unlimited.nodes.kill("db2")
    with ThreadPoolExecutor(1) as pool:
        sale = pool.submit(unlimited.book, unlimited.balancer, show, 1)
        time.sleep(2)
        assert not sale.done()
        unlimited.nodes.start_database("db2")
        assert sale.result().status == 201


def test_when_the_primary_dies_the_standby_takes_over_and_no_sale_is_lost(unlimited):
    """By the guide's own steps, up to where the old primary is the new one's standby."""
    nodes = unlimited.nodes
    blocks = re.findall(r"```sql\n(.*?)```", guide.section("When the primary dies"), re.DOTALL)
    promote, insist_on_two = (block.split("\n")[:-1] for block in blocks)
    with unlimited.storm() as ledger:
        # What the primary does last does not reach the standby: whoever were told of a sale now would lose it.
        os.kill(int(nodes.ask("db1", "SELECT pid FROM pg_stat_replication")), signal.SIGSTOP)
        time.sleep(1)
        nodes.kill("db1")
        time.sleep(2)
        refused = unlimited.balancer.call("GET", "/movies/")
        assert (refused.status, refused.code) == (503, "unavailable")
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.headers["Retry-After"] == "1"
        assert refused.headers["X-Request-ID"] == refused.body["request_id"]
        nodes.ask("db2", *promote)
        nodes.point_pgbouncer_at("db2")
        pointed = time.monotonic()
        for name in APPS:
            nodes.wait_for_app(name)
        time.sleep(1)
    assert ledger.answers[503]
    assert ledger.recovery(pointed) < 10

    nodes.start_standby("db1", of="db2")
    for name in ("db2", "db1"):
        nodes.ask(name, *insist_on_two)
        assert nodes.ask(name, "SHOW synchronous_standby_names") == "ANY 1 (db1, db2)"
    nodes.kill("db2")
    nodes.ask("db1", *promote)
    nodes.point_pgbouncer_at("db1")
    verdict = verify(ledger, nodes.database_url("db1"))
    assert verdict.clean, str(verdict)
