"""`COORDINATOR=postgres://… make citus` tries the service on a Citus cluster, and prints figures.

COORDINATOR names an empty database of the coordinator, whose nodes are connected. STOP_WORKER and START_WORKER
are shell commands that kill one worker and start it again; without them, that part is not run. On a database
without Citus, it runs all but the distribution and the worker's crash, as a baseline. WRITE=1 writes what it
prints into docs/scaling.md. The exit status is 1 if a check fails.
"""

import os
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from tests.citus.calls import CALLS, DOWN_CALLS, PLAN, STAYING, Call, Kept

PARTS = "the distribution, the API, races, a full house, figures, the crash of a worker"
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "cinema.settings",
    "SECRET_KEY": secrets.token_urlsafe(50),
    **dict.fromkeys(("HTTPS", "DEBUG"), "off"),
    **dict.fromkeys(("REDIS_URL", "EMAIL_URL", "THROTTLE_SIGNUP", "THROTTLE_LOGIN", "THROTTLE_BOOKING"), ""),
}
SECONDS = float(os.environ.get("TRIAL_SECONDS", "5"))
CLIENTS = 16
SHOWS, SEATS = 32, 300
PASSWORD = "plum-tart-42"
TODAY = datetime.now(UTC).date()
GUIDE = Path(__file__).parents[2] / "docs" / "scaling.md"

failures: list[str] = []
printed: list[str] = []


def main() -> int:
    coordinator = os.environ.get("COORDINATOR", "")
    if not coordinator:
        print(f"COORDINATOR is not set, so none of this was run: {PARTS}.\n{__doc__}")
        return 1
    os.environ.update(SETTINGS | {"DATABASE_URL": coordinator})
    import django

    django.setup()
    from tests.citus.cluster import Cluster

    cluster = Cluster()
    say(f"{TODAY}: {cluster.versions()}")
    if not cluster.is_empty():
        print("COORDINATOR must name an empty database.")
        return 1
    cluster.prepare()
    from tests.live_server import Server

    with Server(workers=2) as server:
        run_all(Try(server, cluster), cluster)
    for failure in failures:
        say(f"FAILED: {failure}")
    say(f"{len(failures)} failures")
    if os.environ.get("WRITE"):
        write_guide()
    return 1 if failures else 0


def run_all(trial: "Try", cluster: Any) -> None:
    trial.the_api()
    trial.the_events()
    trial.the_rules()
    trial.races()
    trial.full_house()
    trial.figures()
    if not cluster.has_citus:
        say("Not run, because this database has no Citus: the distribution, the crash of a worker.")
    elif not os.environ.get("STOP_WORKER") or not os.environ.get("START_WORKER"):
        say("Not run, because STOP_WORKER and START_WORKER are not set: the crash of a worker.")
    else:
        trial.crash_of_a_worker()
    say(cluster.check(trial.sold, check))


def say(line: str) -> None:
    printed.append(line)
    print(line, flush=True)


def write_guide() -> None:
    """Replaces the lines between the markers."""
    head, rest = GUIDE.read_text().split("<!-- make citus -->\n")
    tail = rest.split("<!-- end -->\n")[1]
    lines = "".join(f"    {line}\n" for line in printed)
    GUIDE.write_text(f"{head}<!-- make citus -->\n\n{lines}\n<!-- end -->\n{tail}")


def check(what: str, expected: Any, found: Any) -> None:
    if expected != found:
        failures.append(f"{what}: expected {expected}, found {found}")
        print(f"  {failures[-1]}", flush=True)


