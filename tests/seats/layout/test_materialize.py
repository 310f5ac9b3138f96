"""A show has exactly the seats 1 to `total_seats`, whatever created or changed it."""

import sqlite3

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema.seats.halls.geometry import Place, hall, places_of
from cinema.seats.layout.insert import insert_seats
from cinema.seats.models import Seat
from cinema.shows.exceptions import SeatsInUse
from cinema.shows.limits import MAX_SEATS
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, MovieFactory, ShowFactory
from tests.seat_state import version_of

pytestmark = pytest.mark.django_db

# SQLite's default, in bytes. Some builds of SQLite accept longer statements.
MAX_STATEMENT_BYTES = 1_000_000


def numbers(show):
    return list(Seat.objects.filter(show=show).order_by("number").values_list("number", flat=True))


def places(show):
    return list(Seat.objects.filter(show=show).order_by("number").values_list(*Place._fields))


def test_show_created_by_the_orm_has_its_seats():
    show = Show.objects.create(
        movie=MovieFactory(), screen_name="Screen 1", date_time=timezone.now(), total_seats=30
    )
    assert numbers(show) == list(range(1, 31))
    assert not show.seats.taken().exists()


def test_show_with_2000_seats_is_created_by_at_most_9_statements():
    movie = MovieFactory()
    with CaptureQueriesContext(connection) as queries:
        show = ShowFactory(movie=movie, total_seats=2000)
    assert show.seats.count() == 2000
    assert len(queries) <= 9, [query["sql"][:80] for query in queries]


@pytest.fixture
def default_sqlite_limit():
    """Limits the length of SQLite's statements to the default, which the local build may exceed."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    limit_before = connection.connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, MAX_STATEMENT_BYTES)
    yield
    connection.connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, limit_before)


@pytest.mark.parametrize("total", [1, 9, 25, 300, pytest.param(MAX_SEATS, marks=pytest.mark.slow)])
def test_hall_inserted_with_the_show_equals_one_inserted_later(total, default_sqlite_limit):
    show = ShowFactory(total_seats=total)
    assert places(show) == list(places_of(hall(total)))

    Seat.objects.filter(show=show).delete()
    call_command("lay_out_seats")
    assert places(show) == list(places_of(hall(total)))
    assert_consistent()


def test_saving_a_show_again_does_not_change_its_seats(show):
    version = version_of(show)
    show.save()
    assert version_of(show) == version


def test_show_is_rolled_back_if_a_receiver_fails():
    """`post_save` runs after the INSERT, so both must be in one transaction."""
    movie = MovieFactory()

    def fail(sender, **kwargs):
        raise RuntimeError("no room")

    post_save.connect(fail, sender=Show)
    try:
        with pytest.raises(RuntimeError):
            ShowFactory(movie=movie)
    finally:
        post_save.disconnect(fail, sender=Show)
    assert not Show.objects.exists()
    assert not Seat.objects.exists()


def test_added_seats_do_not_change_the_labels_and_places_of_existing_seats(show, alice):
    BookingFactory(show=show, user=alice, seat_number=12)
    before = list(show.seats.values_list("number", "label", "x", "y", "taken"))
    show.total_seats = 200
    show.save()

    assert numbers(show) == list(range(1, 201))
    assert list(show.seats.filter(number__lte=12).values_list("number", "label", "x", "y", "taken")) == before
    assert show.seats.values("label").distinct().count() == 200
    assert show.seats.values("x", "y").distinct().count() == 200
    assert_consistent()


def test_added_rows_have_no_label_that_another_seat_has(show):
    Seat.objects.filter(show=show, number=1).update(row="Box", label="D1")
    show.total_seats = 30
    show.save()
    assert show.seats.values("label").distinct().count() == 30
    assert_consistent()


def test_saving_another_field_of_an_outdated_show_does_not_resize_it(show):
    stale = Show.objects.get(pk=show.pk)
    show.total_seats = 20
    show.save()
    stale.screen_name = "Studio"
    stale.save(update_fields=["screen_name"])
    assert numbers(show) == list(range(1, 21))
    assert_consistent()


def test_show_cannot_shrink_below_a_taken_seat(show, alice):
    BookingFactory(show=show, user=alice, seat_number=10)
    show.total_seats = 9
    with pytest.raises(SeatsInUse):
        show.save()
    assert numbers(show) == list(range(1, 13))
    assert_consistent()


def test_version_grows_with_every_change_of_the_number_of_seats(show, alice):
    versions = [version_of(show)]
    for total in (20, 5, 7, 1, 300, 1):
        show.total_seats = total
        show.save()
        versions.append(version_of(show))
    assert versions == sorted(set(versions))


def test_show_created_again_with_the_id_of_a_deleted_one_has_a_greater_version(show):
    version_before = version_of(show)
    pk = show.pk
    show.delete()
    assert version_of(ShowFactory(pk=pk)) > version_before


def test_deleted_seat_is_restored_at_its_old_place_when_the_show_is_saved(show):
    before = list(show.seats.values_list("number", "label", "x", "y"))
    Seat.objects.filter(show=show, number__in=[1, 6, 12]).delete()
    show.save()
    assert list(show.seats.values_list("number", "label", "x", "y")) == before


def test_lay_out_seats_adds_the_seats_of_shows_that_have_none(show, capsys):
    Show.objects.bulk_create(
        Show(movie=show.movie, screen_name="Screen 2", date_time=timezone.now(), total_seats=25)
        for _ in range(3)
    )
    with pytest.raises(SystemExit):
        assert_consistent()
    call_command("lay_out_seats")
    assert "3 shows" in capsys.readouterr().out
    assert_consistent()
    call_command("lay_out_seats")
    assert "0 shows" in capsys.readouterr().out


def test_seat_number_is_unique_within_its_show(show):
    with pytest.raises(IntegrityError):
        Seat.objects.bulk_create([Seat(show=show, number=1, row="A", column=1, label="A1", x=1, y=1)])


def test_inserting_seats_that_exist_changes_nothing(show, alice):
    BookingFactory(show=show, user=alice, seat_number=3)
    version = version_of(show)
    insert_seats(show.pk, hall(12))
    assert numbers(show) == list(range(1, 13))
    assert version_of(show) == version
    assert_consistent()
