"""One client of a load test: its actions, its requests, and what it records about the responses."""

import base64
import http.client
import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.ledger import Sale

if TYPE_CHECKING:
    from tests.chaos.load import BookingLoad

# The errors that a buyer may get. All others are recorded as unexpected.
EXPECTED_ERRORS = {
    (409, "seat_taken"),
    (409, "seat_held"),
    (409, "already_yours"),
    (409, "already_cancelled"),
    (404, "no_hold"),
    (503, "unavailable"),
}
PROBLEM = "application/problem+json"
# A buyer with this many bookings cancels one before the next booking, so that seats stay available.
MAX_BOOKINGS = 8


@dataclass
class Response:
    status: int
    code: str | None
    body: Any
    expected: bool
    retry_after: float


class Buyer:
    def __init__(self, load: "BookingLoad", token: str, rng: random.Random) -> None:
        self.load, self.ledger, self.rng = load, load.ledger, rng
        self.headers = {"Authorization": f"Bearer {token}"}
        claims = token.split(".")[1]
        self.id = int(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["user_id"])
        self.connection: http.client.HTTPConnection | None = None
        self.bookings: dict[int, Sale] = {}
        self.available_seat: Sale | None = None  # A seat that was available in the last response.

    def run(self) -> None:
        """Acts until the load ends."""
        try:
            while not self.load.ended.is_set():
                self.act()
        except Exception as error:
            self.record_unexpected(f"a {type(self).__name__} raised {error!r}")
            raise
        finally:
            self.disconnect()

    def act(self) -> None:
        if len(self.bookings) >= MAX_BOOKINGS or (self.bookings and self.rng.random() < 0.2):
            self.cancel(self.rng.choice(list(self.bookings)))
        else:
            actions = [
                self.find_available_seat,
                self.book,
                self.book,
                self.book_with_key,
                self.book_with_key,
                self.book_hold,
            ]
            self.rng.choice(actions)()

    # --- Actions ---

    def find_available_seat(self) -> None:
        show = self.rng.choice(self.load.shows)
        response = self.send("GET", f"/shows/{show}/availability/")
        if response is not None and response.status == 200:
            available = [seat for seat, letter in enumerate(response.body["statuses"], 1) if letter == "a"]
            self.available_seat = Sale(self.id, show, self.rng.choice(available)) if available else None

    def book(self) -> None:
        """Books a seat in one attempt. Without a response the outcome stays unknown."""
        sale = self.choose_seat()
        response = self.send("POST", f"/shows/{sale.show}/book/", {"seat_number": sale.seat})
        if response is None or response.status == 503:
            self.record_maybe_booked(sale)
        else:
            self.process_booking_response(sale, response)

    def book_with_key(self) -> None:
        """Books a seat with an Idempotency-Key, and retries with the same key until there is a response."""
        sale, key = self.choose_seat(), f"{self.id}-{self.rng.getrandbits(64):x}"
        path, body = f"/shows/{sale.show}/book/", {"seat_number": sale.seat}
        response, first_attempt = self.send_until_answered("POST", path, body, key)
        # An attempt that this client gave up may still succeed on the server, even after a retry was refused.
        if response is None or (response.status != 201 and not first_attempt):
            self.record_maybe_booked(sale)
        if response is not None:
            self.process_booking_response(sale, response, key)

    def book_hold(self) -> None:
        """Holds one or two seats, then books the hold."""
        first = self.choose_seat()
        sales = {first, first._replace(seat=first.seat % self.load.seats + 1)}
        sales = {sale for sale in sales if sale not in self.bookings.values()}
        path = f"/shows/{first.show}/hold/"
        response = self.send("PUT", path, {"seat_numbers": sorted(sale.seat for sale in sales)})
        if response is None or response.status == 503:
            # The hold may still succeed on the server, and would be booked together with the next hold.
            self.record_maybe_booked(*sales)
        elif response.status == 200:
            response, first_attempt = self.send_until_answered("POST", f"{path}book/")
            if response is None or not first_attempt:
                self.record_maybe_booked(*sales)
            if response is not None and response.status == 201:
                for booking in response.body:
                    self.record_booking(Sale(self.id, first.show, booking["seat_number"]), booking)

    def cancel(self, booking_id: int) -> None:
        """Cancels a booking, and retries until there is a response."""
        response, first_attempt = self.send_until_answered("POST", f"/bookings/{booking_id}/cancel/")
        del self.bookings[booking_id]
        with self.ledger.lock:
            if response is None:
                self.ledger.maybe_cancelled.add(booking_id)
            elif response.status == 200 or (response.code == "already_cancelled" and not first_attempt):
                self.ledger.cancelled.add(booking_id)
            else:
                self.ledger.unexpected.append(f"{response} to the first cancel of booking {booking_id}")

    def choose_seat(self) -> Sale:
        """Returns a seat that this buyer has not booked, if possible one that was available."""
        sale, self.available_seat = self.available_seat, None
        if sale and sale not in self.bookings.values():
            return sale
        while True:
            show, seat = self.rng.choice(self.load.shows), self.rng.randint(1, self.load.seats)
            if (sale := Sale(self.id, show, seat)) not in self.bookings.values():
                return sale

    # --- Records ---

    def process_booking_response(self, sale: Sale, response: Response, key: str | None = None) -> None:
        if response.status == 201:
            self.record_booking(sale, response.body, key)
        elif response.code == "already_yours":
            if sale in self.ledger.maybe_booked:
                # An earlier attempt without a response has succeeded.
                self.record_booking(sale, {"id": response.body["booking"], "seat_number": sale.seat})
            else:
                self.record_unexpected(f"{response} to the first attempt to book {sale}")
        elif response.body.get("alternatives") and self.rng.random() < 0.5:
            self.available_seat = sale._replace(seat=self.rng.choice(response.body["alternatives"]))

    def record_booking(self, sale: Sale, booking: Any, key: str | None = None) -> None:
        if booking["seat_number"] != sale.seat or booking.get("show", {}).get("id", sale.show) != sale.show:
            self.record_unexpected(f"{booking} for {sale}")
        self.bookings[booking["id"]] = sale
        with self.ledger.lock:
            if self.ledger.confirmed.setdefault(booking["id"], sale) != sale:
                self.ledger.unexpected.append(f"booking {booking['id']} was confirmed twice, now for {sale}")
            if key is not None:
                self.ledger.keys[booking["id"]] = key

    def record_maybe_booked(self, *sales: Sale) -> None:
        with self.ledger.lock:
            self.ledger.maybe_booked.update(sales)

    def record_unexpected(self, text: str) -> None:
        with self.ledger.lock:
            self.ledger.unexpected.append(text)

    # --- Requests ---

    def send_until_answered(
        self, method: str, path: str, body: Any = None, key: str | None = None
    ) -> tuple[Response | None, bool]:
        """Sends a request until there is a response other than 503.

        Returns the response, or None if the load's settle time ran out first, and whether it is the response to
        the first attempt.
        """
        first_attempt = True
        while True:
            response = self.send(method, path, body, key)
            if response is not None and response.status != 503:
                return response, first_attempt
            first_attempt = False
            if time.monotonic() > self.load.settle_deadline:
                return None, first_attempt

    def send(self, method: str, path: str, body: Any = None, key: str | None = None) -> Response | None:
        """Sends a request once and records the result. Returns None without a response.

        Sleeps after a failure, so that the caller may retry at once.
        """
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        content = None
        if body is not None:
            # Only here, because the fast path knows no GET with a content type.
            headers["Content-Type"], content = "application/json", json.dumps(body)
        response, timed_out, start = None, False, time.monotonic()
        try:
            connection = self.get_connection()
            connection.request(method, path, content, headers)
            http_response = connection.getresponse()
            raw = http_response.read()
        except TimeoutError:
            timed_out = True
            self.disconnect()
        except (OSError, http.client.HTTPException):
            self.disconnect()
        else:
            response = self.parse(f"{method} {path}", http_response, raw)
        self.record_request(response, timed_out, start)
        if response is None or not response.expected:
            time.sleep(self.rng.uniform(0.02, 0.2))
        elif response.status == 503:
            # Shorter than Retry-After asks for, to keep the load high.
            time.sleep(self.rng.uniform(0.1, 0.5) * response.retry_after)
        return response

    def get_connection(self) -> http.client.HTTPConnection:
        """Returns the open connection, or sometimes a new one to a random base URL."""
        if self.connection is None or self.rng.random() < 0.02:
            self.disconnect()
            self.connection = self.load.connect(self.rng.choice(self.load.base_urls), self.load.timeout)
        return self.connection

    def disconnect(self) -> None:
        if self.connection is not None:
            with suppress(OSError):
                self.connection.close()
            self.connection = None

    def parse(self, request: str, http_response: http.client.HTTPResponse, raw: bytes) -> Response:
        status = http_response.status
        content_type = http_response.headers.get_content_type()
        retry_after = http_response.headers["Retry-After"]
        body: Any = {}
        with suppress(ValueError):
            body = json.loads(raw)
        code = body.get("code") if isinstance(body, dict) else None
        expected = status < 300 or (
            content_type == PROBLEM
            and (status, code) in EXPECTED_ERRORS
            and (status != 503 or bool(retry_after))
        )
        if not expected:
            self.record_unexpected(
                f"{request}: {status} {content_type}, Retry-After {retry_after}: {raw[:300]!r}"
            )
        if http_response.will_close:
            self.disconnect()
        return Response(status, code, body, expected, float(retry_after or 1))

    def record_request(self, response: Response | None, timed_out: bool, start: float) -> None:
        end = time.monotonic()
        duration = end - start
        with self.ledger.lock:
            self.ledger.requests += 1
            self.ledger.slowest_seconds = max(self.ledger.slowest_seconds, duration)
            if timed_out or duration > self.load.timeout:
                self.ledger.timeouts += 1
            elif response is None:
                self.ledger.dropped += 1
            if response is not None:
                self.ledger.statuses[response.status] += 1
                if response.status == 201:
                    self.ledger.creations.append((start, end))
