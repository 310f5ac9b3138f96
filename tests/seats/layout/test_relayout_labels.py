"""A re-layout never changes the label of a taken or held seat. It reports seats that keep or change theirs."""

import json
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import call_command
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.halls.plan_json import places
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, Seat, SeatingPlan
from tests.assertions import assert_consistent, assert_problem
from tests.concurrency import run_while_uncommitted
from tests.factories import BookingFactory, ShowFactory

pytestmark = pytest.mark.django_db


def plan_of(**columns):
    """A plan of row A, drawn from left to right. `g1="3"` is the seat with the guid g1 and the label A3."""
    seats = [
        {"seat_guid": guid, "seat_number": column, "position": {"x": x, "y": 0}, "category": ""}
        for x, (guid, column) in enumerate(columns.items(), start=1)
    ]
    return {"name": "Row", "zones": [{"rows": [{"row_number": "A", "seats": seats}]}]}


def labels(show):
    """The labels of the show's seats by guid."""
    return dict(Seat.objects.filter(show=show).order_by("number").values_list("guid", "label"))


@pytest.fixture
def row():
    """A show of three seats, A1 to A3, with the guids g1 to g3."""
    SeatingPlan.objects.create(screen_name="Row", plan=plan_of(g1="1", g2="2", g3="3"))
    return ShowFactory(screen_name="Row", total_seats=3)


def change_plan(show, **columns):
    """Re-layouts the show with the plan of these seats."""
    return relayout(show, places(plan_of(**columns)))


def hold(caller, show, *numbers):
    return caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": list(numbers)}, format="json")


def test_sold_label_is_not_sold_again_after_its_row_was_renumbered(as_alice, as_bob, row, tmp_path, capsys):
    book = f"/shows/{row.pk}/book/"
    assert as_alice.post(book, {"seat_number": 1}).json()["seat_label"] == "A1"
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan_of(g1="3", g2="2", g3="1")))
    call_command("import_plan", str(file), screen="Row", relayout=True)

    report = capsys.readouterr().out
    assert "0 added, 0 moved, 0 removed, 1 kept, 1 refused, 0 renamed" in report
    assert "; kept: A1, sold; refused: A3 does not become A1" in report
    assert as_alice.get("/my-bookings/").json()["results"][0]["seat_label"] == "A1"
    seats = as_bob.get(f"/shows/{row.pk}/seats/").json()["seats"]
    assert [(seat["label"], seat["column"]) for seat in seats] == [("A1", 1), ("A2", 2), ("A3", 3)]
    assert_problem(as_bob.post(book, {"seat_number": 1}), 409, "seat_taken")
    assert as_bob.post(book, {"seat_number": 3}).json()["seat_label"] == "A3"
    assert_consistent()


def test_held_seat_keeps_its_label_until_it_is_sold_or_the_hold_has_expired(as_alice, row):
    hold(as_alice, row, 1)
    renumbered = {"g1": "3", "g2": "2", "g3": "1"}
    report = change_plan(row, **renumbered)
    assert (report.kept, report.refused, report.renamed) == (["A1, held"], ["A3 does not become A1"], [])
    Seat.objects.filter(number=1).update(held_until=timezone.now() - timedelta(seconds=1))
    report = change_plan(row, **renumbered)
    assert (report.kept, report.refused, report.renamed) == ([], [], ["A1 to A3", "A3 to A1"])

    number = Seat.objects.get(guid="g1").number
    hold(as_alice, row, number)
    change_plan(row, g1="1", g2="2", g3="3")
    (booking,) = as_alice.post(f"/shows/{row.pk}/hold/book/").json()
    assert (booking["seat_number"], booking["seat_label"]) == (number, "A3")
    assert_consistent()


def test_seats_that_depend_on_a_refused_label_are_refused_too(alice, row):
    """A2 can't become A1, because A1 is sold. So A3 can't become A2, and a new seat can't become A3."""
    BookingFactory(user=alice, show=row, seat_number=1)
    report = change_plan(row, g1="0", g2="1", g3="2", new="3")
    assert report.kept == ["A1, sold"]
    assert report.refused == ["A2 does not become A1", "A3 does not become A2", "A3 is not added"]
    assert (report.added, report.renamed) == (0, [])
    assert labels(row) == {"g1": "A1", "g2": "A2", "g3": "A3"}
    row.refresh_from_db()
    assert row.total_seats == 3
    assert_consistent()


