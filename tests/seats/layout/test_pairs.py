"""Sofas of seating plans: which seats become pairs, and which stay pairs in a re-layout."""

from io import StringIO

import pytest
from django.core.management import call_command

from cinema.seats.booking import services
from cinema.seats.halls.plan_json import places
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import ShowFactory
from tests.seats.plan_samples import rows

pytestmark = pytest.mark.django_db


def plan_of(guids, *pairs):
    """A plan of one row with seats of these guids. The label of the seat `a` is `Aa`."""
    plan = rows(("A", [(guid, guid, x) for x, guid in enumerate(guids)], 0))
    other_halves = dict(pairs) | {other: one for one, other in pairs}
    for seat in plan["zones"][0]["rows"][0]["seats"]:
        seat["pair"] = other_halves.get(seat["seat_guid"])
    return plan


@pytest.fixture
def show():
    """A show of the seats a to f. The seats b and c are a sofa, and so are d and e."""
    SeatingPlan.objects.create(screen_name="Screen 1", plan=plan_of("abcdef", "bc", "de"))
    return ShowFactory(screen_name="Screen 1", total_seats=6)


def pairs(show):
    """The pairs of the show, by guid, each once."""
    seats = {seat.number: seat for seat in Seat.objects.filter(show=show)}
    halves = [(seat, seats[seat.pair]) for seat in seats.values() if seat.pair]
    assert all(other.pair == one.number for one, other in halves)
    return sorted("".join(sorted([one.guid, other.guid])) for one, other in halves if one.guid < other.guid)


def hold(user, show, *guids):
    numbers = Seat.objects.filter(show=show, guid__in=guids).values_list("number", flat=True)
    services.hold_seats(user_id=user.pk, show_id=show.pk, seat_numbers=list(numbers))


def change_plan(show, guids, *plan_pairs):
    report = relayout(show, places(plan_of(guids, *plan_pairs)))
    assert_consistent()
    return report


def test_pairs_follow_seats_that_get_new_numbers(show):
    change_plan(show, "fedcba", "bc", "de")
    assert pairs(show) == ["bc", "de"]
    numbers = dict(Seat.objects.filter(show=show).values_list("guid", "number"))
    assert numbers["f"] == 1


def test_available_seats_become_pairs_and_stop_being_pairs(show):
    report = change_plan(show, "abcdef", "ab", "cd")
    assert pairs(show) == ["ab", "cd"]
    assert (report.kept, report.refused) == ([], [])


@pytest.mark.parametrize("state", ["held", "sold"])
def test_sofa_in_use_stays_a_sofa_although_the_plan_has_two_chairs(alice, show, state):
    hold(alice, show, "b", "c")
    if state == "sold":
        services.book_hold(user_id=alice.pk, show_id=show.pk)
    report = change_plan(show, "abcdef")
    assert pairs(show) == ["bc"]
    assert report.kept == ["Ab and Ac as a pair"]
    # The plan pairs a with b, which is sold or held with c.
    report = change_plan(show, "abcdef", "ab")
    assert pairs(show) == ["bc"]
    assert report.refused == ["Aa and Ab do not become a pair"]


def test_sofa_in_use_that_the_plan_does_not_have_keeps_its_halves(alice, show):
    hold(alice, show, "d", "e")
    services.book_hold(user_id=alice.pk, show_id=show.pk)
    change_plan(show, "fa")
    assert pairs(show) == ["de"]
    assert Show.objects.get(pk=show.pk).total_seats == 4
    booking = Booking.objects.get(seat_number=Seat.objects.get(show=show, guid="d").number)
    services.cancel(booking_id=booking.pk)
    assert not Booking.objects.live().exists()
    assert_consistent()


def test_chair_in_use_does_not_become_half_of_a_sofa(alice, show):
    hold(alice, show, "a")
    report = change_plan(show, "abcdef", "af", "bc")
    assert pairs(show) == ["bc"]
    assert report.refused == ["Aa and Af do not become a pair"]


def test_show_does_not_move_to_a_screen_whose_plan_would_split_a_sold_sofa(as_staff, alice, show):
    hold(alice, show, "b", "c")
    SeatingPlan.objects.create(screen_name="Chairs", plan=plan_of("abcdef"))
    response = as_staff.patch(f"/shows/{show.pk}/", {"screen_name": "Chairs", "keep_bookings": True})
    assert (response.status_code, response.json()["code"]) == (409, "seats_in_use")
    assert pairs(show) == ["bc", "de"]


def test_show_that_loses_half_a_sofa_keeps_the_other_half_as_a_chair(show):
    SeatingPlan.objects.all().delete()
    show.total_seats = 4
    show.save()
    assert pairs(show) == ["bc"]
    assert_consistent()


def test_pairs_come_back_from_a_dump(show, tmp_path):
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "shows", "seats", output=str(dump), verbosity=0)
    Show.objects.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    assert pairs(Show.objects.get()) == ["bc", "de"]


def test_check_seats_finds_and_repairs_half_a_pair_whose_other_half_is_not_its_other_half(show):
    Seat.objects.filter(show=show, guid="b").update(pair=1)
    output = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_seats", stdout=output, stderr=output)
    assert "seat 2: is half of a pair with seat 1, which is not its other half" in output.getvalue()
    assert "seat 3: is half of a pair with seat 2, which is not its other half" in output.getvalue()
    call_command("check_seats", "--fix", stdout=output, stderr=output)
    assert pairs(show) == ["de"]
    assert_consistent()
