"""The SQL, Q and Python forms of "available to this user" agree over all combinations of a seat's state."""

import ast
import re
from datetime import timedelta
from itertools import product

import pytest
from django.db.models.functions import Now

from cinema.seats import status
from cinema.seats.sql.fetch import fetch_all
from tests.factories import ShowFactory
from tests.live_server import ROOT

# The combinations that the database's constraints allow, and who holds the seat until when.
STATES = [
    (taken, blocked, holder, expires)
    for taken, blocked, holder, expires in product(
        [False, True], [False, True], [None, "alice", "bob"], [None, -60, 60]
    )
    if not (taken and blocked) and (holder is None) == (expires is None) and not (holder and (taken or blocked))
]
SEATS_OF_SHOW = "FROM seats_seat WHERE show_id = %(show)s"


@pytest.fixture
def seats(alice, bob):
    """One seat for each state, by number."""
    show = ShowFactory(total_seats=len(STATES))
    holders = {None: None, "alice": alice.pk, "bob": bob.pk}
    for number, (taken, blocked, holder, expires) in enumerate(STATES, start=1):
        until = None if expires is None else Now() + timedelta(seconds=expires)
        since = None if expires is None else Now() - timedelta(seconds=120)
        show.seats.filter(number=number).update(
            taken=taken, blocked=blocked, held_by=holders[holder], held_since=since, held_until=until
        )
    return show.seats.with_held().order_by("number")


def in_sql(show_id, condition, user_id):
    user = {"user": user_id} if "%(user)s" in condition else {}
    statement = f"SELECT number {SEATS_OF_SHOW} AND {condition}"
    return {number for (number,) in fetch_all(statement, {"show": show_id, **user})}


def numbers(queryset):
    return set(queryset.values_list("number", flat=True))


def letter_of(seat):
    return status.status_letter(taken=seat.taken, blocked=seat.blocked, held=seat.held)


def test_available_to_a_user_means_the_same_in_sql_q_and_python(seats, alice):
    by_python = {
        seat.number for seat in seats if status.is_available_to(alice.pk, letter_of(seat), seat.held_by)
    }
    assert by_python == numbers(seats.available_to(alice.pk))
    assert by_python == in_sql(seats[0].show_id, status.AVAILABLE_TO_USER, alice.pk)
    assert 0 < len(by_python) < len(STATES)


def test_available_to_anybody_means_the_same_in_sql_q_and_python(seats):
    by_python = {seat.number for seat in seats if status.is_available_to(None, letter_of(seat), seat.held_by)}
    assert by_python == numbers(seats.available())
    assert by_python == in_sql(seats[0].show_id, status.AVAILABLE, None)
    assert 0 < len(by_python) < len(STATES)


def test_held_by_a_user_means_the_same_in_sql_q_and_python(seats, alice):
    by_python = {seat.number for seat in seats if letter_of(seat) == "h" and seat.held_by == alice.pk}
    assert by_python == numbers(seats.held_by(alice.pk))
    assert by_python == in_sql(seats[0].show_id, status.HELD_BY_USER, alice.pk)
    assert by_python


def test_status_letter_means_the_same_in_sql_and_python(seats):
    statement = f"SELECT number, {status.STATUS_LETTER} {SEATS_OF_SHOW}"
    by_sql = dict(fetch_all(statement, {"show": seats[0].show_id}))
    assert by_sql == {seat.number: letter_of(seat) for seat in seats}
    assert set(by_sql.values()) == set(status.STATUSES)


# --- Who writes the status --------------------------------------------------------------

STATE = re.compile(r"taken|held_by|held_since|held_until")
WRITING_SQL = re.compile(
    rf"\bSET\b.*?\b({STATE.pattern})\s*=|INSERT INTO seats_seat[^)]*\b({STATE.pattern})\b", re.DOTALL
)
READING_CALLS = {"filter", "exclude", "get", "Q", "OuterRef", "status_letter", "format_html"}


def writes(source):
    """The lines that write `taken` or `held_*`: as SQL, keyword, dictionary key, assignment or by setattr."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            if name not in READING_CALLS and any(STATE.fullmatch(word.arg or "") for word in node.keywords):
                yield node.lineno
            if name == "setattr" and not isinstance(node.args[1], ast.Constant):
                yield node.lineno
        elif isinstance(node, ast.Dict):
            if any(
                is_state(key) and not is_count(value) for key, value in zip(node.keys, node.values, strict=True)
            ):
                yield node.lineno
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute) and STATE.fullmatch(target.attr) for target in targets):
                yield node.lineno
        elif isinstance(node, ast.Constant | ast.JoinedStr) and WRITING_SQL.search(ast.unparse(node)):
            yield node.lineno


def is_state(key):
    return isinstance(key, ast.Constant) and bool(STATE.fullmatch(str(key.value)))


def is_count(value):
    """An answer counts the taken seats of a show under the same name."""
    return isinstance(value, ast.Constant) and type(value.value) is int


SOURCES = [path for path in (ROOT / "cinema").rglob("*.py") if "migrations" not in path.parts]


def test_only_the_booking_room_and_integrity_write_who_has_a_seat():
    writers = {str(path.relative_to(ROOT)) for path in SOURCES if list(writes(path.read_text()))}
    assert writers == {"cinema/seats/booking/statements.py", "cinema/seats/integrity.py"}


@pytest.mark.parametrize(
    "source",
    [
        "Seat.objects.update(taken=True)",
        "Seat(held_by=1)",
        "seats.update(**{'taken': False})",
        "seat.held_until = None",
        "setattr(seat, name, value)",
        "cursor.execute('UPDATE seats_seat SET taken = TRUE')",
        "run(f'UPDATE seats_seat SET x = {x}, held_by = NULL')",
        "run('INSERT INTO seats_seat (show_id, number, taken) VALUES (1, 1, TRUE)')",
    ],
)
def test_each_way_of_writing_is_found(source):
    assert list(writes(source))


@pytest.mark.parametrize("source", ["Seat.objects.filter(taken=True)", "run('SELECT taken FROM seats_seat')"])
def test_reading_is_not_found(source):
    assert not list(writes(source))
