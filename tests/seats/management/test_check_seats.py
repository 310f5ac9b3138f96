"""The summary of `check_seats`. `tests/seats/test_integrity.py` tests what it finds and repairs."""

from io import StringIO

import pytest
from django.core.management import call_command

from cinema.seats.models import Seat
from cinema.shows.models import Show
from tests.factories import BookingFactory

pytestmark = pytest.mark.django_db


def errors_of(*options):
    stderr = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_seats", *options, stdout=StringIO(), stderr=stderr)
    return stderr.getvalue()


@pytest.mark.parametrize(("numbers", "count"), [([1], "1 inconsistency"), ([1, 2], "2 inconsistencies")])
def test_inconsistencies_are_counted_with_a_hint_to_repair(show, numbers, count):
    Seat.objects.filter(show=show, number__in=numbers).update(taken=True)
    assert errors_of() == f"Found {count}. Run check_seats --fix to repair.\n"


def test_inconsistency_that_fix_leaves_is_to_be_repaired_by_hand(show, alice):
    BookingFactory(user=alice, show=show, seat_number=12)
    Show.objects.update(total_seats=5)
    assert errors_of("--fix") == "Found 1 inconsistency. Repair by hand.\n"
