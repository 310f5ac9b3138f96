"""A re-layout after a change of the seating plan: no buyer loses a seat."""

import json

import pytest
from django.core.management import call_command

from cinema.seats.booking import services
from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text
from cinema.seats.layout.relayout import relayout
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory
from tests.seat_state import statuses_of, version_of
from tests.seats.plan_samples import changed, guids, seat, without


def test_hall_without_bookings_is_renumbered_in_the_order_of_the_plan(plan):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    version = version_of(show)
    report = relayout(show, places(without("a2")))
    assert (report.added, report.moved, report.removed, report.kept) == (0, 0, 1, [])
    assert guids(show) == {"a1": 1, "a3": 2, "b1": 3, "b2": 4, "c1": 5}
    assert Show.objects.get().total_seats == 5
    assert version_of(show) > version
    assert_consistent()


def test_version_grows_although_the_seat_with_most_changes_is_removed(plan):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    version = version_of(show)
    relayout(show, places(without("a1", "a2", "a3")))
    assert version_of(show) > version


def test_taken_seat_is_kept_and_reported(plan, alice):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    BookingFactory(user=alice, show=show, seat_number=2)
    report = relayout(show, places(without("a2", "c1")))
    assert report.kept == ["A2, sold"]
    assert guids(show)["a2"] == 2
    assert Show.objects.get().total_seats == 5
    assert show.seats.get(guid="a2").taken
    assert_consistent()


def test_relayout_of_a_hall_without_a_plan_matches_its_seats_by_label(alice):
    show = ShowFactory(total_seats=12)
    BookingFactory(user=alice, show=show, seat_number=1)
    report = relayout(show, places(read_text("A | ....\nB | ....\nC | ....\nD | ....")))
    assert (report.added, report.removed, report.kept) == (4, 0, [])
    assert show.seats.values("label").distinct().count() == show.seats.count() == 16
    assert show.seats.get(label="A1").taken
    assert_consistent()


def test_taken_seats_keep_their_numbers_if_the_smaller_hall_has_them(plan, alice, bob):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    unmoved = BookingFactory(user=alice, show=show, seat_number=1)
    moved = BookingFactory(user=bob, show=show, seat_number=6)
    version = version_of(show)
    relayout(show, places(without("a2", "a3")))
    unmoved.refresh_from_db()
    moved.refresh_from_db()
    assert show.seats.get(number=unmoved.seat_number).guid == "a1"
    assert unmoved.seat_number == 1
    assert show.seats.get(number=moved.seat_number).guid == "c1"
    assert show.seats.get(number=moved.seat_number).taken
    assert sorted(guids(show).values()) == [1, 2, 3, 4]
    assert version_of(show) > version
    services.cancel(booking_id=moved.pk)
    assert_consistent()


def test_seats_are_added_and_moved_and_a_hold_is_kept(plan, as_alice):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    as_alice.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [4]}, format="json")
    larger_plan = changed("zones.1.position.x", 300)
    larger_plan["zones"][1]["rows"][0]["seats"].append(seat("c2", "2", 25))
    report = relayout(show, places(larger_plan))
    assert (report.added, report.moved, report.removed) == (1, 1, 0)
    assert guids(show)["c2"] == 7
    assert show.seats.get(guid="c1").x == 300
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [4]
    assert_consistent()


def test_import_plan_with_relayout_changes_upcoming_shows_only(plan, tmp_path, capsys):
    upcoming = ShowFactory(screen_name="Screen 1", total_seats=6)
    started = ShowFactory(screen_name="Screen 1", total_seats=6, begun=True)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(without("c1")))
    call_command("import_plan", str(file), screen="Screen 1")
    assert upcoming.seats.count() == 6
    call_command("import_plan", str(file), screen="Screen 1", relayout=True)
    assert "0 added, 0 moved, 1 removed, 0 kept, 0 refused" in capsys.readouterr().out
    assert (upcoming.seats.count(), started.seats.count()) == (5, 6)
    assert_consistent()


def test_relayout_leaves_a_show_that_was_called_off(plan, tmp_path):
    """Its seats are all blocked, and new ones would not be."""
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    services.call_off(show_id=show.pk)
    (tmp_path / "plan.txt").write_text("Z | ........")
    call_command("import_plan", tmp_path / "plan.txt", screen="Screen 1", relayout=True)
    assert statuses_of(show) == "b" * 6
    assert_consistent()


def test_relayout_of_a_deleted_show_raises_and_adds_no_seats(plan):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    Show.objects.get().delete()
    with pytest.raises(Show.DoesNotExist):
        relayout(show, places(without("a2")))
