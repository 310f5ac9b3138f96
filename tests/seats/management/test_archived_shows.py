"""Archived shows: their pages, their bookings, fixtures of them and `check_seats`."""

import json
import re
from datetime import timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from cinema.seats.layout.archive import archive
from cinema.seats.layout.materialize import materialize_seats_locked
from cinema.seats.models import Booking, Seat
from cinema.shows.models import Movie, Show
from tests.admin_forms import show_form
from tests.assertions import assert_consistent, assert_problem
from tests.concurrency import rival_after_first_statement
from tests.factories import UNUSED_ID, ShowFactory, permit, permit_to_manage_shows
from tests.seats.management.archiving import run

pytestmark = pytest.mark.django_db


def test_map_availability_and_events_of_an_archived_show_are_gone(old, anyone):
    paths = [f"/shows/{old.pk}/{name}/" for name in ("seats", "availability")]
    etags = {path: anyone.get(path)["ETag"] for path in paths}
    run()
    for path in [*paths, f"/shows/{old.pk}/events/", f"/events/?shows={ShowFactory().pk},{old.pk}"]:
        body = assert_problem(anyone.get(path), 410, "archived")
        assert (
            body["detail"] == "This show ended long ago, and its seats were removed. Choose an upcoming show."
        )
    for path, etag in etags.items():
        assert_problem(anyone.get(path, headers={"If-None-Match": etag}), 410, "archived")
        assert_problem(anyone.get(path, headers={"If-None-Match": "*"}), 410, "archived")
    assert_problem(anyone.get(f"/shows/{UNUSED_ID}/seats/"), 404, "not_found")


def test_seat_map_read_while_its_show_is_archived_is_gone(old, anyone):
    """The show is read first, and its seats by the next statement."""
    with rival_after_first_statement(partial(archive, old.pk, ended_before=timezone.now())):
        assert_problem(anyone.get(f"/shows/{old.pk}/seats/"), 410, "archived")


def test_archived_show_is_listed_without_available_seats_and_not_sold(archived, anyone, as_bob):
    shown = anyone.get(f"/shows/{archived.pk}/").json()
    assert (shown["total_seats"], shown["available_seats"]) == (12, 0)
    assert anyone.get("/shows/").json()["results"] == [shown]
    path = f"/shows/{archived.pk}"
    assert_problem(as_bob.post(f"{path}/book/", {"seat_number": 1}), 409, "show_started")
    hold = json.dumps({"seat_numbers": [1, 2]})
    assert_problem(as_bob.put(f"{path}/hold/", hold, content_type="application/json"), 409, "show_started")
    hold = json.dumps({"best": 2})
    assert_problem(as_bob.put(f"{path}/hold/", hold, content_type="application/json"), 409, "show_started")


def test_archived_show_is_not_changed_and_gets_no_seats_again(archived, sam, as_staff, as_alice):
    path = f"/shows/{archived.pk}/"
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    for body in ({"total_seats": 20}, {"date_time": tomorrow, "keep_bookings": True}, {"format": "OV"}, {}):
        assert_problem(as_staff.patch(path, body), 409, "show_archived")
    permit(sam, "change_seat")
    for blocked in (True, False):
        body = {"seat_numbers": [5], "blocked": blocked}
        assert_problem(as_staff.patch(f"{path}seats/", body), 409, "show_archived")
    (booking,) = as_alice.get("/my-bookings/?status=booked").json()["results"]
    assert_problem(as_alice.post(f"/bookings/{booking['id']}/cancel/"), 409, "show_started")
    permit_to_manage_shows(sam)
    assert "archive_shows --delete" in assert_problem(as_staff.delete(path), 409, "has_bookings")["detail"]
    stdout = StringIO()
    call_command("lay_out_seats", stdout=stdout)
    assert stdout.getvalue() == "Added the seats of 0 shows.\n"
    materialize_seats_locked(archived.pk)
    assert not Seat.objects.exists()
    call_command("check_seats", "--fix", "--renew-versions", stdout=StringIO())
    assert not Seat.objects.exists()
    Booking.objects.all().delete()
    assert as_staff.delete(path).status_code == 204


