"""`archive_shows` removes the seats of shows that ended long ago; their bookings and everything else go on."""

import json
import re
from datetime import timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.layout.archive import Removed, archive
from cinema.seats.layout.materialize import materialize_seats_locked
from cinema.seats.models import Booking, Seat, ShowLayout
from cinema.shows.models import Movie, Show
from tests.admin_forms import show_form
from tests.assertions import assert_consistent, assert_problem
from tests.concurrency import rival_after_first_statement, run_concurrently, run_while_uncommitted
from tests.factories import (
    UNUSED_ID,
    BookingFactory,
    MovieFactory,
    ShowFactory,
    UserFactory,
    permit,
    permit_to_manage_shows,
)

pytestmark = pytest.mark.django_db


def run(*options):
    stdout = StringIO()
    call_command("archive_shows", *options, stdout=stdout, stderr=StringIO())
    return stdout.getvalue()


def make_old(*shows, days=100):
    Show.objects.filter(pk__in=[show.pk for show in shows]).update(
        date_time=timezone.now() - timedelta(days=days)
    )


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


# --- The command -----------------------------------------------------------------------


def test_seats_of_an_old_show_are_removed_and_its_bookings_keep_their_labels(old, as_alice):
    before = as_alice.get("/my-bookings/").json()
    Booking.objects.update(sold_label="")  # As a server of an older version sold them.
    assert run("--days", "90") == (
        "Removed 12 seats of 1 show that ended more than 90 days ago. Their bookings stay.\n"
    )
    assert not Seat.objects.exists()
    assert not ShowLayout.objects.exists()
    assert set(Booking.objects.values_list("sold_label", flat=True)) == {"A3", "A4"}
    assert as_alice.get("/my-bookings/").json() == before
    assert_consistent()
    assert run("--days", "90").startswith("Removed 0 seats of 0 shows ")


def test_only_shows_that_ended_longer_ago_are_archived():
    moment, movie = timezone.now() - timedelta(days=2), MovieFactory(duration_minutes=120)
    kept = [
        ShowFactory(movie=movie),
        ShowFactory(movie=movie, begun=True),
        # It started more than two days ago, but ended less than two days ago.
        ShowFactory(movie=movie, date_time=moment - timedelta(minutes=119)),
    ]
    removed = ShowFactory(movie=movie, date_time=moment - timedelta(minutes=121))
    assert run("--days", "2", "--dry-run").startswith("Would remove 12 seats of 1 show ")
    assert run("--days", "2").startswith("Removed 12 seats of 1 show ")
    assert list(Show.objects.filter(archived=True)) == [removed]
    assert [show.seats.count() for show in kept] == [12, 12, 12]
    assert_consistent()


def test_delete_removes_old_shows_with_their_bookings_and_keeps_movies(old, show):
    other = ShowFactory(movie=old.movie)
    assert run("--days", "90", "--delete") == (
        "Deleted 1 show that ended more than 90 days ago, with 12 seats and 2 bookings.\n"
    )
    assert list(Show.objects.all()) == [other]
    assert not Booking.objects.exists()
    assert Movie.objects.count() == 1
    assert_consistent()


def test_delete_removes_shows_that_are_archived_already(archived):
    assert run("--delete") == "Deleted 1 show that ended more than 90 days ago, with 0 seats and 2 bookings.\n"
    assert not Show.objects.exists()


def test_dry_run_counts_and_changes_nothing(old):
    assert run("--days", "90", "--dry-run") == (
        "Would remove 12 seats of 1 show that ended more than 90 days ago. 2 bookings would stay.\n"
    )
    assert run("--dry-run", "--delete") == (
        "Would delete 1 show that ended more than 90 days ago, with 12 seats and 2 bookings.\n"
    )
    assert (Show.objects.get().archived, Seat.objects.count(), Booking.objects.count()) == (False, 12, 2)


@pytest.mark.parametrize("days", ["0", "-1", "36501", str(10**30)])
def test_days_that_make_no_sense_are_refused_in_one_line(old, days):
    with pytest.raises(CommandError) as failed:
        run(f"--days={days}")
    assert str(failed.value) == f"--days must be between 1 and 36500, not {days}."
    assert Seat.objects.count() == 12
    assert run("--days", "36500").startswith("Removed 0 seats ")


def test_progress_is_one_line_for_many_shows_without_a_terminal(monkeypatch):
    monkeypatch.setattr("cinema.seats.management.commands.archive_shows.SHOWS_PER_LINE", 2)
    monkeypatch.setattr("cinema.seats.management.commands.archive_shows.BATCH", 2)
    make_old(*ShowFactory.create_batch(5))
    lines = run().splitlines()
    assert lines[:-1] == ["2 of 5 shows", "4 of 5 shows"]
    assert lines[-1].startswith("Removed 60 seats of 5 shows ")


