"""A concurrent action runs between any two SQL statements of an action: all actions, all pairs, all points.

The outcomes and the final state must be those of a serial execution in one order or the other. The concurrent
action has its own database connection. If it waits for a lock, the first action continues.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.booking.best_seats import hold_best
from cinema.seats.booking.door import admit
from cinema.seats.booking.move import move
from cinema.seats.booking.till import sell
from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text
from cinema.seats.integrity import find_inconsistencies
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, Seat
from cinema.seats.tickets.codes import booking_code
from cinema.shows.models import Show
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.model.interleaving import concurrent_session, interleaving_points, outcome, run_interleaved
from tests.model.state_machine import api_client, shared_handler
from tests.seat_state import block, statuses_of

pytestmark = pytest.mark.django_db(transaction=True)

User = get_user_model()


@dataclass
class Scenario:
    """A show with seven seats. Alice has booked seats 1 and 6 and holds seats 2 and 3. Bob has nothing."""

    show: Any
    alice: Any
    bob: Any
    booking: Any
    staff: Any
    admin: Any
    clerk: Any

    def ids(self, user: Any) -> dict[str, int]:
        return {"user_id": user.pk, "show_id": self.show.pk}

    def final_state(self, ignore_numbers: bool = False) -> Any:
        """Returns seats, holds and bookings in a form that is comparable between scenarios.

        For best seats, `ignore_numbers` compares only how many seats have which status. They are chosen from a
        snapshot, and a concurrent change may make another choice the best one.
        """
        assert not list(find_inconsistencies([self.show.pk]))
        names = {self.alice.pk: "alice", self.bob.pk: "bob"}
        holders = Seat.objects.filter(show=self.show, held_by__isnull=False).values_list("number", "held_by")
        bookings = Booking.objects.filter(show=self.show).values_list(
            "seat_number", "user", "status", "admitted_at"
        )
        statuses = statuses_of(self.show)
        return (
            sorted(statuses) if ignore_numbers else statuses,
            sorted((0 if ignore_numbers else number, names[user]) for number, user in holders),
            sorted(
                (number, names.get(user, "nobody"), status, admitted is not None)
                for number, user, status, admitted in bookings
            ),
            User.objects.filter(pk=self.alice.pk).exists(),
        )


@pytest.fixture
def make_scenario(db):
    sam = UserFactory(username="sam", staff=True, is_superuser=True)
    staff, admin = api_client(), Client()
    staff.force_authenticate(sam)
    admin.handler = shared_handler(Client)
    admin.force_login(sam)

    def make(with_bookings=True):
        show, alice, bob = ShowFactory(total_seats=7), *UserFactory.create_batch(2)
        bookings = [BookingFactory(user=alice, show=show, seat_number=number) for number in (1, 6)]
        for booking in bookings if not with_bookings else []:
            services.cancel(booking_id=booking.pk)
        services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[2, 3])
        return Scenario(show, alice, bob, bookings[1], staff, admin, sam)

    return make


def request_by_staff(method, **data):
    def request(scenario):
        path = f"/shows/{scenario.show.pk}/"
        response = getattr(scenario.staff, method)(path, *([data] if data else []))
        return response.json()["code"] if response.status_code >= 400 else "done"

    return request


def block_seats(scenario):
    form = {"act": "block", "seats": [3, 7]}
    response = scenario.admin.post(reverse("admin:seats_hall_change", args=[scenario.show.pk]), form)
    return "done" if response.status_code == 302 else str(response.status_code)


def delete_alice(scenario):
    User.objects.filter(pk=scenario.alice.pk).delete()


def move_by_alice(scenario, seat):
    move(booking_id=scenario.booking.pk, seat_number=seat, user_id=scenario.alice.pk)


def sell_at_till(scenario, seat, also_blocked=False):
    ids = {"clerk_id": scenario.clerk.pk, "show_id": scenario.show.pk}
    sell(**ids, seat_numbers=[seat], also_blocked=also_blocked)


def admit_alice(scenario):
    code = booking_code(scenario.show.pk, scenario.booking.pk)
    admit(show_id=scenario.show.pk, code=code)


def call_off(scenario):
    services.call_off(show_id=scenario.show.pk)


# A plan without the fifth and the seventh seat, so that a re-layout gives the sixth another number.
SMALLER_PLAN = [
    place for place in places(read_text("A | ..\nB | ..\nC | ...")) if place.label not in ("C1", "C3")
]
# Each action, with the seat that concurrent actions change. In an "empty" show, Alice has no bookings.
ACTIONS = {
    "book": (7, lambda scenario: services.book(**scenario.ids(scenario.alice), seat_number=7)),
    "book a seat of one's own hold": (
        2,
        lambda scenario: services.book(**scenario.ids(scenario.alice), seat_number=2),
    ),
    "cancel": (
        6,
        lambda scenario: services.cancel(booking_id=scenario.booking.pk, user_id=scenario.alice.pk),
    ),
    "hold": (7, lambda scenario: services.hold_seats(**scenario.ids(scenario.alice), seat_numbers=[3, 7])),
    "hold the best seat": (7, lambda scenario: hold_best(**scenario.ids(scenario.alice), size=1)),
    "hold the best seat of an empty show": (
        7,
        lambda scenario: hold_best(**scenario.ids(scenario.bob), size=1),
    ),
    "book a seat of another user's hold in an empty show": (
        2,
        lambda scenario: services.book(**scenario.ids(scenario.bob), seat_number=2),
    ),
    "hold a seat of another user's hold in an empty show": (
        2,
        lambda scenario: services.hold_seats(**scenario.ids(scenario.bob), seat_numbers=[2]),
    ),
    "release a hold": (2, lambda scenario: services.release_hold(**scenario.ids(scenario.alice))),
    "book a hold": (2, lambda scenario: services.book_hold(**scenario.ids(scenario.alice))),
    "shrink a show": (7, request_by_staff("patch", total_seats=6)),
    "grow a show": (7, request_by_staff("patch", total_seats=8)),
    "re-layout": (7, lambda scenario: str(relayout(Show.objects.get(pk=scenario.show.pk), SMALLER_PLAN))),
    "block seats": (7, block_seats),
    "delete a show": (7, request_by_staff("delete")),
    "delete an empty show": (7, request_by_staff("delete")),
    "delete a user": (7, delete_alice),
    "move a booking": (7, lambda scenario: move_by_alice(scenario, 7)),
    "sell at the till": (7, lambda scenario: sell_at_till(scenario, 7)),
    "sell a seat that may be blocked": (7, lambda scenario: sell_at_till(scenario, 7, also_blocked=True)),
    "admit at the door": (7, admit_alice),
    "call off a show": (7, call_off),
}
# The default selection runs these. Each of the others takes a second or two.
QUICK_ACTIONS = ["book", "cancel", "hold", "book a hold", "move a booking"]
SLOW_ACTIONS = [name for name in ACTIONS if name not in QUICK_ACTIONS]
CONCURRENT_ACTIONS = {
    "Bob books the seat": lambda scenario, seat: services.book(**scenario.ids(scenario.bob), seat_number=seat),
    "staff cancel Alice's booking": lambda scenario, seat: services.cancel(booking_id=scenario.booking.pk),
    "Bob holds the seat": lambda scenario, seat: services.hold_seats(
        **scenario.ids(scenario.bob), seat_numbers=[seat]
    ),
    "Bob holds seats 1 and 6": lambda scenario, seat: services.hold_seats(
        **scenario.ids(scenario.bob), seat_numbers=[1, 6]
    ),
    "staff block the seat": lambda scenario, seat: block(scenario.show, seat),
    "Alice books her hold": lambda scenario, seat: services.book_hold(**scenario.ids(scenario.alice)),
    "Alice releases her hold": lambda scenario, seat: services.release_hold(**scenario.ids(scenario.alice)),
    "Alice is deleted": lambda scenario, seat: delete_alice(scenario),
    "the show starts": lambda scenario, seat: Show.objects.filter(pk=scenario.show.pk).update(
        date_time=timezone.now() - timedelta(minutes=1)
    ),
    "the show is deleted": lambda scenario, seat: Show.objects.filter(pk=scenario.show.pk).delete(),
}
# Also run during the quick actions and during these themselves. With the others they would take too long.
AT_TILL_AND_DOOR = {
    "Alice moves her booking to the seat": move_by_alice,
    "staff sell the seat": sell_at_till,
    "staff admit Alice's booking": lambda scenario, seat: admit_alice(scenario),
    "Alice cancels her booking": lambda scenario, seat: services.cancel(
        booking_id=scenario.booking.pk, user_id=scenario.alice.pk
    ),
    "the show is called off": lambda scenario, seat: call_off(scenario),
}
ACTIONS_AT_TILL_AND_DOOR = [
    "move a booking",
    "sell at the till",
    "sell a seat that may be blocked",
    "admit at the door",
    "call off a show",
]
# Also run while the show is called off, which blocks the seat. This sale takes blocked seats, too, so it has to
# wait for the show.
SALES_OF_BLOCKED_SEATS = {
    "staff sell the seat, blocked or not": partial(sell_at_till, also_blocked=True),
}
# Also run while Alice is deleted: afterwards she must have neither a live booking nor a hold.
SALES_OF_ALICE = {
    "Alice books the seat": lambda scenario, seat: services.book(
        **scenario.ids(scenario.alice), seat_number=seat
    ),
    "Alice holds the seat": lambda scenario, seat: services.hold_seats(
        **scenario.ids(scenario.alice), seat_numbers=[seat]
    ),
}


@pytest.mark.parametrize(
    "action_name",
    [*QUICK_ACTIONS, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW_ACTIONS)],
)
def test_concurrent_action_at_any_point_gives_the_result_of_a_serial_execution(make_scenario, action_name):
    seat, action = ACTIONS[action_name]
    with_bookings, ignore_numbers = "empty" not in action_name, "best" in action_name
    with concurrent_session() as session:
        # Twice, because the first run includes queries whose results Django caches.
        for _ in range(2):
            points = interleaving_points(partial(action, make_scenario(with_bookings)))
        assert points
        sales = SALES_OF_ALICE if action_name == "delete a user" else {}
        if action_name in [*QUICK_ACTIONS, *ACTIONS_AT_TILL_AND_DOOR]:
            sales = AT_TILL_AND_DOOR
        if action_name == "call off a show":
            sales = sales | SALES_OF_BLOCKED_SEATS
        for name, concurrent_action in (CONCURRENT_ACTIONS | sales).items():
            serial_results = []
            for concurrent_first in (False, True):
                scenario = make_scenario(with_bookings)
                both = [partial(action, scenario), partial(concurrent_action, scenario, seat)]
                outcomes = [outcome(it) for it in (reversed(both) if concurrent_first else both)]
                if concurrent_first:
                    outcomes.reverse()
                serial_results.append((*outcomes, scenario.final_state(ignore_numbers)))
            for point in points:
                scenario = make_scenario(with_bookings)
                outcomes = run_interleaved(
                    point, partial(action, scenario), session, partial(concurrent_action, scenario, seat)
                )
                result = (*outcomes, scenario.final_state(ignore_numbers))
                assert result in serial_results, f'"{name}" before statement {point}'
