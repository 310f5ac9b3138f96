"""The fixture `demo`, and the command that loads it into an empty database."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_demo_loads_into_an_empty_database_and_over_itself():
    call_command("loaddata", "demo", verbosity=0)
    assert Movie.objects.count() >= 5
    assert Show.objects.count() >= 12
    assert len(set(Show.objects.values_list("total_seats", flat=True))) >= 5
    user = UserFactory()
    for show in Show.objects.all():
        seat = show.seats.filter(pair=None).last()
        services.book(user_id=user.pk, show_id=show.pk, seat_number=seat.number)
    assert_consistent()

    call_command("loaddata", "demo", verbosity=0)
    assert Booking.objects.live().count() == Show.objects.count()
    assert_consistent()


def test_demo_has_a_hall_with_sofas_and_companion_seats(anyone):
    call_command("loaddata", "demo", verbosity=0)
    show = Show.objects.filter(screen_name="Studio").first()
    seats = {seat["label"]: seat for seat in anyone.get(f"/shows/{show.pk}/seats/").json()["seats"]}
    assert [label for label, seat in seats.items() if seat["companion"]] == ["D2"]
    assert seats["D1"]["accessible"]
    sofas = [(seat["label"], seat["pair"]) for seat in seats.values() if seat["pair"]]
    assert sofas == [("E1", 22), ("E2", 21), ("E3", 24), ("E4", 23)]


def test_demo_reopens_its_shows_that_were_archived():
    call_command("loaddata", "demo", verbosity=0)
    Show.objects.update(date_time=timezone.now() - timedelta(days=100))
    call_command("archive_shows", verbosity=0)
    assert not Seat.objects.exists()
    call_command("loaddata", "demo", verbosity=0)
    assert Seat.objects.count() == sum(Show.objects.values_list("total_seats", flat=True))
    assert_consistent()


def test_demo_shows_are_in_the_week_after_loading():
    call_command("loaddata", "demo", verbosity=0)
    today = datetime.now(UTC).date()
    days = {show.date_time.date() for show in Show.objects.all()}
    assert min(days) == today + timedelta(days=1)
    assert max(days) <= today + timedelta(days=7)


def test_load_demo_does_nothing_if_there_are_movies(capsys):
    call_command("load_demo")
    shows = Show.objects.count()
    assert shows
    Show.objects.all().delete()
    call_command("load_demo")
    assert not Show.objects.exists()


def test_demo_keeps_other_seating_plans(db):
    for screen in ("Mine", "Box"):
        SeatingPlan.objects.create(screen_name=screen, plan="A | ....")
    call_command("loaddata", "demo", verbosity=0)
    assert SeatingPlan.objects.get(screen_name="Mine").plan == "A | ...."
    assert_consistent()
