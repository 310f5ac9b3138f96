"""What the calls cost, in counts that no machine changes: statements, bytes, plans, updates in place."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cinema.seats.booking import services, statements
from cinema.seats.models import Booking, Seat
from cinema.seats.seat_map import queries
from cinema.server.database import database_config
from cinema.shows.models import Movie, Show
from tests.factories import BookingFactory, MovieFactory, ShowFactory, UserFactory

pytestmark = pytest.mark.django_db

ON_POSTGRESQL = connection.vendor == "postgresql"

# BEGIN and COMMIT left out. One is for the token's user, but for a booking.
STATEMENTS = {
    "book": 1 if ON_POSTGRESQL else 2,
    "book a taken seat": 3,
    "seats": 2,
    "seats, unchanged": 1,
    "availability": 1,
    "availability, unchanged": 1,
    "movies": 2,
    "shows of a movie": 4,
    "a show": 2,
    "my bookings": 3,
}


@pytest.mark.parametrize("call", STATEMENTS)
def test_a_call_sends_so_many_statements(anyone, as_alice, alice, bob, show, call):
    BookingFactory(show=show, user=bob, seat_number=2)
    BookingFactory(show=show, user=alice, seat_number=3)
    map_, letters = f"/shows/{show.pk}/seats/", f"/shows/{show.pk}/availability/"
    known = {path: {"If-None-Match": anyone.get(path)["ETag"]} for path in (map_, letters)}
    calls = {
        "book": lambda: as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}),
        "book a taken seat": lambda: as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 2}),
        "seats": lambda: anyone.get(map_),
        "seats, unchanged": lambda: anyone.get(map_, headers=known[map_]),
        "availability": lambda: anyone.get(letters),
        "availability, unchanged": lambda: anyone.get(letters, headers=known[letters]),
        "movies": lambda: anyone.get("/movies/"),
        "shows of a movie": lambda: anyone.get(f"/movies/{show.movie_id}/shows/"),
        "a show": lambda: anyone.get(f"/shows/{show.pk}/"),
        "my bookings": lambda: as_alice.get("/my-bookings/"),
    }
    with CaptureQueriesContext(connection) as queries:
        calls[call]()
    sent = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(sent) == STATEMENTS[call], sent


def test_a_new_show_is_laid_out_by_one_statement_if_its_screen_has_no_plan():
    movie = MovieFactory()
    with CaptureQueriesContext(connection) as queries:
        ShowFactory(movie=movie, total_seats=300)
    sent = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert [re.search(r'INSERT INTO "?(\w+)', sql)[1] for sql in sent] == ["shows_show", "seats_seat"]


def test_maps_are_short(anyone):
    show = ShowFactory(total_seats=300)
    seats = anyone.get(f"/shows/{show.pk}/seats/")
    letters = anyone.get(f"/shows/{show.pk}/availability/")
    assert len(seats.content) < 300 * 140
    assert len(letters.content) < 300 + 200


@pytest.mark.skipif(not ON_POSTGRESQL, reason="PostgreSQL only")
@pytest.mark.django_db(transaction=True)
def test_a_sale_changes_its_seat_where_it_lies():
    """And so does a cancel: no index is written anew."""
    show, user = ShowFactory(total_seats=200), UserFactory()
    before = updates()
    sold = [services.book(user_id=user.pk, show_id=show.pk, seat_number=seat) for seat in range(1, 201)]
    for booking in sold:
        services.cancel(booking_id=booking.pk, user_id=user.pk)
    all_of_them, in_place = (now - then for now, then in zip(updates(), before, strict=True))
    # More than these, where other processes tell only now what they did for other tests.
    assert all_of_them >= 400
    assert all_of_them - in_place <= 0.05 * 400


def updates():
    """Of seats, so far, as far as it is told yet: all, and those in place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'seats_seat'")
        return cursor.fetchone()


@pytest.mark.skipif(not ON_POSTGRESQL, reason="PostgreSQL only")
@pytest.mark.django_db(transaction=True)
def test_a_sale_is_planned_once_for_each_connection(alice):
    show = ShowFactory(total_seats=10)
    for seat in range(1, 11):
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=seat)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%UPDATE seats_seat%'")
        assert cursor.fetchone() == (1,)