def test_refused_seat_is_added_by_a_later_relayout(alice, row):
    booking = BookingFactory(user=alice, show=row, seat_number=1)
    report = change_plan(row, g1="9", g2="2", g3="3", new="1")
    assert (report.kept, report.refused) == (["A1, sold"], ["A1 is not added"])
    services.cancel(booking_id=booking.pk)
    report = change_plan(row, g1="9", g2="2", g3="3", new="1")
    assert (report.added, report.renamed) == (1, ["A1 to A9"])
    assert labels(row) == {"g1": "A9", "g2": "A2", "g3": "A3", "new": "A1"}
    assert_consistent()


def test_seat_that_the_plan_lost_keeps_its_label_beside_an_existing_seat_that_wants_it(alice, row):
    BookingFactory(user=alice, show=row, seat_number=1)
    report = change_plan(row, g2="1", g3="3")
    assert (report.kept, report.refused) == (["A1, sold"], ["A2 does not become A1"])
    assert labels(row) == {"g1": "A1", "g2": "A2", "g3": "A3"}
    assert_consistent()


def test_available_and_blocked_seats_exchange_their_labels(row):
    services.statements.block(show_id=row.pk, seat_numbers=[2], reason="broken")
    report = change_plan(row, g1="2", g2="1", g3="3")
    assert report.renamed == ["A1 to A2", "A2 to A1"]
    assert str(report).endswith("2 renamed; renamed: A1 to A2; renamed: A2 to A1")
    assert labels(row) == {"g1": "A2", "g2": "A1", "g3": "A3"}
    assert_consistent()


def test_report_counts_all_renamed_seats_and_names_twenty():
    columns = {f"g{n}": str(n) for n in range(1, 26)}
    SeatingPlan.objects.create(screen_name="Row", plan=plan_of(**columns))
    show = ShowFactory(screen_name="Row", total_seats=25)
    report = str(change_plan(show, **{guid: str(int(column) + 100) for guid, column in columns.items()}))
    assert "25 renamed; renamed: A1 to A101; " in report
    assert report.count("renamed: ") == 20
    assert report.endswith("; and 5 more renamed")


def test_cancelled_booking_keeps_the_label_that_was_sold(as_alice, alice, row):
    booking = BookingFactory(user=alice, show=row, seat_number=1)
    services.cancel(booking_id=booking.pk)
    change_plan(row, g1="3", g2="2", g3="1")
    assert Seat.objects.get(guid="g1").label == "A3"
    assert as_alice.get("/my-bookings/").json()["results"][0]["seat_label"] == "A1"


def test_sold_seat_that_gets_another_number_keeps_its_label(as_alice, alice, row):
    booking = BookingFactory(user=alice, show=row, seat_number=3)
    change_plan(row, g3="9")
    booking.refresh_from_db()
    assert booking.seat_number == 1
    assert as_alice.get("/my-bookings/").json()["results"][0]["seat_label"] == "A3"
    cancelled = as_alice.post(f"/bookings/{booking.pk}/cancel/").json()
    assert (cancelled["seat_number"], cancelled["seat_label"]) == (1, "A3")
    assert_consistent()


def test_change_of_a_show_that_would_keep_a_label_silently_is_rejected(as_staff, alice, row):
    BookingFactory(user=alice, show=row, seat_number=1)
    SeatingPlan.objects.filter(screen_name="Row").update(plan=plan_of(g1="3", g2="2", g3="1", g4="4"))
    response = as_staff.patch(f"/shows/{row.pk}/", {"total_seats": 4})
    body = assert_problem(response, 409, "seats_in_use")
    assert body["detail"].startswith("Taken or held seats don't fit the seating plan of this screen.")
    assert labels(row) == {"g1": "A1", "g2": "A2", "g3": "A3"}
    assert_consistent()


def test_label_of_a_booking_by_an_older_version_is_stored_before_its_seat_is_renamed(as_alice, alice, row):
    booking = BookingFactory(user=alice, show=row, seat_number=1)
    services.cancel(booking_id=booking.pk)
    Booking.objects.update(sold_label="")
    change_plan(row, g1="3", g2="2", g3="1")
    assert as_alice.get("/my-bookings/").json()["results"][0]["seat_label"] == "A1"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_held", [False, True], ids=["book", "book a hold"])
def test_sale_that_waits_for_a_relayout_stores_the_label_that_the_seat_then_has(row, alice, bob, is_held):
    if is_held:
        services.hold_seats(user_id=bob.pk, show_id=row.pk, seat_numbers=[2])
        sell = partial(services.book_hold, user_id=bob.pk, show_id=row.pk)
    else:
        sell = partial(services.book, user_id=bob.pk, show_id=row.pk, seat_number=2)
    run_while_uncommitted(partial(change_plan, row, g1="7", g2="8", g3="9"), sell)
    booking = Booking.objects.get()
    assert booking.sold_label == ("A2" if is_held else "A8")
    assert_consistent()
