"""The cinema beside its model: how both begin, how rules find who and what, and what holds after each step."""

import io
import json
from datetime import timedelta
from functools import cache

from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.models import Seat
from cinema.shows.models import Show
from tests.conftest import Caller
from tests.factories import MovieFactory, UserFactory
from tests.model.cinema_model import Cinema

PEOPLE = st.sampled_from(["alice", "bob"])
# Which show a rule is about: there is at most one of each, and what was deleted can still be asked for.
SHOWS = st.sampled_from(["red", "blue"])
SCREENS = st.sampled_from(["Screen 1", "Screen 2"])
# Seats by their place among those that there are; the last is of none.
SEATS = st.integers(0, 9)
LETTERS = {"available": "a", "held": "h", "taken": "t", "blocked": "b"}
NOBODY = 10**9
# What ends much goes on at once, more often than not, so that most steps find something to do.
OFTEN = st.sampled_from([True, True, True, False])
# An example takes some seconds of real time, which the model does not count.
SLACK = timedelta(seconds=45)
PASSWORD = "plum-tart-42"


@cache
def handler(kind):
    """The middleware of all callers of a kind: to build it takes ten times as long as a request."""
    return kind().handler


def caller(token=None):
    caller = Caller()
    caller.handler = handler(Caller)
    if token:
        caller.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return caller