@pytest.mark.skipif(not ON_POSTGRESQL, reason="PostgreSQL only")
@pytest.mark.django_db(transaction=True)
def test_nor_is_a_map_planned_anew_for_each_size_of_a_hall(anyone):
    """A plan for all is reckoned by the average hall: for a smaller one, one of its own would look cheaper."""
    shows = [ShowFactory(total_seats=300) for _ in range(20)]
    for _ in range(5):
        ShowFactory(total_seats=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def plans():
        for show in shows:
            etag = anyone.get(f"/shows/{show.pk}/seats/")["ETag"]
            assert anyone.get(f"/shows/{show.pk}/seats/", headers={"If-None-Match": etag}).status_code == 304
            assert anyone.get(f"/shows/{show.pk}/availability/").status_code == 200
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement, custom_plans FROM pg_prepared_statements")
            return {statement: made for statement, made in cursor if "FROM seats_seat" in statement}

    made = plans()
    assert len(made) >= 3
    assert plans() == made


@pytest.mark.parametrize(("rest", "threshold"), [("", 5), ("?DISABLE_SERVER_SIDE_CURSORS=True", None)])
def test_nothing_is_planned_ahead_behind_a_pooler(rest, threshold):
    url = f"postgres://somebody@127.0.0.1/cinema{rest}"
    assert database_config(url)["OPTIONS"]["prepare_threshold"] == threshold


@pytest.fixture
def large(bob):
    """Enough rows that to read all of them is dearer than to look in an index."""
    movie = MovieFactory()
    shows = [ShowFactory(movie=movie, total_seats=300) for _ in range(30)]
    sold = [Booking(show=show, user=bob, seat_number=seat) for show in shows for seat in range(1, 101)]
    Booking.objects.bulk_create(sold)
    Seat.objects.filter(number__lte=100).update(taken=True)
    Movie.objects.bulk_create(MovieFactory.build_batch(3000))
    get_user_model().objects.bulk_create(UserFactory.build_batch(1000))
    Show.objects.bulk_create(ShowFactory.build_batch(3000, movie=MovieFactory(), total_seats=1))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return shows[15]


SORTED = {"the seats", "the letters", "movies", "the last movies"}


@pytest.mark.parametrize(
    ("what", "index"),
    [
        ("the sale", "seats_seat"),
        ("the seats", "seats_seat"),
        ("the version", "seats_seat"),
        ("the letters", "seats_seat"),
        ("my bookings", "booking_by_user"),
        ("the last of my bookings", "booking_by_user"),
        ("movies", "movie_by_title"),
        ("the last movies", "movie_by_title"),
        ("shows of a movie", "show_by_movie_and_time"),
    ],
)
def test_it_is_looked_up_in_an_index(large, alice, what, index):
    of_show = {"show": large.pk}
    sale = {"user": alice.pk, "password_hash": None, "seat": 200, "now": large.date_time, "key": None}
    taking = statements.BOOK if ON_POSTGRESQL else statements.TAKE_WITH_SHOW
    mine = Booking.objects.by(alice.pk).with_details()
    movies, shows = Movie.objects.all(), Show.objects.filter(movie=large.movie)
    plan = explain(
        *{
            "the sale": (taking, of_show | sale),
            "the seats": (queries.SEATS, of_show),
            "the version": (queries.SHOW_AND_VERSION, of_show),
            "the letters": (queries.STATUSES_AND_VERSION, of_show),
            "my bookings": mine[:50].query.sql_with_params(),
            "the last of my bookings": mine.reverse()[:50].query.sql_with_params(),
            "movies": movies[:50].query.sql_with_params(),
            "the last movies": movies.reverse()[:50].query.sql_with_params(),
            "shows of a movie": shows[:50].query.sql_with_params(),
        }[what]
    )
    assert re.search(rf"(Index|INDEX)\b.*{index}", plan), plan
    # Nothing large is read from end to end, nor all movies sorted for a page of them.
    assert not re.search(r"Seq Scan on|SCAN (seats|shows)_\w+$", plan, re.MULTILINE), plan
    # Nor are seats, which their index has in order.
    assert what not in SORTED or not re.search("Sort Key|TEMP B-TREE", plan), plan


def explain(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'' if ON_POSTGRESQL else 'QUERY PLAN '}{sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