def test_number_of_queries_does_not_depend_on_the_number_of_seats():
    small, big = ShowFactory(), ShowFactory(total_seats=500)
    make_old(small, big)
    counts = []
    for show in (small, big):
        with CaptureQueriesContext(connection) as queries:
            assert archive(show.pk, ended_before=timezone.now()) == Removed(1, show.total_seats, 0)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


# --- An archived show ------------------------------------------------------------------


def test_map_availability_and_events_of_an_archived_show_are_gone(old, anyone):
    paths = [f"/shows/{old.pk}/{name}/" for name in ("seats", "availability")]
    etags = {path: anyone.get(path)["ETag"] for path in paths}
    run()
    for path in [*paths, f"/shows/{old.pk}/events/", f"/events/?shows={ShowFactory().pk},{old.pk}"]:
        body = assert_problem(anyone.get(path), 410, "archived")
        assert (
            body["detail"] == "This show ended long ago, and its seats were removed. Choose an upcoming show."
        )
    for path, etag in etags.items():
        assert_problem(anyone.get(path, headers={"If-None-Match": etag}), 410, "archived")
        assert_problem(anyone.get(path, headers={"If-None-Match": "*"}), 410, "archived")
    assert_problem(anyone.get(f"/shows/{UNUSED_ID}/seats/"), 404, "not_found")


def test_seat_map_read_while_its_show_is_archived_is_gone(old, anyone):
    """The show is read first, and its seats by the next statement."""
    with rival_after_first_statement(partial(archive, old.pk, ended_before=timezone.now())):
        assert_problem(anyone.get(f"/shows/{old.pk}/seats/"), 410, "archived")


def test_archived_show_is_listed_without_available_seats_and_not_sold(archived, anyone, as_bob):
    shown = anyone.get(f"/shows/{archived.pk}/").json()
    assert (shown["total_seats"], shown["available_seats"]) == (12, 0)
    assert anyone.get("/shows/").json()["results"] == [shown]
    path = f"/shows/{archived.pk}"
    assert_problem(as_bob.post(f"{path}/book/", {"seat_number": 1}), 409, "show_started")
    hold = json.dumps({"seat_numbers": [1, 2]})
    assert_problem(as_bob.put(f"{path}/hold/", hold, content_type="application/json"), 409, "show_started")
    hold = json.dumps({"best": 2})
    assert_problem(as_bob.put(f"{path}/hold/", hold, content_type="application/json"), 409, "show_started")


def test_archived_show_is_not_changed_and_gets_no_seats_again(archived, sam, as_staff, as_alice):
    path = f"/shows/{archived.pk}/"
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    for body in ({"total_seats": 20}, {"date_time": tomorrow, "keep_bookings": True}, {"format": "OV"}, {}):
        assert_problem(as_staff.patch(path, body), 409, "show_archived")
    permit(sam, "change_seat")
    for blocked in (True, False):
        body = {"seat_numbers": [5], "blocked": blocked}
        assert_problem(as_staff.patch(f"{path}seats/", body), 409, "show_archived")
    (booking,) = as_alice.get("/my-bookings/?status=booked").json()["results"]
    assert_problem(as_alice.post(f"/bookings/{booking['id']}/cancel/"), 409, "show_started")
    permit_to_manage_shows(sam)
    assert "archive_shows --delete" in assert_problem(as_staff.delete(path), 409, "has_bookings")["detail"]
    stdout = StringIO()
    call_command("lay_out_seats", stdout=stdout)
    assert stdout.getvalue() == "Added the seats of 0 shows.\n"
    materialize_seats_locked(archived.pk)
    assert not Seat.objects.exists()
    call_command("check_seats", "--fix", "--renew-versions", stdout=StringIO())
    assert not Seat.objects.exists()
    Booking.objects.all().delete()
    assert as_staff.delete(path).status_code == 204


def test_admin_shows_an_archived_show_with_its_bookings_and_without_a_form(archived, admin_client):
    lists = [reverse(f"admin:{name}_changelist") for name in ("shows_show", "seats_hall", "seats_booking")]
    movie = reverse("admin:shows_movie_change", args=[archived.movie_id])
    change = reverse("admin:shows_show_change", args=[archived.pk])
    for page in (lists[0], lists[1], movie, change):
        assert "1 of 12 (8 %)" in admin_client.get(page).content.decode(), page
    assert 'name="_save"' not in admin_client.get(change).content.decode()
    assert admin_client.post(change, show_form(archived, total_seats=20)).status_code == 403
    hall = admin_client.get(reverse("admin:seats_hall_change", args=[archived.pk])).content.decode()
    assert "its seats were removed" in hall
    (link,) = re.findall(r'href="([^"]*)">Its bookings stay', hall)
    assert "A3" in admin_client.get(link).content.decode()
    assert (
        admin_client.post(reverse("admin:seats_hall_change", args=[archived.pk]), {"act": "block"}).status_code
        == 302
    )
    inline = {f"shows-0-{name}": value for name, value in show_form(archived, total_seats=20).items()}
    counts = {"shows-TOTAL_FORMS": 1, "shows-INITIAL_FORMS": 1, "shows-0-id": archived.pk}
    form = {"title": "Rope", "duration_minutes": 80} | counts | inline
    assert "archived, so it can&#x27;t be changed" in admin_client.post(movie, form).content.decode()
    form |= {"shows-0-total_seats": 12}
    assert admin_client.post(movie, form).status_code == 302
    assert Movie.objects.get().title == "Rope"
    confirmation = admin_client.get(reverse("admin:shows_show_delete", args=[archived.pk])).content.decode()
    assert "Seats: 0" in confirmation


