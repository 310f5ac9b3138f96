"""A rival acts between any two statements of a service: every service, every rival, every point.

What became of both, and of the seats, must be what would have become of them one after the other, in one order
or the other. The rival has a connection of their own; where they have to wait for the service, it goes on.
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
from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text
from cinema.seats.integrity import find_inconsistencies
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Show
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.model.rivals import outcome, points, rival_at_hand, with_rival_at
from tests.model.world import caller, handler
from tests.seat_state import block, statuses_of

pytestmark = pytest.mark.django_db(transaction=True)

User = get_user_model()


@dataclass
class Scene:
    """Seven seats: Alice has booked the first and the sixth, and holds the second and third. Bob is near."""

    show: Any
    alice: Any
    bob: Any
    booking: Any
    staff: Any
    admin: Any

    def of(self, user: Any) -> dict[str, int]:
        return {"user_id": user.pk, "show_id": self.show.pk}

    def became(self, whichever: bool = False) -> Any:
        """Of seats and bookings, without the ids, by which scenes differ; with `whichever`, of how many.

        The best seats are chosen by a look that may be a moment old: another would have been better meanwhile.
        """
        assert not list(find_inconsistencies([self.show.pk]))
        people = {self.alice.pk: "alice", self.bob.pk: "bob"}
        holders = Seat.objects.filter(show=self.show, held_by__isnull=False).values_list("number", "held_by")
        bookings = Booking.objects.filter(show=self.show).values_list("seat_number", "user", "status")
        statuses = statuses_of(self.show)
        return (
            sorted(statuses) if whichever else statuses,
            sorted((0 if whichever else number, people[user]) for number, user in holders),
            sorted((number, people[user], status) for number, user, status in bookings),
            User.objects.filter(pk=self.alice.pk).exists(),
        )


@pytest.fixture
def scene(db):
    sam = UserFactory(username="sam", staff=True, is_superuser=True)
    staff, admin = caller(), Client()
    staff.force_authenticate(sam)
    admin.handler = handler(Client)
    admin.force_login(sam)

    def make(booked=True):
        show, alice, bob = ShowFactory(total_seats=7), *UserFactory.create_batch(2)
        bookings = [BookingFactory(user=alice, show=show, seat_number=number) for number in (1, 6)]
        for booking in bookings if not booked else []:
            services.cancel(booking_id=booking.pk)
        services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[2, 3])
        return Scene(show, alice, bob, bookings[1], staff, admin)

    return make


def by_staff(method, **wanted):
    def act(scene):
        answer = getattr(scene.staff, method)(f"/shows/{scene.show.pk}/", *([wanted] if wanted else []))
        return answer.json()["code"] if answer.status_code >= 400 else "done"

    return act


def blocks(scene):
    form = {"act": "block", "seats": [3, 7]}
    answer = scene.admin.post(reverse("admin:seats_hall_change", args=[scene.show.pk]), form)
    return "done" if answer.status_code == 302 else str(answer.status_code)


def deletes_bookings(scene):
    listed = Booking.objects.filter(show=scene.show).values_list("pk", flat=True)
    form = {"action": "delete_selected", "_selected_action": list(listed), "post": "yes"}
    answer = scene.admin.post(reverse("admin:seats_booking_changelist"), form)
    return str(answer.status_code)


def deletes_alice(scene):
    User.objects.filter(pk=scene.alice.pk).delete()


# The hall without its fifth and its last seat: the sixth gets another number.
LESS = [place for place in places(read_text("A | ..\nB | ..\nC | ...")) if place.label not in ("C1", "C3")]
# What is done, and the seat that the rival is after.
SERVICES = {
    "book": (7, lambda scene: services.book(**scene.of(scene.alice), seat_number=7)),
    "book what one holds": (2, lambda scene: services.book(**scene.of(scene.alice), seat_number=2)),
    "cancel": (6, lambda scene: services.cancel(booking_id=scene.booking.pk, user_id=scene.alice.pk)),
    "hold": (7, lambda scene: services.hold_seats(**scene.of(scene.alice), seat_numbers=[3, 7])),
    "hold the best": (7, lambda scene: hold_best(**scene.of(scene.alice), size=1)),
    "hold the best of an empty show": (7, lambda scene: hold_best(**scene.of(scene.bob), size=1)),
    "book what another holds in an empty show": (
        2,
        lambda scene: services.book(**scene.of(scene.bob), seat_number=2),
    ),
    "hold what another holds in an empty show": (
        2,
        lambda scene: services.hold_seats(**scene.of(scene.bob), seat_numbers=[2]),
    ),
    "release": (2, lambda scene: services.release_hold(**scene.of(scene.alice))),
    "book a hold": (2, lambda scene: services.book_hold(**scene.of(scene.alice))),
    "shrink": (7, by_staff("patch", total_seats=6)),
    "grow": (7, by_staff("patch", total_seats=8)),
    "re-lay": (7, lambda scene: str(relayout(Show.objects.get(pk=scene.show.pk), LESS))),
    "block": (7, blocks),
    "delete a show": (7, by_staff("delete")),
    "delete an empty show": (7, by_staff("delete")),
    "delete bookings": (1, deletes_bookings),
    "delete a user": (7, deletes_alice),
}
# The default selection has these; each takes a second or two.
QUICK = ["book", "cancel", "hold", "book a hold"]
SLOW = [name for name in SERVICES if name not in QUICK]
RIVALS = {
    "books": lambda scene, seat: services.book(**scene.of(scene.bob), seat_number=seat),
    "cancels": lambda scene, seat: services.cancel(booking_id=scene.booking.pk),
    "holds": lambda scene, seat: services.hold_seats(**scene.of(scene.bob), seat_numbers=[seat]),
    "holds hers": lambda scene, seat: services.hold_seats(**scene.of(scene.bob), seat_numbers=[1, 6]),
    "blocks": lambda scene, seat: block(scene.show, seat),
    "books the hold": lambda scene, seat: services.book_hold(**scene.of(scene.alice)),
    "releases the hold": lambda scene, seat: services.release_hold(**scene.of(scene.alice)),
    "deletes the user": lambda scene, seat: deletes_alice(scene),
    "begins the show": lambda scene, seat: Show.objects.filter(pk=scene.show.pk).update(
        date_time=timezone.now() - timedelta(minutes=1)
    ),
    "deletes the show": lambda scene, seat: Show.objects.filter(pk=scene.show.pk).delete(),
}


@pytest.mark.parametrize("service", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_between_any_two_statements(scene, service):
    seat, serve = SERVICES[service]
    booked, whichever = "empty" not in service, "best" in service
    with rival_at_hand() as rival:
        # The first time around, Django looks up what it then keeps in mind.
        for _ in range(2):
            where = points(partial(serve, scene(booked)))
        assert where
        for name, meddle in RIVALS.items():
            right = []
            for rival_first in (False, True):
                here = scene(booked)
                both = [partial(serve, here), partial(meddle, here, seat)]
                became = [outcome(act) for act in (reversed(both) if rival_first else both)]
                right.append((*(reversed(became) if rival_first else became), here.became(whichever)))
            for point in where:
                here = scene(booked)
                both = with_rival_at(point, partial(serve, here), rival, partial(meddle, here, seat))
                assert (*both, here.became(whichever)) in right, f"The rival {name} before statement {point}."
