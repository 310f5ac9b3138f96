"""The base of all state machines: initial data, helpers for rules, and the comparison of API and model."""

import io
import json
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.models import Seat
from cinema.shows.models import Show
from tests.conftest import Caller
from tests.factories import UNUSED_ID, MovieFactory, UserFactory
from tests.model.cinema_model import MOVIE_SECONDS, CinemaModel
from tests.model.plans import import_plan

USERNAMES = st.sampled_from(["alice", "bob"])
# Each rule uses one of two shows. After a deletion, rules request the old id until a new show replaces it.
SHOW_NAMES = st.sampled_from(["red", "blue"])
SCREENS = st.sampled_from(["Screen 1", "Screen 2"])
# An index into the existing seats; 9 stands for a seat number that does not exist.
SEAT_INDEXES = st.integers(0, 9)
# No list has a price for "Dog".
KINDS = st.sampled_from([None, None, None, "Adult", "Child", "Dog"])
PRICE_LISTS = [
    [("", "Adult", 1250), ("", "Child", 905)],
    [("VIP", "Child", 333), ("Standard", "Adult", 1300), ("VIP", "Adult", 1), ("", "Adult", 1999)],
    [("", "Child", 0), ("Standard", "Child", 10**9)],
    # Seats of other categories are not sold.
    [("VIP", "Adult", 2000)],
]
LETTERS = {"available": "a", "held": "h", "taken": "t", "blocked": "b"}
# For destructive rules: mostly recreate what was deleted, so that later steps find something to work on.
MOSTLY_TRUE = st.sampled_from([True, True, True, False])
# The real duration of an example, which the model's clock does not count.
TOLERANCE = timedelta(seconds=45)
PASSWORD = "plum-tart-42"


@cache
def shared_handler(client_class):
    """Returns one handler for all clients of a class, because creating one takes longer than ten requests."""
    return client_class().handler


def api_client(token=None):
    client = Caller()
    client.handler = shared_handler(Caller)
    if token:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


class CinemaStateMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.begin()

    def begin(self):
        """Begins the transaction of an example, which is rolled back. These tests depend on no commit."""
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def client(self, token=None):
        return api_client(token)

    @initialize(example=st.integers(0, 2**16))
    def create_data(self, example):
        # Hypothesis begins with the simplest example, which applies one rule again and again.
        assume(example)
        self.model = CinemaModel()
        settings.BOOKING_MAX_SEATS = self.model.max_seats  # An earlier example may have changed it.
        sam = UserFactory(username="sam", staff=True, is_superuser=True)
        self.anonymous, self.staff = self.client(), self.client(AccessToken.for_user(sam))
        self.admin = Client()
        self.admin.handler = shared_handler(Client)
        self.admin.force_login(sam)
        self.sam, self.movie = sam.pk, MovieFactory(duration_minutes=MOVIE_SECONDS // 60).pk
        self.user_ids, self.clients = {}, {}
        self.show_ids = {"red": UNUSED_ID, "blue": UNUSED_ID}
        # Per show, the last (ETag, seat map) of a client that polls.
        self.polled_maps = {}
        # Per show, each version that was returned and its seats.
        self.seats_by_version = {}
        # Each ticket that was sold: its show, its booking or order, and its code.
        self.tickets = []
        for username in ("alice", "bob"):
            self.sign_up(username)
        self.model.prices = PRICE_LISTS[0]
        response = self.staff.post("/price-lists/", {"name": "Prices", "prices": price_rows(PRICE_LISTS[0])})
        self.price_list = self.expect(response, (201, None))["id"]
        self.create_show("red", "Screen 1", 6, 1000)
        self.model.plans["Screen 2"] = import_plan("sofas", "Screen 2")
        self.create_show("blue", "Screen 2", 7, 10**6)
        self.set_price_list(self.show_ids["red"], True)

    # --- Helpers ---------------------------------------------------------------------

    def sign_up(self, username):
        response = self.anonymous.post("/signup", {"username": username, "password": PASSWORD})
        self.expect(response, (201, None))
        self.user_ids[username] = response.json()["id"]
        self.model.active[self.user_ids[username]] = True
        tokens = self.anonymous.post("/login", {"username": username, "password": PASSWORD}).json()
        self.clients[username] = self.client(tokens["access"])

    def create_show(self, name, screen, total, starts_in_seconds):
        """Creates a show by the API, in place of a deleted one.

        The blue show starts much later than the red one, so that they never overlap on one screen.
        """
        starts_in_seconds += 10**6 * (name == "blue")
        data = {
            "screen_name": screen,
            "date_time": (timezone.now() + timedelta(seconds=starts_in_seconds)).isoformat(),
            "total_seats": total,
        }
        response = self.staff.post(f"/movies/{self.movie}/shows/", data)
        if total != len(self.model.plans.get(screen, [None] * total)):
            return self.expect(response, (400, "invalid"))
        self.expect(response, (201, None))
        self.show_ids[name] = response.json()["id"]
        return self.model.add_show(self.show_ids[name], screen, self.model.now + starts_in_seconds, total)

    def set_price_list(self, show, has_prices):
        response = self.staff.patch(f"/shows/{show}/", {"price_list": self.price_list if has_prices else None})
        self.expect(response, self.model.set_price_list(show, has_prices))

    def advance_clock(self, seconds):
        """Moves all stored times into the past, because tests cannot set the database's clock."""
        past = timedelta(seconds=seconds)
        Show.objects.update(date_time=F("date_time") - past, on_sale_from=F("on_sale_from") - past)
        Seat.objects.filter(held_by__isnull=False).update(
            held_since=F("held_since") - past, held_until=F("held_until") - past
        )
        self.model.now += seconds

    def seat_number(self, show, index):
        """Returns the number of an existing seat, or one that does not exist if the index is 9."""
        total = len(self.model.shows[show].seats) if show in self.model.shows else 1
        return 1 + index % total if index < 9 else total + 1

    def post_admin(self, page, form, *args, status=302):
        """Submits a form of the admin. It redirects, whether it shows a success or an error message."""
        response = self.admin.post(reverse(f"admin:{page}", args=args), form)
        assert response.status_code == status, response.content

    def booking_id(self, index):
        """Returns the id of an existing booking, counted from the newest, or an unused id if there is none."""
        ids = sorted(self.model.bookings, reverse=True)
        return ids[index % len(ids)] if ids else UNUSED_ID

    def record_booking(self, row, user, key=None, kind=None):
        """Records a sale that the API answered, with its tickets. It must have the present price."""
        show, number, order = row["show"]["id"], row["seat_number"], row["order"]
        price = self.model.price(show, number, kind)
        assert price_fields(row) == price
        self.model.record_booking(row["id"], user, show, number, key, order, price)
        self.tickets += [(show, row["id"], None, row["ticket"]), (show, None, order, row["order_ticket"])]

    def move(self, client, user, pk, seat_index, is_staff=False):
        booking = self.model.bookings.get(pk)
        number = self.seat_number(booking.show, seat_index) if booking else 1
        response = client.post(f"/bookings/{pk}/move/", {"seat_number": number})
        outcome = self.model.move(pk, user, number, is_staff)
        body = self.expect(response, outcome)
        if outcome[0] == 200:
            label = self.model.seat_label(booking)
            assert booking_fields(body) == (booking.show, number, label, "booked")
        elif outcome[1] == "already_yours":
            assert response.json()["booking"] == self.model.shows[booking.show].seats[number].booking
        elif outcome[1] in ("seat_taken", "seat_held", "seat_blocked"):
            self.check_unavailable_problem(
                response, user, booking.show, set(self.model.seats_of_move(pk, number))
            )

    def expect(self, response, outcome):
        """Checks status and error code. Returns the body of a success."""
        code = json.loads(response.content)["code"] if response.status_code >= 400 else None
        assert (response.status_code, code) == outcome, response.content
        return response.json() if response.status_code < 300 and response.content else {}

    def model_time(self, api_time):
        """Converts a time of the API to the model's seconds, accurate to `TOLERANCE`."""
        return self.model.now + (parse_datetime(api_time) - timezone.now()).total_seconds()

    # --- The invariant, checked after each step --------------------------------------

    @invariant()
    def api_matches_model(self):
        changed = [show for show in self.model.shows if self.check_seat_map(show)]
        for username, user in self.user_ids.items():
            self.check_bookings(self.clients[username], user)
            for show in changed:
                self.check_hold(self.clients[username], user, show)
        self.check_shows()
        check_seats()
        # Deferred constraints are checked at a commit, which never happens here.
        connection.check_constraints()

    def check_seat_map(self, show):
        """Polls the seat map and compares it. Returns whether it has changed since the last poll."""
        if self.model.shows[show].is_archived:
            for name in ("seats", "availability"):
                self.expect(self.anonymous.get(f"/shows/{show}/{name}/"), (410, "archived"))
            return False
        etag, seat_map = self.polled_maps.get(show, ("", None))
        response = self.anonymous.get(f"/shows/{show}/seats/", HTTP_IF_NONE_MATCH=etag)
        if response.status_code == 200:
            seat_map = response.json()
            self.polled_maps[show] = response["ETag"], seat_map
            self.check_availability(show, seat_map)
        else:
            assert response.status_code == 304
        self.model.read_seat_map(show, seat_map["seats"])
        self.check_prices(show, seat_map["prices"])
        statuses = self.model.statuses(show)
        assert [seat["status"] for seat in seat_map["seats"]] == statuses

        seats_by_version = self.seats_by_version.setdefault(show, {})
        newest = max(seats_by_version, default=0)
        first_seats = seats_by_version.setdefault(seat_map["version"], seat_map["seats"])
        assert first_seats == seat_map["seats"], "One version had two different states."
        assert seat_map["version"] >= newest
        return response.status_code == 200

    def check_prices(self, show, prices):
        if not self.model.shows[show].has_prices:
            assert prices is None
            return
        assert prices["kinds"] == list(dict.fromkeys(kind for _, kind, _ in self.model.prices))
        for category, amounts in prices["by_category"].items():
            expected = self.model.prices_of_category(category)
            assert amounts == {kind: amount for kind, (_, amount) in expected.items() if kind}

    def check_availability(self, show, seat_map):
        availability = self.anonymous.get(f"/shows/{show}/availability/").json()
        assert availability["version"] == seat_map["version"]
        assert availability["counts"] == seat_map["counts"]
        statuses = [seat["status"] for seat in seat_map["seats"]]
        assert availability["statuses"] == "".join(LETTERS[status] for status in statuses)
        counts = {status: statuses.count(status) for status in LETTERS}
        assert availability["counts"] == {"total": len(statuses), **counts}

    def check_bookings(self, client, user):
        response = client.get("/my-bookings/")
        if not self.model.active.get(user):
            return self.expect(response, (401, "token_not_valid"))
        bookings = {pk: booking for pk, booking in self.model.bookings.items() if booking.user == user}
        rows = response.json()["results"]
        assert {row["id"]: (*booking_fields(row), price_fields(row)) for row in rows} == {
            pk: (
                booking.show,
                booking.number,
                self.model.seat_label(booking),
                "booked" if booking.live else "cancelled",
                booking.price,
            )
            for pk, booking in bookings.items()
        }
        return None

    def check_hold(self, client, user, show):
        response = client.get(f"/shows/{show}/hold/")
        if not self.model.active.get(user):
            return self.expect(response, (401, "token_not_valid"))
        held_seats = self.model.held_seats(user, show)
        if not held_seats:
            return self.expect(response, self.model.no_hold(show))
        body = self.expect(response, (200, None))
        assert (body["show"], body["seat_numbers"]) == (show, list(held_seats))
        expires = self.model_time(body["expires_at"])
        assert all(abs(expires - seat.held_until) < TOLERANCE.seconds for seat in held_seats.values())
        return None

    def check_shows(self):
        response = self.anonymous.get(f"/movies/{self.movie}/shows/")
        assert {
            row["id"]: (
                *(row["screen_name"], row["total_seats"], row["available_seats"], row["price_from"]),
                row["on_sale_from"] is None,
            )
            for row in response.json()["results"]
        } == {
            pk: (
                *(show.screen, len(show.seats), self.model.statuses(pk).count("available")),
                min(amount for _, _, amount in self.model.prices) if show.has_prices else None,
                show.on_sale_from is None,
            )
            for pk, show in self.model.shows.items()
        }


def booking_fields(row):
    return row["show"]["id"], row["seat_number"], row["seat_label"], row["status"]


def price_fields(row):
    """The kind and the amount. The currency is known exactly if they are."""
    assert row["currency"] == (None if row["kind"] is None else "EUR")
    return row["kind"], row["amount"]


def price_rows(prices):
    return [{"category": category, "kind": kind, "amount": amount} for category, kind, amount in prices]


def check_seats():
    output = io.StringIO()
    try:
        call_command("check_seats", stdout=output, stderr=output)
    except SystemExit:
        raise AssertionError(output.getvalue()) from None
