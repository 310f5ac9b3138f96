"""`archive_shows` removes the seats of shows that ended long ago, also while others use the service."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.layout.archive import Removed, archive
from cinema.seats.models import Booking, Seat, ShowLayout
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import MovieFactory, ShowFactory, UserFactory
from tests.seats.management.archiving import make_old, run

pytestmark = pytest.mark.django_db


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
