"""Companion seats: seats for somebody beside an accessible seat."""

import pytest
from django.core.management import call_command

from cinema.seats.layout.relayout import relayout_upcoming_shows
from cinema.seats.models import Seat, SeatingPlan
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import ShowFactory

pytestmark = pytest.mark.django_db

PLAN = """seat c: Standard companion

A | ......
B | .#c...
"""


@pytest.fixture
def show():
    SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)
    return ShowFactory(screen_name="Screen 1", total_seats=12)


def held_seats(caller, show, **body):
    response = caller.put(f"/shows/{show.pk}/hold/", body, format="json")
    assert response.status_code == 200
    return response.json()["seat_numbers"]


def test_seat_map_marks_companion_seats(anyone, show):
    seats = anyone.get(f"/shows/{show.pk}/seats/").json()["seats"]
    assert [seat["seat_number"] for seat in seats if seat["companion"]] == [9]


def test_best_two_seats_with_an_accessible_one_are_that_seat_and_its_companion_seat(as_alice, show):
    assert held_seats(as_alice, show, best=2, accessible=True) == [8, 9]


def test_best_seats_include_companion_seats_only_if_nothing_else_is_left(as_alice, as_bob, show):
    assert held_seats(as_alice, show, seat_numbers=[1, 2, 3, 4, 5, 6, 7, 10, 11]) == [*range(1, 8), 10, 11]
    assert held_seats(as_bob, show, best=1) == [12]
    assert held_seats(as_bob, show, seat_numbers=[12]) == [12]
    assert held_seats(as_bob, show, best=1, accessible=False) == [12]
    as_alice.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [*range(1, 8), 10, 11]}, format="json")
    assert as_alice.post(f"/shows/{show.pk}/hold/book/").status_code == 201
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 8}).status_code == 201
    assert held_seats(as_alice, show, best=1) == [9]
    assert_consistent()


def test_best_seat_is_a_companion_seat_only_if_no_other_seat_is_left_however_far(as_alice, as_bob, show):
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 8}).status_code == 201
    held_seats(as_alice, show, seat_numbers=[*range(2, 8), 10, 11, 12])
    assert held_seats(as_bob, show, best=1) == [1]


def test_companion_seat_can_be_chosen_by_its_number(as_alice, show):
    assert held_seats(as_alice, show, seat_numbers=[9]) == [9]
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 9}).status_code == 201


def test_companion_seats_come_back_from_a_dump(show, tmp_path):
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "shows", "seats", output=str(dump), verbosity=0)
    Show.objects.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    assert list(Seat.objects.filter(companion=True).values_list("number", flat=True)) == [9]


def test_relayout_changes_companion_seats(as_alice, show):
    """Also those that are taken."""
    as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 9})
    plan = SeatingPlan.objects.get(screen_name="Screen 1")
    plan.plan = PLAN.replace(".#c", "c#.")
    plan.save()
    relayout_upcoming_shows("Screen 1", plan.read())
    assert list(Seat.objects.filter(companion=True).values_list("number", flat=True)) == [7]
    assert_consistent()
