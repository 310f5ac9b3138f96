"""Errors that the model tests and the interleavings found, as the smallest test that shows them."""

import io
import json

import pytest
from django.core.management import call_command
from django.db.models import BigIntegerField, Value

from cinema.seats.booking import services
from cinema.seats.booking.best_seats import hold_best
from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Seat
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import ShowFactory, UserFactory
from tests.seat_state import version_of

pytestmark = pytest.mark.django_db


def labels(show, numbers):
    return list(
        Seat.objects.filter(show=show, number__in=numbers).order_by("number").values_list("label", flat=True)
    )


def test_row_kept_by_a_relayout_is_not_mixed_up_with_a_row_of_the_plan(alice, bob):
    """Both rows once had line 2 and the same coordinates, so no seat of either had a neighbor."""
    show = ShowFactory(total_seats=6)
    relayout(show, places(read_text("A | ...\nB | ...")))
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[4, 5, 6])
    relayout(show, places(read_text("A | ...\nC | ...")))
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2, 3])

    best = [hold_best(user_id=user.pk, show_id=show.pk, size=3) for user in (bob, UserFactory())]
    assert [labels(show, hold.seat_numbers) for hold in best] == [["B1", "B2", "B3"], ["C1", "C2", "C3"]]


def test_show_recreated_with_the_same_id_never_repeats_a_version():
    """A version once started at the time in milliseconds, and a large hall was ahead by its number of seats."""
    show = ShowFactory(total_seats=5000)
    version = version_of(show)
    movie, pk = show.movie, show.pk
    show.delete()
    recreated = ShowFactory(id=pk, movie=movie, total_seats=1)
    assert version_of(recreated) > version


def test_relayout_stores_the_total_of_a_show_that_was_resized_meanwhile(as_staff):
    """It once compared the new total with that of the show as it was read, before it waited for the lock."""
    show = ShowFactory(total_seats=6)
    outdated = Show.objects.get(pk=show.pk)
    assert as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 4}).status_code == 200
    relayout(outdated, places(read_text("A | ...\nB | ...")))
    assert_consistent()


def test_version_grows_when_older_seats_are_loaded(tmp_path):
    """On PostgreSQL, the number that `loaddata` adds to the version once lost all but its lower 32 bits."""
    show = ShowFactory()
    version = version_of(show)
    dump = io.StringIO()
    call_command("dumpdata", "shows", "seats", stdout=dump)
    rows = json.loads(dump.getvalue())
    for row in rows:
        if row["model"] == "seats.seat":
            row["fields"]["changes"] = 1
    (tmp_path / "older.json").write_text(json.dumps(rows))
    call_command("loaddata", tmp_path / "older.json", verbosity=0)
    assert version_of(show) > version


def test_version_grows_when_a_removed_seat_has_a_version_beyond_32_bits():
    """A re-layout can give the seat whose `changes` starts at the clock the greatest number."""
    show = ShowFactory(total_seats=12)
    Seat.objects.filter(show=show, number=12).update(changes=Value(2**50, output_field=BigIntegerField()))
    version = version_of(show)
    show.total_seats = 11
    show.save()
    assert version_of(show) > version
