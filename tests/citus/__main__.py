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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

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
        """Every call that sells, frees or deletes, and sign-up after the distribution: its id must be new."""
        ask, (alice, bob, *_), boss = self.ask, self.users, self.boss
        ask("POST", "/signup", {"username": "carol", "password": PASSWORD}, status=201)
        ask("POST", "/login", {"username": "carol", "password": PASSWORD})
        show, off = self.show(60), self.show(60)
        first = ask("POST", f"/shows/{show}/book/", {"seat_number": 1}, alice, 201)["id"]
        ask("POST", f"/shows/{show}/book/", {"seat_number": 1}, bob, 409)
        ask("POST", f"/bookings/{first}/move/", {"seat_number": 9}, alice)
        ask("PUT", f"/shows/{show}/hold/", {"seat_numbers": [2, 3]}, alice)
        ask("PUT", f"/shows/{show}/hold/", {"seat_numbers": [3, 4]}, bob, 409)
        ask("PUT", f"/shows/{show}/hold/", {"best": 3}, bob)
        ask("DELETE", f"/shows/{show}/hold/", None, bob, 204)
        held = ask("POST", f"/shows/{show}/hold/book/", None, alice, 201)
        till = ask("POST", f"/shows/{show}/sell/", {"seat_numbers": [20, 21]}, boss, 201)
        self.sold |= {booking["id"] for booking in (*held, *till)}
        ask("POST", f"/bookings/{first}/cancel/", None, alice)
        ask("POST", f"/bookings/{first}/cancel/", None, alice, 409)
        check("my bookings", 3, ask("GET", "/my-bookings/", None, alice)["count"])
        check("taken seats", 4, ask("GET", f"/shows/{show}/seats/")["counts"]["taken"])
        ask("POST", f"/shows/{off}/book/", {"seat_number": 1}, bob, 201)
        check("cancelled bookings", 1, ask("POST", f"/shows/{off}/cancel/", {}, boss)["cancelled_bookings"])
        gone = self.cluster.create_users(1, "gone")[0]
        ask("POST", f"/shows/{show}/book/", {"seat_number": 30}, gone, 201)
        ask("DELETE", "/me", {"password": PASSWORD}, gone, 204)
        gone = self.cluster.create_users(1, "buyer")[0]
        ask("POST", f"/shows/{show}/book/", {"seat_number": 31}, gone, 201)
        self.cluster.delete_in_admin(gone, check)
        say("the API: every call answered as it should" if not failures else "the API: see below")

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
            login = self.server.call("POST", "/login", {"username": "carol", "password": PASSWORD}).status
        finally:
            subprocess.run(os.environ["START_WORKER"], shell=True, check=True)  # noqa: S602
        selling = {show for show, status in by_show if status == 201}
        say(f"a worker down: {len(selling)} of {SHOWS} shows sold; {dict(answers)}; log-in answered {login}")
        check("answers other than 201 and 503 while a worker is down", [], sorted(set(answers) - {201, 503}))
        check("shows that sold while a worker was down", True, bool(selling))
        deadline = time.monotonic() + 60
        while (found := self.book(shows[0], SEATS, self.users[0])) == 503 and time.monotonic() < deadline:
            time.sleep(1)
        check("a sale after the worker is back", True, found in {201, 409})

    # --- Helpers ---

    def book(self, show: int, seat: int, user: Any) -> int:
        answer = self.server.call("POST", f"/shows/{show}/book/", {"seat_number": seat}, user=user)
        if answer.status == 201:
            self.sold.add(answer.body["id"])
        return answer.status

    def hold(self, show: int, seat: int, user: Any) -> int:
        return self.server.call("PUT", f"/shows/{show}/hold/", {"seat_numbers": [seat]}, user=user).status

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
