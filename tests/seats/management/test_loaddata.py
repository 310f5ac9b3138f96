"""`loaddata` and `dumpdata`, as staff use them."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.core.serializers.base import DeserializationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.live_server import ROOT, environment
from tests.seat_state import version_of

pytestmark = pytest.mark.django_db

MOVIE = {"model": "shows.movie", "pk": 1, "fields": {"title": "Vienna", "duration_minutes": 104}}
SHOW = {
    "model": "shows.show",
    "pk": 7,
    "fields": {"movie": 1, "screen_name": "Screen 1", "date_time": "2030-01-01T18:00:00Z", "total_seats": 12},
}


def live_booking(buyer, **fields):
    given = {"user": buyer.pk, "show": 7, "seat_number": 3, "status": "booked"}
    return {
        "model": "seats.booking",
        "pk": 1,
        "fields": given | {"created_at": "2029-01-01T00:00:00Z"} | fields,
    }


def seat(number, **fields):
    place = {"row": "Z", "column": number, "label": f"Z{number}", "x": number, "y": 1, "category": "Box"}
    return {"model": "seats.seat", "pk": [7, number], "fields": {"show": 7, "number": number} | place | fields}


@pytest.fixture
def load(tmp_path):
    def load(*objects):
        path = tmp_path / "fixture.json"
        path.write_text(json.dumps(objects))
        # A savepoint, as a command of its own would have a transaction of its own.
        with transaction.atomic():
            call_command("loaddata", str(path), verbosity=0)

    return load


@pytest.fixture
def dump(tmp_path):
    def dump(*options):
        path = tmp_path / "dump.json"
        # What `migrate` makes in every database is made in the next one too.
        call_command("dumpdata", *options, "--output", str(path), verbosity=0)
        return path

    return dump


def test_the_demo_loads_into_an_empty_database_and_again():
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


def test_the_demo_is_bookable_on_whatever_day_it_is_loaded():
    call_command("loaddata", "demo", verbosity=0)
    today = datetime.now(UTC).date()
    days = {show.date_time.date() for show in Show.objects.all()}
    assert min(days) == today + timedelta(days=1)
    assert max(days) <= today + timedelta(days=7)


def test_load_demo_loads_only_where_there_is_no_movie(capsys):
    call_command("load_demo")
    shows = Show.objects.count()
    assert shows
    Show.objects.all().delete()
    call_command("load_demo")
    assert not Show.objects.exists()


def test_shows_only_get_their_seats(load):
    load(MOVIE, SHOW)
    assert list(Seat.objects.values_list("number", flat=True)) == list(range(1, 13))
    assert_consistent()


def test_a_show_may_stand_before_its_movie(load):
    load(SHOW, MOVIE)
    assert Seat.objects.count() == 12


def test_a_time_may_be_relative_to_the_day(load):
    load(MOVIE, SHOW | {"fields": SHOW["fields"] | {"date_time": "+2d 20:15"}})
    day = datetime.now(UTC).date() + timedelta(days=2)
    assert Show.objects.get().date_time == datetime(day.year, day.month, day.day, 20, 15, tzinfo=UTC)


@pytest.mark.parametrize("turn", [1, -1])
def test_seats_of_the_file_are_kept_wherever_they_stand(load, turn):
    load(*[MOVIE, SHOW, *(seat(number) for number in range(1, 13))][::turn])
    assert set(Seat.objects.values_list("label", flat=True)) == {f"Z{number}" for number in range(1, 13)}
    assert_consistent()


def test_missing_seats_share_no_label_and_no_place_with_those_of_the_file(load):
    load(MOVIE, SHOW, seat(2, label="B1", row="B", column=1, x=1, y=2), seat(5, label="A1", row="A", x=1, y=1))
    assert Seat.objects.count() == 12
    assert Seat.objects.values("label").distinct().count() == 12
    assert Seat.objects.values("x", "y").distinct().count() == 12
    assert_consistent()


def test_live_bookings_make_their_seats_taken(load, alice):
    load(MOVIE, SHOW, live_booking(alice), live_booking(alice, seat_number=4) | {"pk": 2})
    assert list(Seat.objects.taken().values_list("number", flat=True)) == [3, 4]
    assert_consistent()


def test_a_booking_loaded_over_another_frees_the_others_seat(load, alice, bob):
    old = BookingFactory(user=bob, seat_number=5)
    load(MOVIE | {"pk": 999}, SHOW | {"pk": 999, "fields": SHOW["fields"] | {"movie": 999}})
    moved = live_booking(alice, show=999) | {"pk": old.pk}
    load(moved)
    assert not old.show.seats.taken().exists()
    assert_consistent()


@pytest.mark.parametrize("keys", [[], ["--natural-foreign"], ["--natural-foreign", "--natural-primary"]])
def test_a_dump_of_everything_comes_back_equal(dump, alice, bob, keys):
    show = ShowFactory(total_seats=30)
    services.cancel(booking_id=BookingFactory(user=alice, show=show, seat_number=2).pk)
    BookingFactory(user=bob, show=show, seat_number=2)
    services.book(user_id=alice.pk, show_id=show.pk, seat_number=3, key="k")
    # Django dumps milliseconds, and a time of 0.0004 s as .000, which it loads, and dumps again, as none.
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


def test_a_dump_loads_over_seats_that_were_laid_out_already(dump, alice):
    booking = BookingFactory(user=alice, seat_number=2)
    path = dump("shows", "seats", "auth.user")
    booking.delete()
    Seat.objects.all().delete()
    call_command("lay_out_seats")
    call_command("loaddata", str(path), verbosity=0)
    assert list(Seat.objects.taken().values_list("number", flat=True)) == [2]
    assert_consistent()


def test_a_version_never_comes_again_through_an_older_dump(dump, alice, show):
    path = dump("shows", "seats")
    seen = {version_of(show)}
    for seat_number in (1, 2, 3):
        BookingFactory(user=alice, show=show, seat_number=seat_number)
        seen.add(version_of(show))
    Booking.objects.all().delete()
    seen.add(version_of(show))
    call_command("loaddata", str(path), verbosity=0)
    assert version_of(show) > max(seen)
    assert_consistent()


def test_a_version_never_comes_again_through_lapsed_holds(dump, alice, show):
    path = dump("seats.seat")
    now = show.date_time - timedelta(days=2)
    Seat.objects.filter(show=show, number__lte=3).update(held_by=alice.pk, held_since=now, held_until=now)
    seen = version_of(show)
    call_command("loaddata", str(path), verbosity=0)
    assert version_of(show) > seen


def test_a_show_that_a_fixture_moves_to_a_planned_screen_is_relaid(load):
    load(MOVIE, SHOW)
    SeatingPlan.objects.create(screen_name="Round", plan="Z | " + "." * 12)
    load(SHOW | {"fields": SHOW["fields"] | {"screen_name": "Round"}})
    assert set(Seat.objects.values_list("row", flat=True)) == {"Z"}
    assert_consistent()


def test_the_demo_loads_beside_plans_of_ones_own(db):
    for screen in ("Mine", "Box"):
        SeatingPlan.objects.create(screen_name=screen, plan="A | ....")
    call_command("loaddata", "demo", verbosity=0)
    assert SeatingPlan.objects.get(screen_name="Mine").plan == "A | ...."
    assert_consistent()


def test_seats_that_look_different_make_a_new_version(load, show):
    load(MOVIE, SHOW, *(seat(number) for number in range(1, 13)))
    before = version_of(Show.objects.get(pk=7))
    load(*(seat(number, label=f"Y{number}") for number in range(1, 13)))
    assert version_of(Show.objects.get(pk=7)) > before


def test_a_loaded_show_with_another_total_is_fitted(load, alice):
    load(MOVIE, SHOW)
    load(SHOW | {"fields": SHOW["fields"] | {"total_seats": 20}})
    assert Seat.objects.count() == 20
    load(live_booking(alice, seat_number=20))
    with pytest.raises(CommandError, match="Nothing was loaded"):
        load(SHOW | {"fields": SHOW["fields"] | {"total_seats": 10}})
    assert Seat.objects.count() == 20
    assert_consistent()


@pytest.mark.parametrize(
    "broken",
    [
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"movie": 99}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"total_seats": 0}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"total_seats": -1}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"total_seats": 10**9}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"date_time": "+1d 25:00"}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"date_time": None}},
        SHOW | {"pk": 8, "fields": SHOW["fields"] | {"colour": "red"}},
        MOVIE | {"pk": 2, "fields": {"title": "", "duration_minutes": 1}},
        seat(1, changes=0),
        {"model": "shows.nonsense", "pk": 1, "fields": {}},
    ],
)
def test_a_broken_fixture_leaves_nothing_behind(load, broken):
    with pytest.raises((CommandError, IntegrityError, DeserializationError)):
        load(MOVIE, SHOW, broken)
    for model in (Movie, Show, Seat, Booking):
        assert not model.objects.exists()


@pytest.mark.parametrize(
    "bad", [{"seat_number": 13}, {"seat_number": 0}, {"status": "lost"}, {"user": 99}, {"show": 99}]
)
def test_a_booking_that_makes_no_sense_leaves_nothing_behind(load, alice, bad):
    with pytest.raises((CommandError, IntegrityError)):
        load(MOVIE, SHOW, live_booking(alice, **bad))
    for model in (Movie, Show, Seat, Booking):
        assert not model.objects.exists()


def test_two_live_bookings_of_one_seat_leave_nothing_behind(load, alice):
    with pytest.raises(IntegrityError):
        load(MOVIE, SHOW, live_booking(alice), live_booking(alice) | {"pk": 2})
    assert not Movie.objects.exists()


def test_a_free_seat_beyond_the_shows_total_is_not_kept(load):
    load(MOVIE, SHOW, seat(13))
    assert list(Seat.objects.values_list("number", flat=True)) == list(range(1, 13))
    assert_consistent()


def test_a_database_moves_as_the_readme_says(tmp_path):
    """From a SQLite file of its own to the tests' database, whichever that is; by the README's options."""
    readme = (ROOT / "fixtures" / "README.md").read_text()
    (options,) = re.findall(r"manage.py dumpdata (.*?) --output dump.json", readme.replace("\\\n", " "))
    source = environment(DATABASE_URL=f"sqlite:///{tmp_path}/source.sqlite3")
    make = """
