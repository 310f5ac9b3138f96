"""Answers do not depend on settings that an administrator gave to the database or to its role."""

import pytest
from django.db import connection
from django.urls import reverse

from tests.assertions import assert_consistent
from tests.conftest import Caller
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has settings of a role"),
]

PASSWORD = "plum-tart-42"
SETTINGS = [
    ("DateStyle", "'SQL, DMY'"),
    ("DateStyle", "'German'"),
    ("IntervalStyle", "'sql_standard'"),
    ("TimeZone", "'Asia/Kolkata'"),
    ("bytea_output", "'escape'"),
    ("client_encoding", "'LATIN1'"),
    ("standard_conforming_strings", "off"),
    ("extra_float_digits", "-15"),
    ("default_transaction_isolation", "'serializable'"),
]
PINNED = {
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
    "extra_float_digits": "1",
    "default_transaction_isolation": "read committed",
}


@pytest.fixture
def set_for_role(transactional_db):
    """Changes a setting for the role in the database of the tests, and reconnects."""

    def execute(statement):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            (database,) = cursor.fetchone()
            cursor.execute(f'ALTER ROLE CURRENT_USER IN DATABASE "{database}" {statement}')
        connection.close()

    yield lambda name, value: execute(f"SET {name} TO {value}")
    connection.close()
    execute("RESET ALL")


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_setting_of_the_role_changes_no_answer(anyone, client, show, set_for_role, name, value):
    boss = UserFactory(username="boss", staff=True, is_superuser=True)
    boss.set_password(PASSWORD)
    boss.save()
    caller = Caller(boss)
    show.movie.title = "\u0141\u00f3d\u017a '\\' \u2603"
    show.movie.save()
    show.seats.update(x=1.1)
    assert caller.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).status_code == 201
    pages = ["/movies/", f"/shows/{show.pk}/", f"/shows/{show.pk}/seats/", "/my-bookings/"]
    before = [caller.get(page).content for page in pages]

    set_for_role(name, value)

    assert [caller.get(page).content for page in pages] == before
    assert anyone.post("/signup", {"username": "carol", "password": PASSWORD}).status_code == 201
    form = {"username": "boss", "password": PASSWORD}
    assert anyone.post("/login", form).status_code == 200
    assert client.post("/admin/login/", form).status_code == 302
    assert client.get(reverse("admin:shows_show_changelist")).status_code == 200
    for seat_number in (2, 3):
        body = {"seat_number": seat_number}
        assert caller.post(f"/shows/{show.pk}/book/", body).status_code == 201
    assert caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [4]}, format="json").status_code == 200
    assert_consistent()


def test_session_has_our_settings_whatever_the_role_has(set_for_role):
    for name, value in SETTINGS:
        set_for_role(name, value)
    with connection.cursor() as cursor:
        values = {name: cursor.execute(f"SHOW {name}").fetchone()[0] for name in PINNED}
    assert values == PINNED
