"""Every statement on seats and bookings names its show, so that both tables can be distributed by show."""

import re
from functools import partial
from importlib import import_module
from pkgutil import iter_modules

import pytest
from django.db import connection

from cinema.seats.booking import services, till
from cinema.seats.booking import statements as all_statements
from cinema.seats.booking.best_seats import hold_best
from cinema.seats.booking.move import move
from cinema.seats.exceptions import SeatTaken
from cinema.seats.halls.plan_json import places
from cinema.seats.layout.materialize import materialize_seats
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, Seat
from cinema.seats.seat_map import queries
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory
from tests.seats.plan_samples import without

pytestmark = pytest.mark.django_db

DISTRIBUTED_TABLE = re.compile(r"\bseats_(seat|booking)\b")
# `show_id` is compared with a value, or it is one of the inserted columns.
NAMES_SHOW = re.compile(
    r"""\bshow_id"?\ (=|IN)\ \(?(%s|%\(show\)s|\d+|ANY\(%\(shows\)s|SELECT\ value\ FROM\ json_each\(%\(shows\)s)
    |"shows_show"."id"\ =\ (%s|\d+)\b.*|INSERT\ INTO\ "?seats_(seat|booking)"?\s+\([^)]*\bshow_id\b""",
    re.VERBOSE | re.DOTALL,
)


def statements(action):
    """The statements on seats and bookings that the action runs."""
    executed = []

    def record(execute, sql, params, many, context):
        executed.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        action()
    return [sql for sql in executed if DISTRIBUTED_TABLE.search(sql)]


def book_taken_seat(user, show):
    with pytest.raises(SeatTaken):
        services.book(user_id=user.pk + 1, show_id=show.pk, seat_number=1)


ACTIONS = {
    "book": lambda user, show: services.book(user_id=user.pk, show_id=show.pk, seat_number=2),
    "book with an idempotency key": lambda user, show: services.book(
        user_id=user.pk, show_id=show.pk, seat_number=2, key="k"
    ),
    "book a taken seat": book_taken_seat,
    "hold": lambda user, show: services.hold_seats(user_id=user.pk, show_id=show.pk, seat_numbers=[2, 3]),
    "hold the best": lambda user, show: hold_best(user_id=user.pk, show_id=show.pk, size=2),
    "read the hold": lambda user, show: services.current_hold(user_id=user.pk, show_id=show.pk),
    "release": lambda user, show: services.release_hold(user_id=user.pk, show_id=show.pk),
    "book the hold": lambda user, show: services.book_hold(user_id=user.pk, show_id=show.pk),
    "book the hold with an idempotency key": lambda user, show: services.book_hold(
        user_id=user.pk, show_id=show.pk, key="k"
    ),
    "call off": lambda user, show: services.call_off(show_id=show.pk),
    "sell": lambda user, show: till.sell(clerk_id=user.pk, show_id=show.pk, seat_numbers=[2, 3], key="k"),
    "sell blocked seats": lambda user, show: till.sell(
        clerk_id=user.pk, show_id=show.pk, seat_numbers=[2, 3], also_blocked=True
    ),
    "version": lambda user, show: queries.show_snapshot(show.pk, with_version=True),
    "versions": lambda user, show: queries.versions([show.pk]),
    "seat map": lambda user, show: queries.seat_map(queries.show_snapshot(show.pk)),
    "availability": lambda user, show: queries.seats_snapshot(show.pk),
    "grow": lambda user, show: materialize_seats(_resize(show, 70)),
    "shrink": lambda user, show: materialize_seats(_resize(show, 50)),
    "re-layout": lambda user, show: relayout(show, places(without("a2"))),
}


def _resize(show, total):
    """Changes the number of seats, but not the seats yet."""
    Show.objects.filter(pk=show.pk).update(total_seats=total)
    show.total_seats = total
    return show


@pytest.mark.parametrize("orphan_rule", [False, True], ids=["no rule", "orphan rule"])
@pytest.mark.parametrize("action", ACTIONS)
def test_every_statement_names_the_show(alice, bob, settings, action, orphan_rule):
    settings.ORPHAN_RULE = orphan_rule
    show = ShowFactory(total_seats=60)
    BookingFactory(user=alice, show=show, seat_number=1)
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[7, 8])
    executed = statements(lambda: ACTIONS[action](alice, show))
    assert executed
    for sql in executed:
        assert NAMES_SHOW.search(sql), sql


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL only")
def test_statement_that_locks_rows_names_their_order():
    """Without it, two statements could deadlock. The usual plan keeps the order anyway, so no race shows it."""
    modules = [
        import_module(f"{all_statements.__name__}.{m.name}") for m in iter_modules(all_statements.__path__)
    ]
    texts = [text for module in modules for text in vars(module).values() if isinstance(text, str)]
    locks = [text for text in texts if "FROM seats_" in text and "FOR NO KEY UPDATE" in text]
    assert len(locks) > 15
    for text in locks:
        for before in text.split("FOR NO KEY UPDATE")[:-1]:
            assert re.search(r"ORDER BY (number|id)\s*$", before), text


def test_cancel_looks_up_the_show_of_the_booking_and_names_it_from_then_on(alice, show):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    look_up, *rest = statements(lambda: services.cancel(booking_id=booking.pk, user_id=alice.pk))
    assert look_up.startswith("SELECT")
    assert len(rest) == (1 if connection.vendor == "postgresql" else 2)
    for sql in rest:
        assert NAMES_SHOW.search(sql), sql


def test_move_looks_up_the_show_of_the_booking_and_names_it_from_then_on(alice, show):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    action = partial(move, booking_id=booking.pk, seat_number=2, user_id=alice.pk)
    look_up, *rest = statements(action)
    assert look_up.startswith("SELECT")
    assert len(rest) == 5
    for sql in rest:
        assert NAMES_SHOW.search(sql), sql


def test_check_finds_statements_that_name_no_show(alice, show):
    for query in (
        lambda: list(Booking.objects.by(alice.pk).with_details()),
        lambda: list(Seat.objects.filter(number=1).values("show")),
        lambda: list(Show.objects.filter(seats__taken=True)),
    ):
        (sql,) = statements(query)
        assert not NAMES_SHOW.search(sql), sql


def test_booking_that_is_saved_again_does_not_set_its_show(alice, show):
    """Citus refuses to set the distribution column, even to the value that it has."""
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    updates = [sql for sql in statements(booking.save) if sql.startswith('UPDATE "seats_booking"')]
    assert len(updates) == 1
    assert '"show_id" = ' not in updates[0].partition(" WHERE ")[0]
    assert '"show_id" = ' in updates[0].partition(" WHERE ")[2]


def test_booking_can_be_moved_to_another_show_on_a_database_without_citus(alice, show):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    booking.show = ShowFactory()
    booking.save(update_fields=["show"])
    assert Booking.objects.get().show == booking.show
    assert_consistent()
