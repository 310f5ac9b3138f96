"""A dump by `dumpdata` loads again, in every format and into another database."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cinema.auth.usernames import users_with_name
from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory
from tests.live_server import ROOT, environment

pytestmark = pytest.mark.django_db

User = get_user_model()


@pytest.mark.parametrize("keys", [[], ["--natural-foreign"], ["--natural-foreign", "--natural-primary"]])
def test_dump_of_everything_loads_and_dumps_the_same(dump, alice, bob, keys):
    show = ShowFactory(total_seats=30)
    services.cancel(booking_id=BookingFactory(user=alice, show=show, seat_number=2).pk)
    BookingFactory(user=bob, show=show, seat_number=2)
    services.book(user_id=alice.pk, show_id=show.pk, seat_number=3, key="k")
    # Django dumps milliseconds. It dumps 0.0004 seconds as .000, and after loading without a fraction.
    noon = datetime(2030, 1, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    Show.objects.update(date_time=noon)
    Booking.objects.update(created_at=noon)
    type(alice).objects.update(date_joined=noon)
    path = dump(*keys)
    before = path.read_text()

    Booking.objects.all().delete()
    for model in (Show, Movie, type(alice)):
        model.objects.all().delete()
    call_command("loaddata", str(path), verbosity=0)

    assert json.loads(dump(*keys).read_text()) == json.loads(before)
    assert_consistent()


@pytest.mark.parametrize("form", ["jsonl", "xml", "yaml"])
def test_dump_in_every_format_loads(dump, tmp_path, alice, form):
    alice.groups.create(name="Ushers")
    BookingFactory(user=alice)
    path, expected = tmp_path / f"dump.{form}", dump("--natural-foreign").read_text()
    call_command("dumpdata", "--natural-foreign", "--format", form, "--output", str(path), verbosity=0)
    for model in (Booking, Show, Movie, type(alice), type(alice.groups.get())):
        model.objects.all().delete()
    call_command("loaddata", str(path), verbosity=0)
    assert json.loads(dump("--natural-foreign").read_text()) == json.loads(expected)


@pytest.mark.parametrize("form", ["json", "jsonl", "xml", "yaml"])
def test_dump_keeps_microseconds(form, tmp_path):
    """Django's JSON has milliseconds only."""
    paths = [tmp_path / f"{name}.{form}" for name in ("dump", "again")]
    time = datetime(2031, 5, 6, 18, 0, 0, 123, tzinfo=UTC)
    show = ShowFactory(date_time=time)
    call_command("dumpdata", "shows", "--format", form, "--output", str(paths[0]), verbosity=0)
    show.delete()
    call_command("loaddata", str(paths[0]), verbosity=0)
    assert Show.objects.get().date_time == time
    call_command("dumpdata", "shows", "--format", form, "--output", str(paths[1]), verbosity=0)
    assert paths[0].read_text() == paths[1].read_text()


def test_dump_replaces_seats_that_exist_already(dump, alice):
    booking = BookingFactory(user=alice, seat_number=2)
    path = dump("shows", "seats", "auth.user")
    booking.delete()
    Seat.objects.all().delete()
    call_command("lay_out_seats")
    call_command("loaddata", str(path), verbosity=0)
    assert list(Seat.objects.taken().values_list("number", flat=True)) == [2]
    assert_consistent()


@pytest.mark.slow
def test_dump_with_the_options_of_the_readme_moves_to_another_database(tmp_path):
    """The source is a SQLite file. The target is the database of the tests, SQLite or PostgreSQL."""
    readme = (ROOT / "fixtures" / "README.md").read_text()
    (options,) = re.findall(r"manage.py dumpdata (.*?) --output dump.jsonl", readme.replace("\\\n", " "))
    source = environment(DATABASE_URL=f"sqlite:///{tmp_path}/source.sqlite3")
    script = rf"""
from django.contrib.auth import get_user_model
from django.core.management import call_command
from cinema.seats.booking import services
from cinema.seats.booking.door import admit
call_command("migrate", verbosity=0)
call_command("loaddata", "demo", verbosity=0)
users = get_user_model().objects
user = users.create_user("carol", password="x")
# PostgreSQL's UPPER makes the same text of the first two.
for name in ("vi", "v\u0131", "zo\u00eb", "\ufb03"):
    users.create_user(name)
first = services.book(user_id=user.pk, show_id=1, seat_number=5)
services.book(user_id=user.pk, show_id=1, seat_number=6)
services.cancel(booking_id=first.pk)
call_command("dumpdata", *{options.split()}, output="{tmp_path}/dump.jsonl")
"""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", script]
    subprocess.run(command, cwd=ROOT, env=source, check=True)

    call_command("loaddata", f"{tmp_path}/dump.jsonl", verbosity=0)

    assert list(Booking.objects.order_by("pk").values_list("user__username", "seat_number", "status")) == [
        ("carol", 5, "cancelled"),
        ("carol", 6, "booked"),
    ]
    assert Show.objects.count() == 14
    assert set(User.objects.values_list("username", flat=True)) == {
        *("carol", "vi", "v\u0131", "zo\u00eb", "ffi"),
    }
    assert users_with_name("V\u0131").get().username == "v\u0131"
    assert_consistent()
    # New ids follow the loaded ones.
    assert BookingFactory(show=Show.objects.get(pk=2)).pk > 2


def test_seats_and_bookings_of_new_shows_are_inserted_by_few_statements(alice, tmp_path):
    """Otherwise a load of a million seats would take hours."""
    counts = []
    for total in (20, 200):
        show = ShowFactory(total_seats=total)
        for number in range(1, total // 2):
            services.book(user_id=alice.pk, show_id=show.pk, seat_number=number)
        call_command("dumpdata", "shows", "seats", output=tmp_path / "dump.jsonl", format="jsonl", verbosity=0)
        before = (tmp_path / "dump.jsonl").read_bytes()
        Booking.objects.all().delete()
        Show.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            call_command("loaddata", tmp_path / "dump.jsonl", verbosity=0)
        # SQLite inserts some hundred values by one statement.
        counts.append(len([query for query in queries if "INSERT INTO" not in query["sql"]]))
        call_command("dumpdata", "shows", "seats", output=tmp_path / "again.jsonl", format="jsonl", verbosity=0)
        assert (tmp_path / "again.jsonl").read_bytes() == before
        Booking.objects.all().delete()
        Show.objects.all().delete()
    assert counts[1] < counts[0] + 5


def test_seat_that_stands_twice_in_a_fixture_is_as_the_last_one(show, tmp_path):
    call_command("dumpdata", "seats.seat", output=tmp_path / "f.jsonl", format="jsonl", verbosity=0)
    seats = (tmp_path / "f.jsonl").read_text().splitlines()
    again = seats[2].replace('"label": "A3"', '"label": "Box"')
    (tmp_path / "f.jsonl").write_text("\n".join([*seats, again]))
    for _ in range(2):
        call_command("loaddata", tmp_path / "f.jsonl", verbosity=0)
        assert show.seats.get(number=3).label == "Box"
        assert show.seats.count() == 12
        show.seats.all().delete()
