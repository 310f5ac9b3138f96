"""A show gets blocked seats from its plan, and the layout that its seat map draws."""

import copy
import json

import pytest
from django.core.management import call_command

from cinema.seats.halls.plan_json import places, read_plan
from cinema.seats.layout.relayout import relayout, relayout_upcoming_shows
from cinema.seats.models import SeatingPlan, ShowLayout
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_problem
from tests.factories import BookingFactory, ShowFactory
from tests.seat_state import version_of
from tests.seats.plan_samples import PLAN, rows, without

STAGE = {"position": {"x": 0, "y": 150}, "rectangle": {"width": 175, "height": 20}, "text": {"text": "STAGE"}}


def not_for_sale(*guids):
    """A copy of `PLAN` in which these seats are not for sale."""
    plan = copy.deepcopy(PLAN)
    for row in (row for zone in plan["zones"] for row in zone["rows"]):
        for seat in row["seats"]:
            if seat["seat_guid"] in guids:
                seat["status"] = "unavailable"
    return plan


def with_stage():
    plan = copy.deepcopy(PLAN)
    plan["zones"][1]["areas"] = [STAGE]
    return plan


def blocked(show):
    return sorted(show.seats.filter(blocked=True).values_list("guid", flat=True))


def layout(anyone, show):
    return anyone.get(f"/shows/{show.pk}/seats/").json()["layout"]


@pytest.fixture
def planned(db):
    """A show on a screen whose plan keeps the seats a2 and c1 out of sale."""
    SeatingPlan.objects.create(screen_name="Screen 1", plan=not_for_sale("a2", "c1"))
    return ShowFactory(screen_name="Screen 1", total_seats=6)


def test_seats_that_are_not_for_sale_are_blocked(planned, as_alice):
    assert blocked(planned) == ["a2", "c1"]
    assert_problem(as_alice.post(f"/shows/{planned.pk}/book/", {"seat_number": 2}), 409, "seat_blocked")
    assert planned.seats.get(guid="a2").block_reason == "Not for sale by the seating plan"
    assert as_alice.get(f"/shows/{planned.pk}/availability/").json()["statuses"] == "abaaab"
    assert_consistent()


def test_relayout_blocks_and_unblocks_what_the_plan_says(planned, alice):
    BookingFactory(user=alice, show=planned, seat_number=1)
    version = version_of(planned)
    relayout(planned, places(not_for_sale("a1", "a2", "b1")))
    # The taken seat stays taken.
    assert blocked(planned) == ["a2", "b1"]
    assert planned.seats.get(guid="a1").taken
    assert version_of(planned) > version
    assert_consistent()


def test_relayout_keeps_the_blocks_of_staff(planned):
    planned.seats.filter(guid="b1").update(blocked=True, block_reason="Broken")
    relayout(planned, places(PLAN))
    assert blocked(planned) == ["b1"]
    relayout(planned, places(not_for_sale("b1")))
    assert planned.seats.get(guid="b1").block_reason == "Broken"


def test_relayout_with_held_seat_keeps_the_hold(planned, as_alice):
    hold = f"/shows/{planned.pk}/hold/"
    as_alice.put(hold, {"seat_numbers": [1]}, format="json")
    relayout(planned, places(not_for_sale("a1")))
    assert as_alice.get(hold).json()["seat_numbers"] == [1]
    assert blocked(planned) == []
    assert_consistent()


def test_new_seat_of_a_relayout_is_blocked_if_it_is_not_for_sale(plan):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    relayout(show, places(without("c1")))
    relayout(show, places(not_for_sale("c1")))
    assert blocked(show) == ["c1"]


def test_missing_seats_of_a_fixture_are_blocked_too(db, tmp_path):
    fixture = tmp_path / "f.json"
    movie = {"model": "shows.movie", "pk": 1, "fields": {"title": "Metropolis", "duration_minutes": 153}}
    plan = {"model": "seats.seatingplan", "pk": "S", "fields": {"plan": not_for_sale("b2")}}
    fields = {"movie": 1, "screen_name": "S", "date_time": "+1d 18:00", "total_seats": 6}
    fixture.write_text(json.dumps([movie, plan, {"model": "shows.show", "pk": 1, "fields": fields}]))
    call_command("loaddata", fixture, verbosity=0)
    assert blocked(Show.objects.get()) == ["b2"]
    assert_consistent()


def test_row_in_two_pieces_is_one_row_for_best_seats(db, as_alice):
    pieces = rows(("A", [("a1", 1, 0), ("a2", 2, 25)], 0), ("A", [("a3", 3, 50), ("a4", 4, 75)], 0))
    SeatingPlan.objects.create(screen_name="Seam", plan=pieces)
    show = ShowFactory(screen_name="Seam", total_seats=4)
    response = as_alice.put(f"/shows/{show.pk}/hold/", {"best": 3}, format="json")
    assert response.json()["seat_numbers"] in ([1, 2, 3], [2, 3, 4])


def test_layout_has_front_areas_zones_and_pitch(db, anyone):
    SeatingPlan.objects.create(screen_name="Screen 1", plan=with_stage())
    assert layout(anyone, ShowFactory(screen_name="Screen 1", total_seats=6)) == {
        "width": 175,
        "height": 200,
        "categories": [{"name": "Stalls", "color": "#cc3333"}, {"name": "Balcony", "color": "#33cc33"}],
        "front": "bottom",
        "areas": [{"text": "STAGE", "x": 100, "y": 350, "width": 175, "height": 20}],
        "zones": [{"name": "Ground floor", "x": 100, "y": 50}, {"name": "Balcony", "x": 100, "y": 200}],
        "pitch": 25,
    }


def test_layout_changes_with_a_relayout_and_not_before(plan, anyone):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    before = anyone.get(f"/shows/{show.pk}/seats/")
    plan.plan = with_stage()
    plan.save()
    assert layout(anyone, show)["front"] == "top"
    relayout_upcoming_shows("Screen 1", read_plan(plan.plan))
    assert layout(anyone, show)["front"] == "bottom"
    after = anyone.get(f"/shows/{show.pk}/seats/", headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200


def test_show_that_got_its_plan_before_layouts_were_stored_has_a_pitch(plan, anyone):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    ShowLayout.objects.all().delete()
    assert layout(anyone, show)["pitch"] == 25
    assert (layout(anyone, show)["front"], layout(anyone, show)["areas"]) == ("top", [])


def test_layout_is_dumped_loaded_and_deleted_with_its_show(plan, tmp_path):
    ShowFactory(screen_name="Screen 1", total_seats=6)
    stored = ShowLayout.objects.get().layout
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "shows", "seats", output=dump)
    Show.objects.get().delete()
    assert not ShowLayout.objects.exists()
    call_command("loaddata", dump, verbosity=0)
    assert ShowLayout.objects.get().layout == stored
    assert_consistent()
