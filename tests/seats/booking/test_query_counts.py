"""Costs that do not depend on the machine: statements, response sizes and index updates."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cinema.seats.booking import services
from tests.conftest import Caller
from tests.factories import BookingFactory, MovieFactory, ShowFactory, UserFactory, permit

pytestmark = pytest.mark.django_db

ON_POSTGRESQL = connection.vendor == "postgresql"

# BEGIN, COMMIT and savepoints are not counted. A statement that changes a seat or lists bookings checks the
# token's user itself.
STATEMENT_COUNTS = {
    "book": 1 if ON_POSTGRESQL else 2,
    # SQLite records the request with the booking, PostgreSQL in the same statement.
    "book with a key": 1 if ON_POSTGRESQL else 2,
    "book a taken seat": 3,
    # PostgreSQL first locks the user.
    "hold two seats": 2 if ON_POSTGRESQL else 1,
    # PostgreSQL: lock, book. SQLite: take the seats, and record each of the two bookings.
    "book the hold": 2 if ON_POSTGRESQL else 3,
    "book the hold with a key": 2 if ON_POSTGRESQL else 3,
    "release the hold": 2 if ON_POSTGRESQL else 1,
    # Both look up the show first. SQLite then cancels and frees the seat.
    "cancel": 2 if ON_POSTGRESQL else 3,
    # The user of the token, with two kinds of permissions. PostgreSQL sells in one statement, SQLite in three.
    "sell two seats": 4 if ON_POSTGRESQL else 6,
    # The map is kept from the call that read its ETag.
    "seats": 1,
    "seats, unchanged": 1,
    "availability": 1,
    "availability, unchanged": 1,
    # One statement checks that the shows exist.
    "events of three shows, once": 2,
    "movies": 1,
    # The second one counts the available seats.
    "shows of a movie": 2,
    "a show": 2,
    "my bookings": 1,
}


def captured_statements(action):
    """The statements that the action runs, without those of savepoints."""
    with CaptureQueriesContext(connection) as queries:
        action()
    return [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


@pytest.mark.parametrize("call", STATEMENT_COUNTS)
def test_call_runs_a_fixed_number_of_statements(anyone, as_alice, alice, bob, sam, show, call):
    as_clerk = Caller(permit(sam, "sell_seats"))
    BookingFactory(show=show, user=bob, seat_number=2)
    booking = BookingFactory(show=show, user=alice, seat_number=3)
    if call in ("book the hold", "book the hold with a key", "release the hold"):
        services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[5, 6])
    seats, availability = f"/shows/{show.pk}/seats/", f"/shows/{show.pk}/availability/"
    hold, two_seats = f"/shows/{show.pk}/hold/", {"seat_numbers": [5, 6]}
    key = {"Idempotency-Key": "k"}
    shows = f"{show.pk},{ShowFactory().pk},{ShowFactory().pk}"
    unchanged = {path: {"If-None-Match": anyone.get(path)["ETag"]} for path in (seats, availability)}
    calls = {
        "book": lambda: as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}),
        "book with a key": lambda: as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}, headers=key),
        "book a taken seat": lambda: as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 2}),
        "hold two seats": lambda: as_alice.put(hold, two_seats, format="json"),
        "book the hold": lambda: as_alice.post(f"{hold}book/"),
        "book the hold with a key": lambda: as_alice.post(f"{hold}book/", headers=key),
        "release the hold": lambda: as_alice.delete(hold),
        "cancel": lambda: as_alice.post(f"/bookings/{booking.pk}/cancel/"),
        "sell two seats": lambda: as_clerk.post(f"/shows/{show.pk}/sell/", two_seats),
        "seats": lambda: anyone.get(seats),
        "seats, unchanged": lambda: anyone.get(seats, headers=unchanged[seats]),
        "availability": lambda: anyone.get(availability),
        "availability, unchanged": lambda: anyone.get(availability, headers=unchanged[availability]),
        "events of three shows, once": lambda: anyone.get(f"/events/?shows={shows}&once=true"),
        "movies": lambda: anyone.get("/movies/"),
        "shows of a movie": lambda: anyone.get(f"/movies/{show.movie_id}/shows/"),
        "a show": lambda: anyone.get(f"/shows/{show.pk}/"),
        "my bookings": lambda: as_alice.get("/my-bookings/"),
    }
    executed = captured_statements(calls[call])
    assert len(executed) == STATEMENT_COUNTS[call], executed


def test_show_without_a_plan_and_its_seats_are_inserted_by_two_statements():
    movie = MovieFactory()
    executed = captured_statements(lambda: ShowFactory(movie=movie, total_seats=300))
    tables = [match[1] for sql in executed if (match := re.search(r'INSERT INTO "?(\w+)', sql))]
    assert tables == ["shows_show", "seats_seat"]
    # The others lock the programme, and look for the screen and for shows that overlap.
    assert len(executed) <= 8, executed


def test_seat_has_at_most_170_bytes_in_the_seat_map_and_one_in_the_availability(anyone):
    show = ShowFactory(total_seats=300)
    seats = anyone.get(f"/shows/{show.pk}/seats/")
    availability = anyone.get(f"/shows/{show.pk}/availability/")
    assert len(seats.content) < 300 * 170
    assert len(availability.content) < 300 + 200


@pytest.mark.skipif(not ON_POSTGRESQL, reason="PostgreSQL only")
@pytest.mark.django_db(transaction=True)
def test_booking_and_cancel_update_the_seat_without_writing_indexes():
    """PostgreSQL calls these heap-only tuple (HOT) updates."""
    show, user = ShowFactory(total_seats=200), UserFactory()
    before = count_seat_updates()
    bookings = [services.book(user_id=user.pk, show_id=show.pk, seat_number=seat) for seat in range(1, 201)]
    for booking in bookings:
        services.cancel(booking_id=booking.pk, user_id=user.pk)
    updates, hot_updates = (now - then for now, then in zip(count_seat_updates(), before, strict=True))
    assert updates >= 400
    # Other processes may report updates of earlier tests only now, and those may have written indexes.
    updates_of_others = updates - 400
    # An index on a status column prevents all of them. A long transaction of another process, also in another
    # database, keeps old rows. Then the free space of the pages (fillfactor) is enough for a third of them.
    assert updates - hot_updates - updates_of_others <= 0.7 * 400


def count_seat_updates():
    """The number of updates of seats so far, as far as they are reported: all, and HOT ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'seats_seat'")
        return cursor.fetchone()
