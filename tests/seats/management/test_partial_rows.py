"""Rows of a fixture without some fields: a row that exists keeps them."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.serializers import serialize
from django.db.models import F
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.booking.door import admit
from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, ShowFactory, add_price_list
from tests.seat_state import block, statuses_of
from tests.seats.management.fixture_rows import MOVIE, SHOW, live_booking, seat

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", ["json", "jsonl", "xml", "yaml"])
def test_row_that_exists_keeps_the_fields_that_a_fixture_does_not_have(form, tmp_path, dump, alice, show):
    """Otherwise a show that was called off or archived would be on sale again, and so would a broken seat. A
    booking would lose its price and its order."""
    old, plain = ShowFactory(), ShowFactory()
    for each in (show, old, plain):
        each.price_list = add_price_list([("", "Adult", 1250)], name=each.screen_name)
        each.format, each.on_sale_from = "OV", timezone.now() - timedelta(days=200)
        each.save()
    booking = BookingFactory(user=alice, show=plain, seat_number=3)
    admit(show_id=plain.pk, code=booking.ticket)
    block(plain, 4, reason="broken")
    Seat.objects.filter(show=plain, number__in=(1, 2)).update(pair=3 - F("number"), companion=True)
    BookingFactory(user=alice, show=old, seat_number=3)
    services.call_off(show_id=show.pk, reason="No light")
    Show.objects.filter(pk=old.pk).update(date_time=timezone.now() - timedelta(days=100))
    call_command("archive_shows", verbosity=0)
    before = dump("auth.user", "shows", "seats").read_text()

    rows = [
        *Show.objects.all(),
        *Movie.objects.all(),
        *Seat.objects.all(),
        Booking.objects.get(show=plain),
        alice,
    ]
    names = ("movie", "screen_name", "date_time", "total_seats", "title", "show", "number", "user", "username")
    path = tmp_path / f"partial.{form}"
    path.write_text(serialize(form, rows, fields=names))
    call_command("loaddata", path, verbosity=0)

    assert dump("auth.user", "shows", "seats").read_text() == before
    assert_consistent()


def test_fixture_that_has_a_part_of_a_state_decides_all_of_it(load, alice, bob):
    """The database would refuse a mixture of the file's state and the present one."""
    load(MOVIE, SHOW, live_booking(alice))
    services.cancel(booking_id=1)
    services.hold_seats(user_id=bob.pk, show_id=7, seat_numbers=[5])
    load(live_booking(alice), {"model": "seats.seat", "pk": [7, 5], "fields": {"blocked": True}})
    assert statuses_of(Show(pk=7)) == "aatabaaaaaaa"
    load({"model": "seats.booking", "pk": 1, "fields": {"user": None, "guest_name": "Ada"}})
    stored = Booking.objects.get()
    assert (stored.user, stored.guest_name, stored.status, stored.cancelled_at) == (None, "Ada", "booked", None)
    assert_consistent()


def test_seat_that_stands_twice_in_a_fixture_keeps_the_fields_of_the_first_row(load):
    row = seat(1, category="Box", companion=True)
    load(MOVIE, SHOW, row, {**row, "fields": {"blocked": True}})
    stored = Seat.objects.get(number=1)
    assert (stored.category, stored.companion, stored.blocked) == ("Box", True, True)


def test_show_that_exists_keeps_its_total_unless_its_new_screen_has_a_plan(load):
    fields = {name: value for name, value in SHOW["fields"].items() if name != "total_seats"}
    load(MOVIE, SHOW)
    load(SHOW | {"fields": {"format": "OV"}})
    assert (Show.objects.get().total_seats, Show.objects.get().format) == (12, "OV")
    SeatingPlan.objects.create(screen_name="Round", plan="Z | ...")
    load(SHOW | {"fields": fields | {"screen_name": "Round"}})
    assert Show.objects.get().total_seats == 3
    assert_consistent()
