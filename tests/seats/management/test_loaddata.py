"""`loaddata` adds missing seats and makes seats agree with bookings; what `dumpdata` writes loads again."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from cinema.auth.usernames import users_with_name
from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.concurrency import run_while_uncommitted
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.live_server import ROOT, environment
from tests.seat_state import version_of

pytestmark = pytest.mark.django_db

User = get_user_model()

MOVIE = {"model": "shows.movie", "pk": 1, "fields": {"title": "Vienna", "duration_minutes": 104}}
SHOW = {
    "model": "shows.show",
    "pk": 7,
    "fields": {"movie": 1, "screen_name": "Screen 1", "date_time": "2030-01-01T18:00:00Z", "total_seats": 12},
}


def live_booking(buyer, **fields):
    defaults = {"user": buyer.pk, "show": 7, "seat_number": 3, "status": "booked"}
    return {
        "model": "seats.booking",
        "pk": 1,
        "fields": defaults | {"created_at": "2029-01-01T00:00:00Z"} | fields,
    }


def seat(number, **fields):
    place = {"row": "Z", "column": number, "label": f"Z{number}", "x": number, "y": 1, "category": "Box"}
    return {"model": "seats.seat", "pk": [7, number], "fields": {"show": 7, "number": number} | place | fields}


@pytest.fixture
def load(tmp_path):
    def load(*objects):
        path = tmp_path / "fixture.json"
        path.write_text(json.dumps(objects))
        # The savepoint stands for the transaction of the command, which the test's transaction hides.
        with transaction.atomic():
            call_command("loaddata", str(path), verbosity=0)

    return load


@pytest.fixture
def dump(tmp_path):
    def dump(*options):
        path = tmp_path / "dump.json"
        call_command("dumpdata", *options, "--output", str(path), verbosity=0)
        return path

    return dump


def test_demo_loads_into_an_empty_database_and_over_itself():
    call_command("loaddata", "demo", verbosity=0)
    assert Movie.objects.count() >= 5
    assert Show.objects.count() >= 12
    assert len(set(Show.objects.values_list("total_seats", flat=True))) >= 5
    user = UserFactory()
    for show in Show.objects.all():
        services.book(user_id=user.pk, show_id=show.pk, seat_number=show.total_seats)
    assert_consistent()

    call_command("loaddata", "demo", verbosity=0)
    assert Booking.objects.live().count() == Show.objects.count()
    assert_consistent()


def test_demo_shows_are_in_the_week_after_loading():
    call_command("loaddata", "demo", verbosity=0)
    today = datetime.now(UTC).date()
    days = {show.date_time.date() for show in Show.objects.all()}
    assert min(days) == today + timedelta(days=1)
    assert max(days) <= today + timedelta(days=7)


def test_load_demo_does_nothing_if_there_are_movies(capsys):
    call_command("load_demo")
    shows = Show.objects.count()
    assert shows
    Show.objects.all().delete()
    call_command("load_demo")
    assert not Show.objects.exists()


def test_show_without_seats_gets_all_of_them(load):
    load(MOVIE, SHOW)
    assert list(Seat.objects.values_list("number", flat=True)) == list(range(1, 13))
    assert_consistent()


def test_show_may_come_before_its_movie(load):
    load(SHOW, MOVIE)
    assert Seat.objects.count() == 12


def test_time_may_be_relative_to_today(load):
    load(MOVIE, SHOW | {"fields": SHOW["fields"] | {"date_time": "+2d 20:15"}})
    day = datetime.now(UTC).date() + timedelta(days=2)
    assert Show.objects.get().date_time == datetime(day.year, day.month, day.day, 20, 15, tzinfo=UTC)


@pytest.mark.parametrize("order", [1, -1])
def test_seats_of_the_fixture_are_kept_in_any_order(load, order):
    load(*[MOVIE, SHOW, *(seat(number) for number in range(1, 13))][::order])
    assert set(Seat.objects.values_list("label", flat=True)) == {f"Z{number}" for number in range(1, 13)}
    assert_consistent()


def test_added_seats_have_labels_and_places_of_their_own(load):
    load(MOVIE, SHOW, seat(2, label="B1", row="B", column=1, x=1, y=2), seat(5, label="A1", row="A", x=1, y=1))
    assert Seat.objects.count() == 12
    assert Seat.objects.values("label").distinct().count() == 12
    assert Seat.objects.values("x", "y").distinct().count() == 12
    assert_consistent()


def test_seats_of_live_bookings_become_taken(load, alice):
    load(MOVIE, SHOW, live_booking(alice), live_booking(alice, seat_number=4) | {"pk": 2})
    assert list(Seat.objects.taken().values_list("number", flat=True)) == [3, 4]
    assert_consistent()


def test_booking_without_a_label_gets_that_of_its_seat_wherever_it_stands(load, alice):
    load(MOVIE, live_booking(alice), SHOW, seat(3, label="Box 3"))
    assert Booking.objects.get().sold_label == "Box 3"


def test_seat_gets_the_label_that_was_sold(load, alice):
    load(MOVIE, SHOW, live_booking(alice, sold_label="Box 3"))
    assert Seat.objects.get(number=3).label == "Box 3"
    assert_consistent()


def test_seats_of_the_fixture_may_have_the_labels_of_other_existing_seats(load):
    load(MOVIE, SHOW)
    load(seat(1, label="A2"), seat(2, label="A1"))
    assert list(Seat.objects.order_by("number").values_list("label", flat=True))[:3] == ["A2", "A1", "A3"]
    assert_consistent()


def test_fixture_with_one_label_for_two_seats_changes_nothing(load):
    load(MOVIE, SHOW)
    with pytest.raises(CommandError, match="Nothing was loaded"):
        load(seat(1, label="A2"))
    assert Seat.objects.get(number=1).label == "A1"


def test_seat_of_a_replaced_booking_becomes_available(load, alice, bob):
    old = BookingFactory(user=bob, seat_number=5)
    load(MOVIE | {"pk": 999}, SHOW | {"pk": 999, "fields": SHOW["fields"] | {"movie": 999}})
    replacement = live_booking(alice, show=999) | {"pk": old.pk}
    load(replacement)
    assert not old.show.seats.taken().exists()
    assert_consistent()


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
    alice.groups.create(name="Box office")
    BookingFactory(user=alice)
    path, expected = tmp_path / f"dump.{form}", dump("--natural-foreign").read_text()
    call_command("dumpdata", "--natural-foreign", "--format", form, "--output", str(path), verbosity=0)
    for model in (Booking, Show, Movie, type(alice), type(alice.groups.get())):
        model.objects.all().delete()
    call_command("loaddata", str(path), verbosity=0)
    assert json.loads(dump("--natural-foreign").read_text()) == json.loads(expected)


def test_dump_replaces_seats_that_exist_already(dump, alice):
    booking = BookingFactory(user=alice, seat_number=2)
    path = dump("shows", "seats", "auth.user")
    booking.delete()
    Seat.objects.all().delete()
    call_command("lay_out_seats")
    call_command("loaddata", str(path), verbosity=0)
    assert list(Seat.objects.taken().values_list("number", flat=True)) == [2]
    assert_consistent()


def test_version_grows_when_an_older_dump_is_loaded(dump, alice, show):
    path = dump("shows", "seats")
    versions = {version_of(show)}
    for seat_number in (1, 2, 3):
        BookingFactory(user=alice, show=show, seat_number=seat_number)
        versions.add(version_of(show))
    Booking.objects.all().delete()
    versions.add(version_of(show))
    call_command("loaddata", str(path), verbosity=0)
    assert version_of(show) > max(versions)
    assert_consistent()


def test_version_grows_when_a_dump_replaces_expired_holds(dump, alice, show):
    path = dump("seats.seat")
    now = show.date_time - timedelta(days=2)
    Seat.objects.filter(show=show, number__lte=3).update(held_by=alice.pk, held_since=now, held_until=now)
    version = version_of(show)
    call_command("loaddata", str(path), verbosity=0)
    assert version_of(show) > version


def test_show_that_moves_to_a_screen_with_a_plan_gets_its_seats(load):
    load(MOVIE, SHOW)
    SeatingPlan.objects.create(screen_name="Round", plan="Z | " + "." * 12)
    load(SHOW | {"fields": SHOW["fields"] | {"screen_name": "Round"}})
    assert set(Seat.objects.values_list("row", flat=True)) == {"Z"}
    assert_consistent()


def test_demo_keeps_other_seating_plans(db):
    for screen in ("Mine", "Box"):
        SeatingPlan.objects.create(screen_name=screen, plan="A | ....")
    call_command("loaddata", "demo", verbosity=0)
    assert SeatingPlan.objects.get(screen_name="Mine").plan == "A | ...."
    assert_consistent()


def test_version_grows_when_seats_are_replaced(load, show):
    load(MOVIE, SHOW, *(seat(number) for number in range(1, 13)))
    before = version_of(Show.objects.get(pk=7))
    load(*(seat(number, label=f"Y{number}") for number in range(1, 13)))
    assert version_of(Show.objects.get(pk=7)) > before


def test_loaded_show_with_another_total_is_resized(load, alice):
    load(MOVIE, SHOW)
    load(SHOW | {"fields": SHOW["fields"] | {"total_seats": 20}})
    assert Seat.objects.count() == 20
    load(live_booking(alice, seat_number=20))
    with pytest.raises(CommandError, match="Nothing was loaded"):
        load(SHOW | {"fields": SHOW["fields"] | {"total_seats": 10}})
    assert Seat.objects.count() == 20
    assert_consistent()


@pytest.mark.parametrize(
    "invalid",
    [
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"movie": 99}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"total_seats": 0}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"total_seats": -1}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"total_seats": 10**9}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"date_time": "+1d 25:00"}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"date_time": None}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"color": "red"}},
        MOVIE | {"pk": 2, "fields": {"title": "", "duration_minutes": 1}},
        {"model": "shows.nonsense", "pk": 1, "fields": {}},
    ],
)
def test_invalid_fixture_changes_nothing(load, invalid):
    with pytest.raises(CommandError):
        load(MOVIE, SHOW, invalid)
    for model in (Movie, Show, Seat, Booking):
        assert not model.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"seat_number": 13}, {"seat_number": 0}, {"status": "lost"}, {"user": 99}, {"show": 99}]
)
def test_fixture_with_an_invalid_booking_changes_nothing(load, alice, fields):
    with pytest.raises(CommandError):
        load(MOVIE, SHOW, live_booking(alice, **fields))
    for model in (Movie, Show, Seat, Booking):
        assert not model.objects.exists()


def test_fixture_with_two_live_bookings_of_a_seat_changes_nothing(load, alice):
    with pytest.raises(CommandError, match="Nothing was loaded"):
        load(MOVIE, SHOW, live_booking(alice), live_booking(alice) | {"pk": 2})
    assert not Movie.objects.exists()


def test_available_seat_beyond_the_total_is_removed(load):
    load(MOVIE, SHOW, seat(13))
    assert list(Seat.objects.values_list("number", flat=True)) == list(range(1, 13))
    assert_consistent()


@pytest.mark.slow
def test_dump_with_the_options_of_the_readme_moves_to_another_database(tmp_path):
    """The source is a SQLite file. The target is the database of the tests, SQLite or PostgreSQL."""
    readme = (ROOT / "fixtures" / "README.md").read_text()
    (options,) = re.findall(r"manage.py dumpdata (.*?) --output dump.json", readme.replace("\\\n", " "))
    source = environment(DATABASE_URL=f"sqlite:///{tmp_path}/source.sqlite3")
    script = rf"""
