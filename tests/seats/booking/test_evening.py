"""An evening over HTTP: programme, rush, walk-ins, moves, a show that is called off, scans and reports.

Workers are killed in between. A client repeats a call that was cut, as a good client does. So it knows every
booking in the end, and the reports must agree with what it knows to the cent.
"""

import csv
import http.client
import io
import random
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import Sum
from django.utils import timezone

from cinema.seats.models import Booking
from tests.assertions import assert_consistent
from tests.chaos.processes import children, kill
from tests.concurrency import run_concurrently
from tests.factories import UserFactory, permit
from tests.live_server import Server

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SEATS, BUYERS, CLERKS, SCANNERS, SCANS = 100, 12, 2, 4, 300
OLD_PRICES, NEW_PRICES = {"Adult": 1250, "Child": 905}, {"Adult": 1395, "Child": 1005}
UNAVAILABLE = {"seat_taken", "seat_held", "show_cancelled", "already_yours"}


class Client:
    """Sends calls until they are answered. All calls here may be sent again."""

    def __init__(self, server, user):
        self.server, self.user = server, user
        self.random = random.Random(user.username)
        # The rows of the bookings by id, as they were last answered.
        self.bookings = {}
        self.was_cut = False

    def call(self, method, path, body=None, key=None):
        self.was_cut = False
        headers = {"Idempotency-Key": key} if key else {}
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = self.server.call(method, path, body, user=self.user, headers=headers)
            except (OSError, http.client.HTTPException):
                self.was_cut = True
            else:
                if answer.status != 503:
                    return answer
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def record(self, answer):
        if answer.status in (200, 201):
            rows = answer.body if isinstance(answer.body, list) else [answer.body]
            for row in rows:
                assert row["amount"] in (OLD_PRICES[row["kind"]], NEW_PRICES[row["kind"]])
                self.bookings[row["id"]] = row
        else:
            assert answer.code in UNAVAILABLE, answer

    def some_seats(self, most):
        return self.random.sample(range(1, SEATS + 1), self.random.randint(1, most))

    def buy_on_the_web(self, shows):
        for number in range(5):
            show, seats = self.random.choice(shows), self.some_seats(4)
            if number == 2:
                self.book_one(show, seats[0])
                continue
            held = self.call("PUT", f"/shows/{show}/hold/", {"seat_numbers": seats})
            if held.status == 200:
                kinds = {str(seats[0]): self.random.choice(list(OLD_PRICES))}
                self.record(
                    self.call("POST", f"/shows/{show}/hold/book/", {"kinds": kinds}, f"{self.user} {number}")
                )
            else:
                self.record(held)
            if number % 2 and self.bookings:
                self.cancel_one() if number == 3 else self.move_one()

    def book_one(self, show, seat):
        """Books without a key and a kind, as the fast path does."""
        answer = self.call("POST", f"/shows/{show}/book/", {"seat_number": seat})
        if answer.code == "already_yours":  # Maybe by a call that was cut.
            answer = self.call("GET", f"/bookings/{answer.body['booking']}/")
        self.record(answer)

    def move_one(self):
        booking = self.random.choice(list(self.bookings))
        seat = {"seat_number": self.random.randint(1, SEATS)}
        answer = self.call("POST", f"/bookings/{booking}/move/", seat)
        if answer.code not in ("already_cancelled", "other_price"):
            self.record(answer)

    def cancel_one(self):
        booking = self.random.choice(list(self.bookings))
        answer = self.call("POST", f"/bookings/{booking}/cancel/")
        assert answer.status == 200 or answer.code == "already_cancelled"
        self.bookings[booking]["status"] = "cancelled"

    def sell_at_the_till(self, shows):
        for number in range(10):
            body = {"seat_numbers": self.some_seats(2), "guest_name": f"Walk-in {number}"}
            show = self.random.choice(shows)
            self.record(self.call("POST", f"/shows/{show}/sell/", body, f"{self.user} {number}"))

    def scan(self, show, tickets):
        """Returns each ticket with its answer; "cut" if a scan without an answer may have admitted it."""
        answers = []
        for ticket in tickets:
            answer = self.call("POST", f"/shows/{show}/admit/", {"ticket": ticket})
            outcome = "admitted" if answer.status == 200 else answer.code
            answers.append((ticket, "cut" if self.was_cut and outcome == "already_admitted" else outcome))
        return answers


class WorkerKiller:
    """Kills a few workers of the server, one after the other, while clients are busy."""

    MAX_KILLS, SECONDS_BETWEEN = 3, 1

    def __init__(self, server):
        self.server, self.ended = server, threading.Event()

    def run(self):
        for _ in range(self.MAX_KILLS):
            kill(random.choice(children(self.server.process.pid)))
            if self.ended.wait(self.SECONDS_BETWEEN):
                return

    def __enter__(self):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def add_programme(manager):
    """Returns two shows that are played and one that will be called off."""

    def created(path, body):
        answer = manager.call("POST", path, body)
        assert answer.status == 201, answer
        return answer.body["id"]

    prices = [{"category": "", "kind": kind, "amount": amount} for kind, amount in OLD_PRICES.items()]
    price_list = created("/price-lists/", {"name": "Evening", "prices": prices})
    movie = created("/movies/", {"title": "The Tempest", "duration_minutes": 100})
    shows = [
        created(
            f"/movies/{movie}/shows/",
            {
                "screen_name": f"Screen {number}",
                "date_time": (timezone.now() + timedelta(days=1 + number)).isoformat(),
                "total_seats": SEATS,
                "price_list": price_list,
            },
        )
        for number in range(3)
    ]
    assert [row["id"] for row in manager.call("GET", "/shows/").body["results"]] == shows
    return price_list, shows