class Try:
    def __init__(self, server: Any, cluster: Any) -> None:
        self.server, self.cluster = server, cluster
        self.boss, *self.users = cluster.create_users(CLIENTS)
        self.movie = self.ask(
            "POST", "/movies/", {"title": "Metropolis", "duration_minutes": 90}, self.boss, 201
        )["id"]
        # Bookings that the API has confirmed and not cancelled since.
        self.sold: set[int] = set()

    def ask(self, method: str, path: str, body: Any = None, user: Any = None, status: int = 200) -> Any:
        answer = self.server.call(method, path, body, user=user)
        check(f"{method} {path}", status, answer.status)
        return answer.body

    def show(self, seats: int = SEATS) -> int:
        body = {
            "screen_name": f"Screen {secrets.token_hex(4)}",
            "date_time": f"{TODAY + timedelta(days=30)}T20:00:00Z",
            "total_seats": seats,
        }
        return self.ask("POST", f"/movies/{self.movie}/shows/", body, self.boss, 201)["id"]

    def the_api(self) -> None:
        """The calls of `calls.py`, in their order, and then what is done without the API."""
        people = dict(zip(("boss", "alice", "bob"), (self.boss, *self.users), strict=False))
        people |= {name: self.cluster.create_user(name) for name in ("gone", "buyer")}
        known = {"movie": self.movie, "day": f"{TODAY + timedelta(days=40)}", "password": PASSWORD}
        self.cluster.import_plan("Sofas", PLAN)
        for call in CALLS:
            self.run(call, people, known)
        self.sold |= {known[name] for name in STAYING if name in known}
        self.cluster.admin(people["buyer"], known, check)
        self.cluster.commands(known, check)
        say(f"the API, the admin and the commands: {len(CALLS)} calls, {len(failures)} failures")

    def run(self, call: Call, people: dict[str, Any], known: dict[str, Any]) -> None:
        path = call.path.format_map(Kept(known))
        user = people[call.user] if call.user else None
        answer = self.server.call(call.method, path, call.filled_body(known), user=user)
        check(f"{call.method} {path} {call.body or ''}", call.status, answer.status)
        if answer.status != call.status:
            print(f"  {call.method} {path} answered {answer.body}", flush=True)
            return
        if call.find:
            check(f"{call.method} {path}", call.found, call.find(answer.body))
        known |= call.keep(answer.body) if call.keep else {}

    def the_events(self) -> None:
        """A stream of the show tells of a sale."""
        show = self.show(10)
        with self.server.listen(f"/shows/{show}/events/") as stream:
            first = stream.event()
            self.book(show, 3, self.users[0])
            check("the stream's first event", True, first is not None)
            check("an event after a sale", True, stream.event() is not None)
        say("events: a stream told of a sale")

    def the_rules(self) -> None:
        """With the rules that lock seats, without the fast path, and each sale in a commit of its own."""
        from tests.live_server import Server

        settings = {"BOOKING_MAX_SEATS": "2", "ORPHAN_RULE": "on", "FAST_PATH": "off", "SALES_PER_COMMIT": "1"}
        show, fast = self.show(60), self.server
        with Server(workers=1, **settings) as self.server:
            check("a sale under the rules", 201, self.book(show, 30, self.users[1]))
            check("a seat that leaves an orphan", 409, self.book(show, 32, self.users[0]))
            with ThreadPoolExecutor(CLIENTS) as threads:
                statuses = list(threads.map(lambda seat: self.book(show, seat, self.users[0]), range(1, 9)))
            check("seats of one user, at most 2", True, 1 <= statuses.count(201) <= 2)
            check("a hold beyond the limit", 409, self.hold(show, 20, self.users[0], more=[21, 22]))
        self.server = fast
        say("BOOKING_MAX_SEATS and ORPHAN_RULE: kept")

    def races(self) -> None:
        """All clients want one seat, or overlapping holds, at once."""
        show = self.show()
        for seat in range(1, 11):
            self.together(lambda user, seat=seat: self.book(show, seat, user))
        check("seats sold in ten races", 10, self.ask("GET", f"/shows/{show}/seats/")["counts"]["taken"])
        held = self.together(lambda user: self.hold(show, 20, user))
        check("winners of a hold", 1, Counter(held)[200])
        say("races: one winner each")

    def full_house(self) -> None:
        """All clients buy until nothing is left."""
        show = self.show(60)
        self.together(lambda user: [self.book(show, seat, user) for seat in range(1, 61)])
        check("seats sold of 60", 60, self.ask("GET", f"/shows/{show}/seats/")["counts"]["taken"])
        say("a full house: each seat was sold once")

    def figures(self) -> None:
        shows = [self.show() for _ in range(SHOWS)]
        sales, seconds = self.for_a_while(self.wanted(shows), self.book)
        say(f"book: {sales[201] / seconds:.0f} a second; other answers: {self.others(sales, 201)}")
        holds, seconds = self.for_a_while(self.wanted(shows, seats=range(200, 300)), self.hold)
        say(f"hold: {holds[200] / seconds:.0f} a second; other answers: {self.others(holds, 200)}")
        check("answers of 5xx", 0, sum(count for status, count in (sales + holds).items() if status >= 500))

    def crash_of_a_worker(self) -> None:
        """Shows on the other nodes sell on; the others answer 503. No sale is lost."""
        shows = [self.show() for _ in range(SHOWS)]
        subprocess.run(os.environ["STOP_WORKER"], shell=True, check=True)  # noqa: S602
        try:
            by_show: Counter[tuple[int, int]] = Counter()

            def book(show: int, seat: int, user: Any) -> int:
                status = self.book(show, seat, user)
                by_show[show, status] += 1
                return status

            answers, _ = self.for_a_while(self.wanted(shows), book)
            selling = {show for show, status in by_show if status == 201}
            self.calls_without_a_worker(selling, {*shows} - selling)
        finally:
            subprocess.run(os.environ["START_WORKER"], shell=True, check=True)  # noqa: S602
        say(f"a worker down: {len(selling)} of {SHOWS} shows sold; {dict(answers)}")
        check("answers other than 201 and 503 while a worker is down", [], sorted(set(answers) - {201, 503}))
        check("shows that sold while a worker was down", True, bool(selling))
        deadline = time.monotonic() + 60
        while (found := self.book(shows[0], SEATS, self.users[0])) == 503 and time.monotonic() < deadline:
            time.sleep(1)
        check("a sale after the worker is back", True, found in {201, 409})

    def calls_without_a_worker(self, living: set[int], dead: set[int]) -> None:
        check("shows on both nodes", (True, True), (bool(living), bool(dead)))
        known = {"living": min(living, default=0), "dead": min(dead, default=0), "password": PASSWORD}
        before = len(failures)
        for call in DOWN_CALLS:
            self.run(call, {"boss": self.boss, "alice": self.users[0]}, known)
        self.cluster.log_in_to_admin(check)
        say(f"a worker down: {len(DOWN_CALLS)} other calls, {len(failures) - before} failures")

    # --- Helpers ---

    def book(self, show: int, seat: int, user: Any) -> int:
        answer = self.server.call("POST", f"/shows/{show}/book/", {"seat_number": seat}, user=user)
        if answer.status == 201:
            self.sold.add(answer.body["id"])
        return answer.status

    def hold(self, show: int, seat: int, user: Any, more: Collection[int] = ()) -> int:
        body = {"seat_numbers": [seat, *more]}
        return self.server.call("PUT", f"/shows/{show}/hold/", body, user=user).status

    def wanted(self, shows: list[int], seats: range = range(1, 200)) -> Iterator[tuple[int, int]]:
        return ((show, seat) for seat, show in product(seats, shows))

    def together(self, act: Callable[[Any], Any]) -> list[Any]:
        with ThreadPoolExecutor(CLIENTS) as threads:
            return list(threads.map(act, self.users))

    def for_a_while(
        self, wanted: Iterator[tuple[int, int]], act: Callable[[int, int, Any], int]
    ) -> tuple[Counter[int], float]:
        """All clients act for some seconds, each on another seat. Returns the answers, and the seconds."""
        todo, started = list(wanted)[::-1], time.monotonic()

        def work(user: Any) -> Counter[int]:
            answers: Counter[int] = Counter()
            while time.monotonic() < started + SECONDS and todo:
                answers[act(*todo.pop(), user)] += 1
            return answers

        return sum(self.together(work), Counter()), time.monotonic() - started

    @staticmethod
    def others(answers: Counter[int], usual: int) -> dict[int, int]:
        return {status: count for status, count in answers.items() if status != usual}


if __name__ == "__main__":
    sys.exit(main())
