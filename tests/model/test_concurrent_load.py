"""Random concurrent operations for some seconds: buyers' requests to the real server, and staff at work.

Single responses cannot be predicted. Afterwards every confirmed booking must be in the database with the right
status, and shows, seats and bookings must be consistent.
"""

import random
import time
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from cinema.seats.halls.plan_json import read_plan
from cinema.seats.halls.plan_text import read_text
from cinema.seats.layout.relayout import relayout_upcoming_shows
from cinema.seats.models import Booking
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.factories import MovieFactory, ShowFactory, UserFactory, permit_to_manage_shows
from tests.seat_state import block, unblock

pytestmark = pytest.mark.django_db(transaction=True)

# In the default selection of tests, and in a full run.
SECONDS_BY_DEFAULT, SECONDS = 2, 5
PLANS = [read_plan(read_text(text)) for text in ("A | ...\nB | ...", "A | ....\nC | ..", "B | ....")]
# The error codes that may occur. `token_not_valid`: the user was deleted.
EXPECTED_CODES = {
    *("seat_taken", "seat_held", "seat_blocked", "already_yours", "no_hold", "no_adjacent_seats"),
    *("not_found", "seat_not_found", "already_cancelled", "token_not_valid", "has_bookings", "seats_in_use"),
}


class RandomLoad:
    def __init__(self, server, seconds):
        self.server = server
        self.end = time.monotonic() + seconds
        # Responses, by error code or else by status.
        self.responses = Counter()
        # The buyer of each confirmed booking, confirmed cancels, and deleted users; all by id.
        self.booked, self.cancelled, self.deleted_users = {}, set(), set()
        self.movie = MovieFactory()
        self.staff = permit_to_manage_shows(UserFactory(staff=True))
        self.users = UserFactory.create_batch(6)
        ShowFactory(movie=self.movie, screen_name="With plan", total_seats=6)
        ShowFactory(movie=self.movie, screen_name="Without plan", total_seats=6)
        ShowFactory(movie=self.movie, screen_name="Small", total_seats=2)

    def is_running(self):
        """Runs longer on a busy machine, because without bookings the test would prove nothing."""
        seconds_left = self.end - time.monotonic()
        return seconds_left > 0 or (self.responses[201] < 10 and seconds_left > -60)

    def call(self, *args, **kwargs):
        response = self.server.call(*args, **kwargs)
        self.responses[response.code or response.status] += 1
        return response

    def random_show(self):
        shows = self.call("GET", f"/movies/{self.movie.pk}/shows/").body["results"]
        return random.choice(shows or [{"id": 1}])["id"]

    def buy(self, index):
        """Books, holds and cancels as one of the users."""
        bookings = []
        while self.is_running():
            user, show = self.users[index], f"/shows/{self.random_show()}"
            numbers = random.sample(range(1, 8), random.randint(1, 3))
            action = random.choice(["book", "book", "hold", "best", "book hold", "release", "cancel", "cancel"])
            if action == "book":
                # The fast path sells only without a key.
                key = random.choice([{}, {"Idempotency-Key": str(random.random())}])
                responses = [
                    self.call("POST", f"{show}/book/", {"seat_number": numbers[0]}, user=user, headers=key)
                    for _ in range(random.randint(1, 2))
                ]
                bodies = [response.body for response in responses if response.status == 201]
                bookings += self.record_bookings(bodies, user)
            elif action == "book hold":
                response = self.call("POST", f"{show}/hold/book/", user=user)
                bookings += self.record_bookings(response.body if response.status == 201 else [], user)
            elif action == "cancel" and bookings:
                pk = bookings.pop(random.randrange(len(bookings)))
                response = self.call("POST", f"/bookings/{pk}/cancel/", user=user)
                if response.status == 200:
                    self.cancelled.add(pk)
            elif action == "release":
                self.call("DELETE", f"{show}/hold/", user=user)
            else:
                data = {"best": len(numbers)} if action == "best" else {"seat_numbers": numbers}
                self.call("PUT", f"{show}/hold/", data, user=user)

    def record_bookings(self, bodies, user):
        for body in bodies:
            self.booked[body["id"]] = user.pk
        return [body["id"] for body in bodies]

    def change_shows(self):
        """Resizes, creates and deletes shows by the API."""
        while self.is_running():
            show = self.random_show()
            action = random.choice(["resize", "resize", "delete", "create"])
            if action == "resize":
                self.call("PATCH", f"/shows/{show}/", {"total_seats": random.randint(3, 8)}, user=self.staff)
            elif action == "delete":
                self.call("DELETE", f"/shows/{show}/", user=self.staff)
            elif Show.objects.count() < 4:
                date_time = (timezone.now() + timedelta(days=1)).isoformat()
                data = {"screen_name": f"Small {random.random()}", "date_time": date_time, "total_seats": 2}
                self.call("POST", f"/movies/{self.movie.pk}/shows/", data, user=self.staff)

    def change_seats(self):
        """Re-lays out the show with a plan, and blocks and unblocks seats of the one without."""
        while self.is_running():
            relayout_upcoming_shows("With plan", random.choice(PLANS))
            shows, number = list(Show.objects.filter(screen_name="Without plan")), random.randint(1, 6)
            for show in shows:
                block(show, number)
            time.sleep(0.05)
            for show in shows:
                unblock(show, *range(1, 7))

    def replace_users(self):
        """Deletes users and creates a new one for each."""
        while self.is_running():
            time.sleep(0.4)
            index = random.randrange(len(self.users))
            user, self.users[index] = self.users[index], UserFactory()
            self.deleted_users.add(user.pk)
            get_user_model().objects.get(pk=user.pk).delete()


@pytest.mark.scaled
def test_random_concurrent_operations_lose_no_booking(server, full_size):
    load = RandomLoad(server, SECONDS if full_size else SECONDS_BY_DEFAULT)
    buyers = [partial(load.buy, index) for index in range(len(load.users))]
    run_concurrently([*buyers, load.change_shows, load.change_seats, load.replace_users])

    codes = {code for code in load.responses if isinstance(code, str)}
    assert codes <= EXPECTED_CODES, load.responses
    assert load.responses[201] > 5

    statuses = dict(Booking.objects.values_list("pk", "status"))
    booked = {pk for pk, user in load.booked.items() if user not in load.deleted_users}
    assert {pk for pk in booked - load.cancelled if statuses.get(pk) != "booked"} == set()
    assert {pk for pk in booked & load.cancelled if statuses.get(pk, "cancelled") != "cancelled"} == set()
    assert set(statuses) <= set(load.booked)
    assert not Booking.objects.live().of_upcoming_shows().filter(user=None).exists()
    assert_consistent()