# --- Fixtures and check_seats ----------------------------------------------------------


def dump(tmp_path, *labels):
    call_command("dumpdata", *labels, output=tmp_path / "dump.json", verbosity=0)
    return tmp_path / "dump.json"


def test_dump_of_an_archived_show_loads_without_seats_and_dumps_equal(archived, tmp_path):
    first = dump(tmp_path, "auth.user", "shows", "seats").read_bytes()
    Booking.objects.all().delete()
    Show.objects.all().delete()
    for _ in range(2):
        call_command("loaddata", tmp_path / "dump.json", verbosity=0)
        assert not Seat.objects.exists()
        assert dump(tmp_path, "auth.user", "shows", "seats").read_bytes() == first
    assert_consistent()


def test_older_dump_brings_the_seats_of_an_archived_show_back(old, tmp_path, anyone):
    fixture = dump(tmp_path, "shows", "seats")
    version = anyone.get(f"/shows/{old.pk}/availability/").json()["version"]
    run()
    call_command("loaddata", fixture, verbosity=0)
    state = anyone.get(f"/shows/{old.pk}/availability/").json()
    assert state["statuses"] == "aataaaaaaaaa"
    assert state["version"] > version
    assert_consistent()


def test_load_of_an_archived_show_removes_the_seats_that_it_has(archived, tmp_path):
    fixture = dump(tmp_path, "shows")
    Show.objects.update(archived=False)
    call_command("lay_out_seats", stdout=StringIO())
    assert Seat.objects.count() == 12
    call_command("loaddata", fixture, verbosity=0)
    assert not Seat.objects.exists()
    assert_consistent()


def test_fixture_with_an_archived_show_that_has_not_started_is_refused(show, tmp_path):
    Show.objects.update(archived=True)
    fixture = dump(tmp_path, "shows")
    Show.objects.update(archived=False)
    with pytest.raises(CommandError, match="is archived, but has 12 seats"):
        call_command("loaddata", fixture, verbosity=0)
    assert Seat.objects.count() == 12


def test_check_seats_finds_seats_of_an_archived_show_and_removes_them(old):
    Show.objects.update(archived=True)
    stdout = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_seats", stdout=stdout, stderr=StringIO())
    assert stdout.getvalue() == f"show {old.pk}: is archived, but has 12 seats\n"
    call_command("check_seats", "--fix", stdout=StringIO())
    assert_consistent()
    assert not Seat.objects.exists()


# --- While others use the service ------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_shows_are_archived_while_buyers_buy_and_a_second_run_archives_too():
    old, sold = ShowFactory.create_batch(12, total_seats=40), ShowFactory(total_seats=60)
    make_old(*old)
    users = UserFactory.create_batch(3)

    def buy(first):
        for number in range(first, 60, 3):
            if number % 2:
                services.hold_seats(user_id=users[first].pk, show_id=sold.pk, seat_numbers=[number + 1])
            services.book(user_id=users[first].pk, show_id=sold.pk, seat_number=number + 1)

    results = run_concurrently(
        [partial(run, "--days", "90"), partial(run, "--days", "90"), *(partial(buy, n) for n in range(3))]
    )
    assert sum(int(re.search(r"of (\d+) show", text)[1]) for text in results[:2]) == 12
    assert Booking.objects.live().filter(show=sold).count() == 60
    assert Seat.objects.count() == 60
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_show_that_is_moved_to_the_future_at_the_same_time_keeps_its_seats(show):
    make_old(show)

    def move():
        moved = Show.objects.get(pk=show.pk)
        moved.date_time = timezone.now() + timedelta(days=5)
        moved.save()

    _, removed = run_while_uncommitted(move, partial(archive, show.pk, ended_before=timezone.now()))
    assert removed == Removed(0, 0, 0)
    assert show.seats.count() == 12
    assert_consistent()


@pytest.mark.django_db(transaction=True)
def test_show_that_is_archived_first_is_not_moved_to_the_future(show):
    make_old(show)
    stale = Show.objects.get(pk=show.pk)
    stale.date_time = timezone.now() + timedelta(days=5)
    removed, moved = run_while_uncommitted(partial(archive, show.pk, ended_before=timezone.now()), stale.save)
    assert (removed, moved.code) == (Removed(1, 12, 0), "show_archived")
    assert Show.objects.get().archived
    assert_consistent()
