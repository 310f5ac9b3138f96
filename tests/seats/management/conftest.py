"""Fixtures that load rows, dump models and archive a show, by the commands."""

import json

import pytest
from django.core.management import call_command
from django.db import transaction

from cinema.seats.booking import services
from cinema.seats.models import ShowLayout
from tests.factories import BookingFactory
from tests.seats.management.archiving import make_old, run


@pytest.fixture
def load(tmp_path):
    """Loads rows as one file."""

    def load(*objects):
        path = tmp_path / "fixture.json"
        path.write_text(json.dumps(objects))
        # The savepoint stands for the transaction of the command, which the test's transaction hides.
        with transaction.atomic():
            call_command("loaddata", str(path), verbosity=0)

    return load


@pytest.fixture
def dump(tmp_path):
    """Dumps with these options; returns the path of the file."""

    def dump(*options):
        path = tmp_path / "dump.json"
        call_command("dumpdata", *options, "--output", str(path), verbosity=0)
        return path

    return dump


@pytest.fixture
def old(show, alice):
    """A show of 100 days ago, with 12 seats. Alice booked the seats 3 and 4, and cancelled 4."""
    BookingFactory(show=show, user=alice, seat_number=3)
    services.cancel(booking_id=BookingFactory(show=show, user=alice, seat_number=4).pk)
    ShowLayout.objects.create(show=show, layout={"front": "top", "areas": [], "zones": [], "pitch": 1})
    make_old(show)
    return show


@pytest.fixture
def archived(old):
    run("--days", "90")
    old.refresh_from_db()
    return old
