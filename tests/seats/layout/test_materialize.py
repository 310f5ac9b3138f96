"""A show has exactly its seats, through whatever door it came and however it was changed."""

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

PLACE = Place._fields
# In bytes; what SQLite takes unless it was built to take more.
LONGEST_STATEMENT = 1_000_000


def numbers(show):
    return list(Seat.objects.filter(show=show).order_by("number").values_list("number", flat=True))


def places(show):
    return list(Seat.objects.filter(show=show).order_by("number").values_list(*PLACE))


def test_a_show_made_by_the_orm_has_its_seats():
    show = Show.objects.create(
        movie=MovieFactory(), screen_name="Screen 1", date_time=timezone.now(), total_seats=30
    )
    assert numbers(show) == list(range(1, 31))
    assert not show.seats.taken().exists()


def test_2000_seats_cost_a_handful_of_statements():
    movie = MovieFactory()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        show = ShowFactory(movie=movie, total_seats=2000)
    assert show.seats.count() == 2000
    assert len(queries) <= 8, [query["sql"][:80] for query in queries]


@pytest.fixture
def usual_sqlite():
    """A connection to SQLite as it is where nobody has raised its limits."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    before = connection.connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, LONGEST_STATEMENT)
    yield
    connection.connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, before)


@pytest.mark.parametrize("total", [1, 9, 25, 300, MAX_SEATS])
def test_a_new_hall_is_the_same_whether_it_comes_with_its_show_or_later(total, usual_sqlite):
    show = ShowFactory(total_seats=total)
    assert places(show) == list(places_of(hall(total)))

    Seat.objects.filter(show=show).delete()
    call_command("lay_out_seats")
    assert places(show) == list(places_of(hall(total)))
    assert_consistent()


def test_saving_it_again_changes_nothing(show):
    version = version_of(show)
    show.save()
    assert version_of(show) == version


def test_a_failing_layout_leaves_no_show():
    """`post_save` runs after the INSERT: both must be one transaction."""
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


def test_growing_keeps_the_labels_of_the_seats_that_are_there(show, alice):
    BookingFactory(show=show, user=alice, seat_number=12)
    before = list(show.seats.values_list("number", "label", "x", "y", "taken"))
    show.total_seats = 200
    show.save()

    assert numbers(show) == list(range(1, 201))
    assert list(show.seats.filter(number__lte=12).values_list("number", "label", "x", "y", "taken")) == before
    assert show.seats.values("label").distinct().count() == 200
    assert show.seats.values("x", "y").distinct().count() == 200
    assert_consistent()


def test_a_stale_copy_of_a_show_does_not_resize_it(show):
    stale = Show.objects.get(pk=show.pk)
    show.total_seats = 20
    show.save()
    stale.screen_name = "Studio"
    stale.save(update_fields=["screen_name"])
    assert numbers(show) == list(range(1, 21))
    assert_consistent()


def test_shrinking_never_removes_a_taken_seat(show, alice):
    BookingFactory(show=show, user=alice, seat_number=10)
    show.total_seats = 9
    with pytest.raises(SeatsInUse):
        show.save()
    assert numbers(show) == list(range(1, 13))
    assert_consistent()


def test_the_version_grows_whatever_happens_to_the_seats(show, alice):
    versions = [version_of(show)]
    for total in (20, 5, 7, 1, 300, 1):
        show.total_seats = total
        show.save()
        versions.append(version_of(show))
    assert versions == sorted(set(versions))


def test_a_show_laid_out_anew_under_its_old_id_has_a_greater_version(show):
    before = version_of(show)
    pk = show.pk
    show.delete()
    assert version_of(ShowFactory(pk=pk)) > before


def test_a_lost_seat_comes_back_where_it_was(show):
    before = list(show.seats.values_list("number", "label", "x", "y"))
    Seat.objects.filter(show=show, number__in=[1, 6, 12]).delete()
    show.save()
    assert list(show.seats.values_list("number", "label", "x", "y")) == before


def test_lay_out_seats_seats_shows_that_have_none(show, capsys):
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


def test_one_seat_is_one_row(show):
    with pytest.raises(IntegrityError):
        Seat.objects.bulk_create([Seat(show=show, number=1, row="A", column=1, label="A1", x=1, y=1)])


def test_to_lay_out_what_is_there_leaves_it_as_it_is(show, alice):
    BookingFactory(show=show, user=alice, seat_number=3)
    version = version_of(show)
    insert_seats(show.pk, hall(12))
    assert numbers(show) == list(range(1, 13))
    assert version_of(show) == version
    assert_consistent()