class World(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        # What an example did is undone by rolling it back; nothing here waits for a commit.
        self.undone = transaction.atomic()
        self.undone.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @initialize()
    def open(self):
        self.model = Cinema()
        sam = UserFactory(username="sam", staff=True, is_superuser=True)
        self.anyone, self.staff = caller(), caller(AccessToken.for_user(sam))
        self.admin = Client()
        self.admin.handler = handler(Client)
        self.admin.force_login(sam)
        self.movie = MovieFactory().pk
        self.ids, self.callers = {}, {}
        self.shows = {"red": NOBODY, "blue": NOBODY}
        # What a browser has of each show that it polls: (ETag, the map).
        self.polled = {}
        # Whatever was ever seen of a show: version -> its seats.
        self.seen = {}
        for name in ("alice", "bob"):
            self.sign_up(name)
        self.add("red", "Screen 1", 6, 1000)
        self.add("blue", "Screen 2", 4, 10**6)

    # --- who, what, when -------------------------------------------------------------

    def sign_up(self, name):
        answer = self.anyone.post("/signup", {"username": name, "password": PASSWORD})
        self.expect(answer, (201, None))
        self.ids[name] = answer.json()["id"]
        self.model.active[self.ids[name]] = True
        tokens = self.anyone.post("/login", {"username": name, "password": PASSWORD}).json()
        self.callers[name] = caller(tokens["access"])

    def add(self, where, screen, total, starts_in):
        """A new show in place of one that was deleted."""
        wanted = {
            "screen_name": screen,
            "date_time": (timezone.now() + timedelta(seconds=starts_in)).isoformat(),
            "total_seats": total,
        }
        answer = self.staff.post(f"/movies/{self.movie}/shows/", wanted)
        if total != len(self.model.plans.get(screen, [None] * total)):
            return self.expect(answer, (400, "invalid"))
        self.expect(answer, (201, None))
        self.shows[where] = answer.json()["id"]
        return self.model.added(self.shows[where], screen, self.model.now + starts_in, total)

    def let_pass(self, seconds):
        """The clock is the database's: instead of moving it, all times that are kept move the other way."""
        past = timedelta(seconds=seconds)
        Show.objects.update(date_time=F("date_time") - past)
        Seat.objects.filter(held_by__isnull=False).update(
            held_since=F("held_since") - past, held_until=F("held_until") - past
        )
        self.model.now += seconds

    def number(self, show, which):
        there = len(self.model.shows[show].seats) if show in self.model.shows else 1
        return 1 + which % there if which < 9 else there + 1

    def post(self, page, form, *args, status=302):
        """To a page of the admin: whatever it says, it answers with a redirect."""
        answer = self.admin.post(reverse(f"admin:{page}", args=args), form)
        assert answer.status_code == status, answer.content

    def booking(self, which):
        """One of the bookings that there are, the newest first; an id that nobody has where there is none."""
        ids = sorted(self.model.bookings, reverse=True)
        return ids[which % len(ids)] if ids else NOBODY

    def expect(self, answer, expected):
        code = json.loads(answer.content)["code"] if answer.status_code >= 400 else None
        assert (answer.status_code, code) == expected, answer.content
        return answer.json() if answer.status_code < 300 and answer.content else {}

    def at(self, moment):
        """A time of the API's in the model's seconds, give or take."""
        return self.model.now + (parse_datetime(moment) - timezone.now()).total_seconds()

    # --- what holds after each step --------------------------------------------------

    @invariant()
    def the_cinema_is_as_the_model_has_it(self):
        changed = [show for show in self.model.shows if self.check_map(show)]
        for name, user in self.ids.items():
            self.check_bookings(self.callers[name], user)
            for show in changed:
                self.check_hold(self.callers[name], user, show)
        self.check_shows()
        check_seats()
        # Nothing is committed here, so that whatever PostgreSQL would check then is checked now.
        connection.check_constraints()

    def check_map(self, show):
        """Whether there is a new one."""
        etag, seat_map = self.polled.get(show, ("", None))
        answer = self.anyone.get(f"/shows/{show}/seats/", HTTP_IF_NONE_MATCH=etag)
        if answer.status_code == 200:
            seat_map = answer.json()
            self.polled[show] = answer["ETag"], seat_map
            self.check_availability(show, seat_map)
        else:
            assert answer.status_code == 304
        self.model.read_layout(show, seat_map["seats"])
        statuses = self.model.statuses(show)
        assert [seat["status"] for seat in seat_map["seats"]] == statuses

        seen = self.seen.setdefault(show, {})
        newest = max(seen, default=0)
        assert seen.setdefault(seat_map["version"], seat_map["seats"]) == seat_map["seats"], (
            "It said otherwise."
        )
        assert seat_map["version"] >= newest
        return answer.status_code == 200

    def check_availability(self, show, seat_map):
        availability = self.anyone.get(f"/shows/{show}/availability/").json()
        assert availability["version"] == seat_map["version"]
        assert availability["counts"] == seat_map["counts"]
        statuses = [seat["status"] for seat in seat_map["seats"]]
        assert availability["statuses"] == "".join(LETTERS[status] for status in statuses)
        counts = {status: statuses.count(status) for status in LETTERS}
        assert availability["counts"] == {"total": len(statuses), **counts}

    def check_bookings(self, caller, user):
        answer = caller.get("/my-bookings/")
        if not self.model.active.get(user):
            return self.expect(answer, (401, "token_not_valid"))
        theirs = {pk: booking for pk, booking in self.model.bookings.items() if booking.user == user}
        assert {row["id"]: told(row) for row in answer.json()["results"]} == {
            pk: (
                booking.show,
                booking.number,
                self.model.seat_label(booking),
                "booked" if booking.live else "cancelled",
            )
            for pk, booking in theirs.items()
        }
        return None

    def check_hold(self, caller, user, show):
        answer = caller.get(f"/shows/{show}/hold/")
        if not self.model.active.get(user):
            return self.expect(answer, (401, "token_not_valid"))
        held = self.model.held(user, show)
        if not held:
            return self.expect(answer, (404, "no_hold"))
        body = self.expect(answer, (200, None))
        assert (body["show"], body["seat_numbers"]) == (show, list(held))
        assert {True} == {
            abs(self.at(body["expires_at"]) - seat.held_until) < SLACK.seconds for seat in held.values()
        }
        return None

    def check_shows(self):
        answer = self.anyone.get(f"/movies/{self.movie}/shows/")
        assert {
            row["id"]: (row["screen_name"], row["total_seats"], row["available_seats"])
            for row in answer.json()["results"]
        } == {
            pk: (show.screen, len(show.seats), self.model.statuses(pk).count("available"))
            for pk, show in self.model.shows.items()
        }


def told(row):
    return row["show"]["id"], row["seat_number"], row["seat_label"], row["status"]


def check_seats():
    said = io.StringIO()
    try:
        call_command("check_seats", stdout=said, stderr=said)
    except SystemExit:
        raise AssertionError(said.getvalue()) from None
