"""How the database runs the statements: prepared once, by an index, without reading a hall again and again."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from cinema.seats.booking import services, statements
from cinema.seats.models import Booking, Seat, ShowLayout
from cinema.seats.seat_map import queries
from cinema.seats.sql.dialect import to_array
from cinema.server.database import database_config
from cinema.shows.models import Movie, Show
from tests.factories import MovieFactory, ShowFactory, UserFactory

pytestmark = pytest.mark.django_db

ON_POSTGRESQL = connection.vendor == "postgresql"


@pytest.mark.skipif(not ON_POSTGRESQL, reason="PostgreSQL only")
@pytest.mark.django_db(transaction=True)
def test_booking_has_one_prepared_statement_on_each_connection(alice):
    show = ShowFactory(total_seats=10)
    for seat in range(1, 11):
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=seat)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%UPDATE seats_seat%'")
        assert cursor.fetchone() == (1,)


@pytest.mark.skipif(not ON_POSTGRESQL, reason="PostgreSQL only")
@pytest.mark.django_db(transaction=True)
def test_seat_map_has_one_generic_plan_for_halls_of_all_sizes(anyone):
    """PostgreSQL estimates the cost of a generic plan for the average hall. For a smaller hall, a custom plan
    could look cheaper, and would be made again for every request."""
    shows = [ShowFactory(total_seats=300) for _ in range(20)]
    for _ in range(5):
        ShowFactory(total_seats=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def custom_plans_after_requests():
        for show in shows:
            etag = anyone.get(f"/shows/{show.pk}/seats/")["ETag"]
            assert anyone.get(f"/shows/{show.pk}/seats/", headers={"If-None-Match": etag}).status_code == 304
            assert anyone.get(f"/shows/{show.pk}/availability/").status_code == 200
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement, custom_plans FROM pg_prepared_statements")
            return {statement: plans for statement, plans in cursor if "FROM seats_seat" in statement}

    custom_plans = custom_plans_after_requests()
    assert len(custom_plans) >= 3
    assert custom_plans_after_requests() == custom_plans


@pytest.mark.parametrize(
    ("options", "threshold"), [("", 5), ("?DISABLE_SERVER_SIDE_CURSORS=True", None)], ids=["direct", "pooler"]
)
def test_statements_are_not_prepared_behind_a_pooler(options, threshold):
    url = f"postgres://somebody@127.0.0.1/cinema{options}"
    assert database_config(url)["OPTIONS"]["prepare_threshold"] == threshold


@pytest.fixture
def large_show(bob):
    """A show in a database with so many rows that a full scan of a table costs more than an index."""
    movie = MovieFactory()
    shows = [ShowFactory(movie=movie, total_seats=300) for _ in range(30)]
    bookings = [Booking(show=show, user=bob, seat_number=seat) for show in shows for seat in range(1, 101)]
    Booking.objects.bulk_create(bookings)
    Seat.objects.filter(number__lte=100).update(taken=True)
    Movie.objects.bulk_create(MovieFactory.build_batch(3000))
    get_user_model().objects.bulk_create(UserFactory.build_batch(1000))
    Show.objects.bulk_create(ShowFactory.build_batch(3000, movie=MovieFactory(), total_seats=1))
    ShowLayout.objects.bulk_create(ShowLayout(show=show, layout={}) for show in Show.objects.all())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return shows[15]


# The index returns the rows in the wanted order, so that they need not be sorted.
SORTED_BY_INDEX = {"seats", "availability", "movies", "last movies"}


def test_statements_find_their_rows_by_an_index(large_show, alice, subtests):
    show = {"show": large_show.pk}
    sale = show | {
        "user": alice.pk,
        "password_hash": None,
        "now": large_show.date_time,
        "key": None,
        "order": "7K3M-Q9XT",
        "kind": None,
        "kinds": None,
        "currency": "EUR",
    }
    hold = sale | {"seats": to_array([200, 201]), "size": 2, "seconds": 600, "max_seconds": 1800}
    booking = large_show.bookings.first()
    cancel = sale | {"booking": booking.pk, "user": booking.user_id, "seat": booking.seat_number}
    my_bookings = Booking.objects.by(alice.pk).with_details()
    movies, shows = Movie.objects.all(), Show.objects.filter(movie=large_show.movie)
    cancel_and_free = statements.CANCEL_AND_FREE[statements.CANCEL_BY_OWNER]
    book, take = statements.BOOK, statements.with_show(statements.TAKE)
    book_held, take_held = statements.BOOK_HELD, statements.with_show(statements.TAKE_HELD)
    # The index, the statement and its parameters.
    expected = {
        "book": ("seats_seat", book if ON_POSTGRESQL else take, sale | {"seat": 200}),
        "hold": ("seats_seat", statements.HOLD, hold),
        "book the hold": ("seats_seat", book_held if ON_POSTGRESQL else take_held, sale),
        "release the hold": ("seats_seat", statements.RELEASE, sale),
        "cancel the booking": (
            "seats_booking",
            cancel_and_free if ON_POSTGRESQL else statements.CANCEL_BY_OWNER,
            cancel,
        ),
        "free the cancelled seat": (
            "seats_seat",
            cancel_and_free if ON_POSTGRESQL else statements.FREE,
            cancel,
        ),
        "seats": ("seats_seat", queries.SEATS, show),
        "version": ("seats_seat", queries.SHOW_AND_VERSION, show),
        "availability": ("seats_seat", queries.STATUSES_AND_VERSION, show),
        "my bookings": ("booking_by_user", *my_bookings[:50].query.sql_with_params()),
        "last of my bookings": ("booking_by_user", *my_bookings.reverse()[:50].query.sql_with_params()),
        "movies": ("movie_by_title", *movies[:50].query.sql_with_params()),
        "last movies": ("movie_by_title", *movies.reverse()[:50].query.sql_with_params()),
        "shows of a movie": ("show_by_movie_and_time", *shows[:50].query.sql_with_params()),
    }
    for name, (index, sql, params) in expected.items():
        with subtests.test(name):
            plan = explain(sql, params)
            # SQLite has no index on an integer primary key, because the table itself is stored in its order.
            assert re.search(rf"(Index|INDEX)\b.*{index}|{index} USING INTEGER PRIMARY KEY", plan), plan
            scan = r"Seq Scan on (?!shows_price)|SCAN (seats|shows)_\w+$"
            assert not re.search(scan, plan, re.MULTILINE), plan
            if name in SORTED_BY_INDEX:
                assert not re.search("Sort Key|TEMP B-TREE", plan), plan


@pytest.mark.skipif(not ON_POSTGRESQL, reason="PostgreSQL only")
@pytest.mark.parametrize("name", ["block", "unblock", "sell"])
def test_statement_on_a_whole_hall_reads_each_seat_a_few_times_in_a_new_database(alice, name):
    """PostgreSQL knows nothing of a new table before its first ANALYZE, and then expects one row."""
    seats, show = 600, ShowFactory(total_seats=600)
    show.seats.update(blocked=name == "unblock")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pg_statistic WHERE starelid = 'seats_seat'::regclass")
        cursor.execute("UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = 'seats_seat'::regclass")
    sql = {
        "block": statements.BLOCK,
        "unblock": statements.UNBLOCK,
        "sell": statements.SELL[statements.TAKE_ALL],
    }[name]
    values = {
        "show": show.pk,
        "seats": to_array(range(1, seats + 1)),
        "reason": "",
        "user": alice.pk,
        "password_hash": None,
        "size": seats,
        "guest_name": "",
        "guest_folded": "",
        "kinds": None,
        "currency": "EUR",
        "now": show.date_time,
        "order": "7K3M-Q9XT",
    }
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
        plan = cursor.fetchone()[0][0]["Plan"]
    # To read all seats again for each seat, it would need at least 180,000 rows.
    assert seats <= rows_read(plan) <= 30 * seats


def rows_read(node):
    """The rows that a node of a plan and those below it returned or removed."""
    removed = sum(rows for name, rows in node.items() if name.startswith("Rows Removed"))
    return (node["Actual Rows"] + removed) * node["Actual Loops"] + sum(map(rows_read, node.get("Plans", [])))


def explain(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'' if ON_POSTGRESQL else 'QUERY PLAN '}{sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