from django.contrib.auth import get_user_model
from django.core.management import call_command
from cinema.seats.booking import services
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
call_command("dumpdata", *{options.split()}, output="{tmp_path}/dump.json")
"""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", script]
    subprocess.run(command, cwd=ROOT, env=source, check=True)

    call_command("loaddata", f"{tmp_path}/dump.json", verbosity=0)

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


def test_show_in_the_past_is_loaded(load):
    load(MOVIE, SHOW | {"fields": SHOW["fields"] | {"date_time": "2001-01-01T18:00:00Z"}})
    assert Show.objects.get().date_time < timezone.now()
    assert_consistent()


@pytest.fixture
def polled(anyone, show):
    """Reads the show's map like a client that keeps maps by ETag, and compares the maps of one ETag."""
    seen = {}

    def poll():
        for path in (f"/shows/{show.pk}/seats/", f"/shows/{show.pk}/availability/"):
            response = anyone.get(path)
            state = {name: value for name, value in response.json().items() if name != "version"}
            assert seen.setdefault((path, response["ETag"]), state) == state
        return response.json()["version"]

    return poll


def book_and_cancel(poll, user, show, seat_number):
    booking = BookingFactory(user=user, show=show, seat_number=seat_number)
    poll()
    services.cancel(booking_id=booking.pk)
    poll()