from django.contrib.auth import get_user_model
from cinema.seats.booking import services
user = get_user_model().objects.create_user("carol", password="x")
first = services.book(user_id=user.pk, show_id=1, seat_number=5)
services.book(user_id=user.pk, show_id=1, seat_number=6)
services.cancel(booking_id=first.pk)
"""
    for command in (
        ["migrate", "-v0"],
        ["loaddata", "demo", "-v0"],
        ["shell", "--no-imports", "-c", make],
        ["dumpdata", *options.split(), "--output", f"{tmp_path}/dump.json"],
    ):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=source, check=True)

    call_command("loaddata", f"{tmp_path}/dump.json", verbosity=0)

    assert list(Booking.objects.order_by("pk").values_list("user__username", "seat_number", "status")) == [
        ("carol", 5, "cancelled"),
        ("carol", 6, "booked"),
    ]
    assert Show.objects.count() == 14
    assert_consistent()
    # Ids go on after those that were loaded.
    assert BookingFactory(show=Show.objects.get(pk=2)).pk > 2


def test_a_past_show_loads_too(load):
    load(MOVIE, SHOW | {"fields": SHOW["fields"] | {"date_time": "2001-01-01T18:00:00Z"}})
    assert Show.objects.get().date_time < timezone.now()
    assert_consistent()
