"""One person in a storm: what they do, what they are told, and what they make of it."""

import base64
import http.client
import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.chaos.ledger import Sale

if TYPE_CHECKING:
    from tests.chaos.storm import Storm

# What a buyer has to reckon with; anything else is a fault.
EXPECTED = {
    (409, "seat_taken"),
    (409, "seat_held"),
    (409, "already_yours"),
    (409, "already_cancelled"),
    (404, "no_hold"),
    (503, "unavailable"),
}
PROBLEM = "application/problem+json"
# How many seats of the storm's shows a buyer has at most; from then on they cancel one for each they book.
MOST = 8


@dataclass
class Answer:
    status: int
    code: str | None
    body: Any
    expected: bool
    retry_after: float


class Buyer:
    def __init__(self, storm: "Storm", token: str, chance: random.Random) -> None:
        self.storm, self.ledger, self.chance = storm, storm.ledger, chance
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        claims = token.split(".")[1]
        self.id = int(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["user_id"])
        self.connection: http.client.HTTPConnection | None = None
        self.mine: dict[int, Sale] = {}
        self.tip: Sale | None = None  # A seat that was free just now.

    def go_on(self) -> None:
        try:
            while not self.storm.over.is_set():
                self.act()
        except Exception as error:
            self.fault(f"a {type(self).__name__.lower()} broke down: {error!r}")
            raise
        finally:
            self.hang_up()

    def act(self) -> None:
        if len(self.mine) >= MOST or (self.mine and self.chance.random() < 0.2):
            self.cancel(self.chance.choice(list(self.mine)))
        else:
            deeds = [self.look, self.book, self.book, self.book_with_key, self.book_with_key, self.hold]
            self.chance.choice(deeds)()

    # --- What buyers do ---

    def look(self) -> None:
        """Which seats are free."""
        show = self.chance.choice(self.storm.shows)
        answer = self.ask("GET", f"/shows/{show}/availability/")
        if answer is not None and answer.status == 200:
            free = [seat for seat, letter in enumerate(answer.body["statuses"], 1) if letter == "a"]
            self.tip = Sale(self.id, show, self.chance.choice(free)) if free else None

    def book(self) -> None:
        """Asks once; whether it was done when no answer came, nobody knows."""
        sale = self.choose()
        answer = self.ask("POST", f"/shows/{sale.show}/book/", {"seat_number": sale.seat})
        if answer is None or answer.status == 503:
            self.in_doubt(sale)
        else:
            self.judge(sale, answer)

    def book_with_key(self) -> None:
        """Asks with one key, anywhere, until the answer is had."""
        sale, key = self.choose(), f"{self.id}-{self.chance.getrandbits(64):x}"
        path, body = f"/shows/{sale.show}/book/", {"seat_number": sale.seat}
        answer, clear = self.insist("POST", path, body, key)
        # One that was given up by us may still be under way, and come after the refusal.
        if answer is None or (answer.status != 201 and not clear):
            self.in_doubt(sale)
        if answer is not None:
            self.judge(sale, answer, key)

    def hold(self) -> None:
        """Holds one or two seats, and books what is held."""
        first = self.choose()
        sales = {first, first._replace(seat=first.seat % self.storm.seats + 1)}
        sales = {sale for sale in sales if sale not in self.mine.values()}
        path = f"/shows/{first.show}/hold/"
        answer = self.ask("PUT", path, {"seat_numbers": sorted(sale.seat for sale in sales)})
        if answer is None or answer.status == 503:
            # It may come to be held all the same, and be booked with what is held next.
            self.in_doubt(*sales)
        elif answer.status == 200:
            answer, clear = self.insist("POST", f"{path}book/")
            if answer is None or not clear:
                self.in_doubt(*sales)
            if answer is not None and answer.status == 201:
                for booking in answer.body:
                    self.acknowledged(Sale(self.id, first.show, booking["seat_number"]), booking)

    def cancel(self, booking_id: int) -> None:
        answer, clear = self.insist("POST", f"/bookings/{booking_id}/cancel/")
        del self.mine[booking_id]
        with self.ledger.lock:
            if answer is None:
                self.ledger.perhaps_cancelled.add(booking_id)
            elif answer.status == 200 or (answer.code == "already_cancelled" and not clear):
                self.ledger.cancelled.add(booking_id)
            else:
                self.ledger.faulty.append(f"{answer} to the first cancel of booking {booking_id}")

    def choose(self) -> Sale:
        tip, self.tip = self.tip, None
        if tip and tip not in self.mine.values():
            return tip
        while True:
            show, seat = self.chance.choice(self.storm.shows), self.chance.randint(1, self.storm.seats)
            if (sale := Sale(self.id, show, seat)) not in self.mine.values():
                return sale

    # --- What they make of the answers ---

    def judge(self, sale: Sale, answer: Answer, key: str | None = None) -> None:
        """Of an attempt to book."""
        if answer.status == 201:
            self.acknowledged(sale, answer.body, key)
        elif answer.code == "already_yours":
            if sale in self.ledger.perhaps_sold:
                # Then it was done, and now they know.
                self.acknowledged(sale, {"id": answer.body["booking"], "seat_number": sale.seat})
            else:
                self.fault(f"{answer} to the first attempt to get {sale}")
        elif answer.body.get("alternatives") and self.chance.random() < 0.5:
            self.tip = sale._replace(seat=self.chance.choice(answer.body["alternatives"]))

    def acknowledged(self, sale: Sale, booking: Any, key: str | None = None) -> None:
        if booking["seat_number"] != sale.seat or booking.get("show", {}).get("id", sale.show) != sale.show:
            self.fault(f"{booking} for {sale}")
        self.mine[booking["id"]] = sale
        with self.ledger.lock:
            if self.ledger.sold.setdefault(booking["id"], sale) != sale:
                self.ledger.faulty.append(f"booking {booking['id']} was given to two: {sale}")
            if key is not None:
                self.ledger.keys[booking["id"]] = key

    def in_doubt(self, *sales: Sale) -> None:
        with self.ledger.lock:
            self.ledger.perhaps_sold.update(sales)

    def fault(self, what: str) -> None:
        with self.ledger.lock:
            self.ledger.faulty.append(what)

    # --- How they ask ---

    def insist(
        self, method: str, path: str, body: Any = None, key: str | None = None
    ) -> tuple[Answer | None, bool]:
        """Asks until there is an answer, other than "try again"; None when the storm has settled without.

        Besides, whether this was the answer to the first attempt.
        """
        clear = True
        while True:
            answer = self.ask(method, path, body, key)
            if answer is not None and answer.status != 503:
                return answer, clear
            clear = False
            if time.monotonic() > self.storm.settled_by:
                return None, clear

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> Answer | None:
        """One attempt; None where no answer came. Waits a little before the next, if that was in vain."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        content = None if body is None else json.dumps(body)
        answer, late, began = None, False, time.monotonic()
        try:
            connection = self.connected()
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            raw = response.read()
        except TimeoutError:
            late = True
            self.hang_up()
        except (OSError, http.client.HTTPException):
            self.hang_up()
        else:
            answer = self.understood(f"{method} {path}", response, raw)
        self.write_down(answer, late, began)
        if answer is None or not answer.expected:
            time.sleep(self.chance.uniform(0.02, 0.2))
        elif answer.status == 503:
            # Less patient than they are asked to be, and so more of a storm.
            time.sleep(self.chance.uniform(0.1, 0.5) * answer.retry_after)
        return answer

    def connected(self) -> http.client.HTTPConnection:
        """The connection that is kept; now and then, as after every break, a new one, to anywhere."""
        if self.connection is None or self.chance.random() < 0.02:
            self.hang_up()
            base = urlsplit(self.chance.choice(self.storm.bases))
            self.connection = http.client.HTTPConnection(
                base.hostname or "", base.port, timeout=self.storm.patience
            )
        return self.connection

    def hang_up(self) -> None:
        if self.connection is not None:
            with suppress(OSError):
                self.connection.close()
            self.connection = None

    def understood(self, asked: str, response: http.client.HTTPResponse, raw: bytes) -> Answer:
        kind, wait = response.headers.get_content_type(), response.headers["Retry-After"]
        body: Any = {}
        with suppress(ValueError):
            body = json.loads(raw)
        code = body.get("code") if isinstance(body, dict) else None
        expected = response.status < 300 or (
            kind == PROBLEM and (response.status, code) in EXPECTED and (response.status != 503 or bool(wait))
        )
        if not expected:
            self.fault(f"{asked}: {response.status} {kind}, Retry-After {wait}: {raw[:300]!r}")
        if response.will_close:
            self.hang_up()
        return Answer(response.status, code, body, expected, float(wait or 1))

    def write_down(self, answer: Answer | None, late: bool, began: float) -> None:
        now = time.monotonic()
        took = now - began
        with self.ledger.lock:
            self.ledger.requests += 1
            self.ledger.slowest = max(self.ledger.slowest, took)
            if late or took > self.storm.patience:
                self.ledger.hangs += 1
            elif answer is None:
                self.ledger.cut += 1
            if answer is not None:
                self.ledger.answers[answer.status] += 1
                if answer.status == 201:
                    self.ledger.sales.append((began, now))