def test_version_does_not_repeat_if_a_deleted_show_is_loaded_again(dump, polled, alice, show):
    path = dump("shows", "seats")
    polled()
    book_and_cancel(polled, alice, show, 1)
    Show.objects.get(pk=show.pk).delete()
    call_command("loaddata", path, verbosity=0)
    polled()
    book_and_cancel(polled, alice, show, 2)


def test_version_does_not_repeat_if_bookings_alone_are_loaded(dump, polled, alice, show):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    path = dump("seats.booking")
    polled()
    services.cancel(booking_id=booking.pk)
    polled()
    call_command("loaddata", path, verbosity=0)
    assert polled()
    assert_consistent()


def test_dump_has_no_changes_of_seats_and_those_of_an_older_dump_do_not_count(load, dump, alice, polled):
    assert '"changes"' not in dump("seats.seat").read_text()
    load(MOVIE, SHOW, seat(1, changes=2**63 - 1), seat(2, changes=2**63 - 1))
    assert 0 < version_of(Show.objects.get(pk=7)) < 2**53


def test_version_continues_after_a_restored_backup(polled, alice, show):
    backup = list(Seat.objects.filter(show=show))
    polled()
    book_and_cancel(polled, alice, show, 1)
    last = polled()
    Seat.objects.bulk_update(backup, ["changes", "taken"])
    call_command("check_seats", "--renew-versions")
    assert polled() > last
    book_and_cancel(polled, alice, show, 2)


def test_version_continues_after_lost_seats_are_repaired(polled, alice, show):
    book_and_cancel(polled, alice, show, 12)
    Seat.objects.filter(show=show, number__in=(1, 12)).delete()
    call_command("check_seats", "--fix")
    polled()
    book_and_cancel(polled, alice, show, 5)


@pytest.mark.django_db(transaction=True)
def test_version_continues_although_seats_are_sold_while_they_are_loaded(dump):
    show, user = ShowFactory(), UserFactory()
    path = dump("shows", "seats")
    versions = []

    def load_seats():
        with transaction.atomic():
            call_command("loaddata", path, verbosity=0)

    def book_a_seat():
        services.book(user_id=user.pk, show_id=show.pk, seat_number=12)
        versions.append(version_of(show))

    before = version_of(show)
    run_while_uncommitted(load_seats, book_a_seat)
    assert versions[0] > before
    assert show.seats.get(number=12).taken
    assert_consistent()