def change_prices_and_call_off(manager, price_list, show):
    rows = [{"category": "", "kind": kind, "amount": amount} for kind, amount in NEW_PRICES.items()]
    assert manager.call("PATCH", f"/price-lists/{price_list}/", {"prices": rows}).status == 200
    answer = manager.call("POST", f"/shows/{show}/cancel/", {"reason": "The projector is broken"})
    assert answer.status == 200 or answer.code == "already_cancelled"


def test_evening_with_killed_workers_agrees_with_its_reports_to_the_cent():
    rights = ["add_movie", "add_show", "change_show", "add_pricelist", "change_pricelist", "view_booking"]
    with Server(workers=3) as server:
        manager = Client(server, permit(UserFactory(staff=True), *rights))
        price_list, shows = add_programme(manager)
        *played, called_off = shows
        buyers = [Client(server, UserFactory()) for _ in range(BUYERS)]
        clerks = [Client(server, permit(UserFactory(staff=True), "sell_seats")) for _ in range(CLERKS)]
        actions = [lambda: change_prices_and_call_off(manager, price_list, called_off)]
        actions += [lambda buyer=buyer: buyer.buy_on_the_web(shows) for buyer in buyers]
        actions += [lambda clerk=clerk: clerk.sell_at_the_till(played) for clerk in clerks]
        with WorkerKiller(server):
            run_concurrently(actions)

        known = {pk: row for client in [*buyers, *clerks] for pk, row in client.bookings.items()}
        for row in known.values():
            if row["show"]["id"] == called_off:
                row["status"] = "cancelled"
        check_scans(server, played[0], known)
        check_reports(manager, shows, known)
    assert_consistent()


def check_scans(server, show, known):
    """Scans every ticket of the show, those that were cancelled included, and most of them twice or more."""
    of_show = [row for row in known.values() if row["show"]["id"] == show]
    tickets = {row["ticket"]: row["status"] for row in of_show if row["ticket"]}
    scans = [*tickets, *random.Random(3).choices(list(tickets), k=SCANS - len(tickets))]
    scanners = [Client(server, permit(UserFactory(staff=True), "admit_booking")) for _ in range(SCANNERS)]
    actions = [
        lambda scanner=scanner, part=number: scanner.scan(show, scans[part::SCANNERS])
        for number, scanner in enumerate(scanners)
    ]
    with WorkerKiller(server):
        answers = [answer for part in run_concurrently(actions) for answer in part]
    assert len(answers) == SCANS
    by_ticket = {ticket: Counter() for ticket in tickets}
    for ticket, outcome in answers:
        by_ticket[ticket][outcome] += 1
    for ticket, outcomes in by_ticket.items():
        if tickets[ticket] == "cancelled":
            assert set(outcomes) == {"already_cancelled"}
        else:
            assert outcomes["admitted"] == 1 or (outcomes["admitted"] == 0 and outcomes["cut"])
            assert set(outcomes) <= {"admitted", "already_admitted", "cut"}
    for row in of_show:
        row["admitted"] = row["status"] == "booked"


def check_reports(manager, shows, known):
    live = [row for row in known.values() if row["status"] == "booked"]
    total = sum(row["amount"] for row in live)
    assert Booking.objects.live().aggregate(total=Sum("amount"))["total"] == total
    assert set(Booking.objects.values_list("pk", flat=True)) == set(known)
    expected = {
        show: {
            "sold": sum(row["show"]["id"] == show for row in live),
            "cancelled": sum(row["show"]["id"] == show for row in known.values() if row not in live),
            "admitted": sum(row.get("admitted", False) for row in live if row["show"]["id"] == show),
            "seats": SEATS,
            "amount": sum(row["amount"] for row in live if row["show"]["id"] == show),
        }
        for show in shows
    }
    by_show = manager.call("GET", "/reports/sales/?by=show").body
    assert {row.pop("key"): row for row in by_show} == expected
    file = manager.call("GET", "/reports/sales/?by=show&format=csv").body.decode()
    rows = list(csv.DictReader(io.StringIO(file)))
    assert {int(row.pop("key")): {name: int(text) for name, text in row.items()} for row in rows} == expected
    # Each show is on a day of its own.
    by_day = manager.call("GET", "/reports/sales/?by=day").body
    assert [row["amount"] for row in by_day] == [expected[show]["amount"] for show in shows]
    assert sum(row["amount"] for row in by_day) == total
    # The last show was called off.
    assert expected[shows[-1]]["sold"] == 0
    assert total > 0
