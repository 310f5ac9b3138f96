"""The SQL, Q and Python forms of "available to this user" agree over all combinations of a seat's state."""

import ast
import re
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from django.db.models.functions import Now

from cinema.seats import status
from cinema.seats.sql.fetch import fetch_all
from tests.factories import ShowFactory
from tests.live_server import ROOT

# All states of a seat that the database's constraints allow: (taken, blocked, holder, seconds until the hold
# expires).
STATES = [
    (taken, blocked, holder, seconds)
    for taken, blocked, holder, seconds in product(
        [False, True], [False, True], [None, "alice", "bob"], [None, -60, 60]
    )
    if not (taken and blocked) and (holder is None) == (seconds is None) and not (holder and (taken or blocked))
]
SEATS_OF_SHOW = "FROM seats_seat WHERE show_id = %(show)s"


@pytest.fixture
def seats(alice, bob):
    """One seat for each of STATES, ordered by number."""
    show = ShowFactory(total_seats=len(STATES))
    user_ids = {None: None, "alice": alice.pk, "bob": bob.pk}
    for number, (taken, blocked, holder, seconds) in enumerate(STATES, start=1):
        until = None if seconds is None else Now() + timedelta(seconds=seconds)
        since = None if seconds is None else Now() - timedelta(seconds=120)
        show.seats.filter(number=number).update(
            taken=taken, blocked=blocked, held_by=user_ids[holder], held_since=since, held_until=until
        )
    return show.seats.with_held().order_by("number")


def numbers_by_sql(show_id, condition, user_id):
    """The numbers of the seats that meet a condition in SQL."""
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
    assert by_python == numbers(seats.filter(status.available_to(alice.pk)))
    assert by_python == numbers_by_sql(seats[0].show_id, status.AVAILABLE_TO_USER, alice.pk)
    assert 0 < len(by_python) < len(STATES)


def test_available_to_anybody_means_the_same_in_sql_q_and_python(seats):
    by_python = {seat.number for seat in seats if status.is_available_to(None, letter_of(seat), seat.held_by)}
    assert by_python == numbers(seats.available())
    assert by_python == numbers_by_sql(seats[0].show_id, status.AVAILABLE, None)
    assert 0 < len(by_python) < len(STATES)


def test_held_by_a_user_means_the_same_in_sql_q_and_python(seats, alice):
    by_python = {seat.number for seat in seats if letter_of(seat) == "h" and seat.held_by == alice.pk}
    assert by_python == numbers(seats.held_by(alice.pk))
    assert by_python == numbers_by_sql(seats[0].show_id, status.HELD_BY_USER, alice.pk)
    assert by_python


def test_status_letter_means_the_same_in_sql_and_python(seats):
    statement = f"SELECT number, {status.STATUS_LETTER} {SEATS_OF_SHOW}"
    by_sql = dict(fetch_all(statement, {"show": seats[0].show_id}))
    assert by_sql == {seat.number: letter_of(seat) for seat in seats}
    assert set(by_sql.values()) == set(status.STATUSES)


# --- Only `booking/` and `integrity.py` write the columns of a status -------------------

STATUS_COLUMN = re.compile(r"taken|held_by|held_since|held_until")
WRITING_SQL = re.compile(
    rf"\bSET\b.*?\b({STATUS_COLUMN.pattern})\s*=|INSERT INTO seats_seat[^)]*\b({STATUS_COLUMN.pattern})\b",
    re.DOTALL,
)
READING_CALLS = {"filter", "exclude", "get", "Q", "OuterRef", "status_letter", "format_html"}


def lines_that_write(source):
    """Yields the lines that write a status column by SQL, keyword, dictionary key, assignment or setattr."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            if name not in READING_CALLS and any(
                STATUS_COLUMN.fullmatch(keyword.arg or "") for keyword in node.keywords
            ):
                yield node.lineno
            if name == "setattr" and not isinstance(node.args[1], ast.Constant):
                yield node.lineno
        elif isinstance(node, ast.Dict):
            if any(
                is_status_column(key) and not is_count(value)
                for key, value in zip(node.keys, node.values, strict=True)
            ):
                yield node.lineno
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(
                isinstance(target, ast.Attribute) and STATUS_COLUMN.fullmatch(target.attr) for target in targets
            ):
                yield node.lineno
        elif isinstance(node, ast.Constant | ast.JoinedStr) and WRITING_SQL.search(ast.unparse(node)):
            yield node.lineno


def is_status_column(key):
    return isinstance(key, ast.Constant) and bool(STATUS_COLUMN.fullmatch(str(key.value)))


def is_count(value):
    """The seat map has a key `taken` too, for the number of taken seats."""
    return isinstance(value, ast.Constant) and type(value.value) is int


SOURCES = [path for path in (ROOT / "cinema").rglob("*.py") if "migrations" not in path.parts]


def test_only_booking_statements_and_integrity_write_the_status_columns():
    writers = {
        path.relative_to(ROOT / "cinema/seats") for path in SOURCES if list(lines_that_write(path.read_text()))
    }
    others = {path for path in writers if path.parent != Path("booking/statements")}
    assert writers > others == {Path("integrity.py")}


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
def test_check_finds_each_way_to_write_a_status_column(source):
    assert list(lines_that_write(source))


@pytest.mark.parametrize("source", ["Seat.objects.filter(taken=True)", "run('SELECT taken FROM seats_seat')"])
def test_check_ignores_code_that_only_reads_a_status_column(source):
    assert not list(lines_that_write(source))
