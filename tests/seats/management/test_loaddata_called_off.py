"""Shows of a fixture that were called off: their seats are blocked, and stay so."""

import json

import pytest
from django.core.management import CommandError, call_command

from cinema.seats.booking import services
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.seat_state import statuses_of
from tests.seats.management.fixture_rows import MOVIE, SHOW, live_booking

pytestmark = pytest.mark.django_db

CANCELLED_SHOW = SHOW | {"fields": SHOW["fields"] | {"status": "cancelled", "cancel_reason": "No light"}}


def test_show_of_a_fixture_that_was_called_off_has_blocked_seats(load, dump, alice, capsys):
    """It also clashes with no other show."""
    cancelled = {"cancelled_at": "2029-06-01T00:00:00Z", "cancelled_because": "show_cancelled"}
    load(MOVIE, CANCELLED_SHOW, live_booking(alice, status="cancelled", **cancelled), SHOW | {"pk": 8})
    assert statuses_of(Show(pk=7)) == "b" * 12
    assert statuses_of(Show(pk=8)) == "a" * 12
    assert "Warning" not in capsys.readouterr().err
    first = dump("shows", "seats").read_text()
    call_command("loaddata", str(dump("shows", "seats")), verbosity=0)
    assert dump("shows", "seats").read_text() == first
    assert_consistent()


def test_live_booking_of_a_show_that_was_called_off_is_not_loaded(load, alice):
    with pytest.raises(CommandError, match="seat 3: is not blocked although the show was called off"):
        load(MOVIE, CANCELLED_SHOW, live_booking(alice))
    assert not Show.objects.exists()


def test_show_that_a_fixture_calls_off_blocks_its_available_seats(load, show):
    fields = {"movie": show.movie_id, "screen_name": show.screen_name, "date_time": show.date_time.isoformat()}
    fields |= {"total_seats": 12, "status": "cancelled"}
    load({"model": "shows.show", "pk": show.pk, "fields": fields})
    assert statuses_of(show) == "b" * 12
    assert_consistent()


def test_fixture_schedules_a_show_that_was_called_off_only_together_with_its_seats(load, dump, show):
    before = json.loads(dump("shows", "seats").read_text())
    services.call_off(show_id=show.pk)
    row = next(row for row in before if row["model"] == "shows.show")
    with pytest.raises(CommandError, match=f"show {show.pk} was called off, so its seats stay blocked"):
        load(row)
    assert Show.objects.get(pk=show.pk).is_cancelled
    load(*before)
    assert not Show.objects.get(pk=show.pk).is_cancelled
    assert statuses_of(show) == "a" * 12
    assert_consistent()