def test_admin_shows_an_archived_show_with_its_bookings_and_without_a_form(archived, admin_client):
    lists = [reverse(f"admin:{name}_changelist") for name in ("shows_show", "seats_hall", "seats_booking")]
    movie = reverse("admin:shows_movie_change", args=[archived.movie_id])
    change = reverse("admin:shows_show_change", args=[archived.pk])
    for page in (lists[0], lists[1], movie, change):
        assert "1 of 12 (8 %)" in admin_client.get(page).content.decode(), page
    assert 'name="_save"' not in admin_client.get(change).content.decode()
    assert admin_client.post(change, show_form(archived, total_seats=20)).status_code == 403
    hall = admin_client.get(reverse("admin:seats_hall_change", args=[archived.pk])).content.decode()
    assert "its seats were removed" in hall
    (link,) = re.findall(r'href="([^"]*)">Its bookings stay', hall)
    assert "A3" in admin_client.get(link).content.decode()
    assert (
        admin_client.post(reverse("admin:seats_hall_change", args=[archived.pk]), {"act": "block"}).status_code
        == 302
    )
    inline = {f"shows-0-{name}": value for name, value in show_form(archived, total_seats=20).items()}
    counts = {"shows-TOTAL_FORMS": 1, "shows-INITIAL_FORMS": 1, "shows-0-id": archived.pk}
    form = {"title": "Rope", "duration_minutes": 80} | counts | inline
    assert "archived, so it can&#x27;t be changed" in admin_client.post(movie, form).content.decode()
    form |= {"shows-0-total_seats": 12}
    assert admin_client.post(movie, form).status_code == 302
    assert Movie.objects.get().title == "Rope"
    confirmation = admin_client.get(reverse("admin:shows_show_delete", args=[archived.pk])).content.decode()
    assert "Seats: 0" in confirmation


# --- Fixtures and check_seats ----------------------------------------------------------


def test_dump_of_an_archived_show_loads_without_seats_and_dumps_equal(archived, tmp_path, dump):
    first = dump("auth.user", "shows", "seats").read_bytes()
    Booking.objects.all().delete()
    Show.objects.all().delete()
    for _ in range(2):
        call_command("loaddata", tmp_path / "dump.json", verbosity=0)
        assert not Seat.objects.exists()
        assert dump("auth.user", "shows", "seats").read_bytes() == first
    assert_consistent()


def test_older_dump_brings_the_seats_of_an_archived_show_back(old, dump, anyone):
    fixture = dump("shows", "seats")
    version = anyone.get(f"/shows/{old.pk}/availability/").json()["version"]
    run()
    call_command("loaddata", fixture, verbosity=0)
    state = anyone.get(f"/shows/{old.pk}/availability/").json()
    assert state["statuses"] == "aataaaaaaaaa"
    assert state["version"] > version
    assert_consistent()


def test_load_of_an_archived_show_removes_the_seats_that_it_has(archived, dump):
    fixture = dump("shows")
    Show.objects.update(archived=False)
    call_command("lay_out_seats", stdout=StringIO())
    assert Seat.objects.count() == 12
    call_command("loaddata", fixture, verbosity=0)
    assert not Seat.objects.exists()
    assert_consistent()


def test_fixture_with_an_archived_show_that_has_not_started_is_refused(show, dump):
    Show.objects.update(archived=True)
    fixture = dump("shows")
    Show.objects.update(archived=False)
    with pytest.raises(CommandError, match="is archived, but has 12 seats"):
        call_command("loaddata", fixture, verbosity=0)
    assert Seat.objects.count() == 12


def test_check_seats_finds_seats_of_an_archived_show_and_removes_them(old):
    Show.objects.update(archived=True)
    stdout = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_seats", stdout=stdout, stderr=StringIO())
    assert stdout.getvalue() == f"show {old.pk}: is archived, but has 12 seats\n"
    call_command("check_seats", "--fix", stdout=StringIO())
    assert_consistent()
    assert not Seat.objects.exists()
