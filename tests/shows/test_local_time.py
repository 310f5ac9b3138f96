"""The cinema's time zone: times without an offset are its wall times, in the API, the admin and fixtures."""

import json
from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from django.utils import timezone

from cinema.shows.fields import ShowTimeField
from cinema.shows.models import Show
from cinema.shows.times import end_of_day, start_of_day, to_local
from tests.admin_forms import show_form
from tests.factories import BookingFactory, MovieFactory, ShowFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def berlin(settings):
    """Clocks go forward on 2031-03-30 at 02:00 and back on 2031-10-26 at 03:00."""
    settings.TIME_ZONE = "Europe/Berlin"


def add_show(client, date_time, **fields):
    body = {"screen_name": "Studio", "date_time": date_time, "total_seats": 3, **fields}
    return client.post(f"/movies/{MovieFactory().pk}/shows/", body)


@pytest.mark.parametrize(
    ("zone", "date_time", "local_time"),
    [
        ("Europe/Berlin", "2031-03-29T18:00:00Z", "2031-03-29T19:00:00+01:00"),
        ("Europe/Berlin", "2031-03-30T17:00:00Z", "2031-03-30T19:00:00+02:00"),
        ("Asia/Kolkata", "2031-03-30T13:30:00Z", "2031-03-30T19:00:00+05:30"),
        ("Pacific/Kiritimati", "2031-03-30T17:00:00Z", "2031-03-31T07:00:00+14:00"),
    ],
)
def test_answers_have_utc_and_the_local_time(settings, as_staff, as_alice, alice, zone, date_time, local_time):
    settings.TIME_ZONE = zone
    created = add_show(as_staff, date_time).json()
    booking = BookingFactory(show=Show.objects.get(), user=alice)
    answers = [
        created,
        as_alice.get(f"/shows/{created['id']}/").json(),
        as_alice.get("/shows/").json()["results"][0],
        as_alice.get(f"/shows/{created['id']}/seats/").json()["show"],
        as_alice.get("/my-bookings/").json()["results"][0]["show"],
        as_alice.post(f"/bookings/{booking.pk}/cancel/").json()["show"],
    ]
    for answer in answers:
        assert (answer["date_time"], answer["local_time"]) == (date_time, local_time)


def test_all_other_times_are_utc(berlin, as_alice, show):
    hold = as_alice.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [1]}, format="json").json()
    assert hold["expires_at"].endswith("Z")
    booking = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).json()
    assert booking["created_at"].endswith("Z")
    assert as_alice.get(f"/shows/{show.pk}/").json()["ends_at"].endswith("Z")


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2031-03-29T19:00:00", "2031-03-29T18:00:00Z"),
        ("2031-03-30T19:00:00", "2031-03-30T17:00:00Z"),
        ("2031-03-30T19:00:00-05:00", "2031-03-31T00:00:00Z"),
        # The clocks show 02:30 twice. The first time counts.
        ("2031-10-26T02:30:00", "2031-10-26T00:30:00Z"),
    ],
)
def test_time_without_an_offset_is_the_cinemas(berlin, as_staff, typed, moment):
    response = add_show(as_staff, typed)
    assert response.status_code == 201
    assert response.json()["date_time"] == moment


@pytest.mark.parametrize("typed", ["2031-03-30T02:30:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59-23:00"])
@pytest.mark.parametrize("field", ["date_time", "on_sale_from"])
def test_time_that_does_not_exist_is_invalid(berlin, as_staff, typed, field):
    response = add_show(as_staff, **{"date_time": "2031-01-01T00:00:00Z", field: typed})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]


def test_times_at_the_end_of_the_calendar_are_shown(settings, anyone):
    settings.TIME_ZONE = "Pacific/Kiritimati"
    ShowFactory(date_time=datetime(9999, 12, 31, 23, tzinfo=UTC))
    (show,) = anyone.get("/shows/").json()["results"]
    assert show["local_time"] == "9999-12-31T23:00:00Z"


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        ("Europe/Berlin", date(2031, 3, 30), "2031-03-29T23:00", "2031-03-30T22:00"),
        ("Europe/Berlin", date(2031, 10, 26), "2031-10-25T22:00", "2031-10-26T23:00"),
        # On 2018-11-04 the clocks of São Paulo went from 23:59 to 01:00.
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00", "2018-11-05T02:00"),
    ],
)
def test_day_of_the_cinema_has_23_24_or_25_hours(settings, zone, day, begins, ends):
    settings.TIME_ZONE = zone
    bounds = [start_of_day(day), end_of_day(day)]
    assert [f"{bound:%Y-%m-%dT%H:%M}" for bound in bounds] == [begins, ends]


def test_fixture_time_without_an_offset_is_the_cinemas(berlin, tmp_path):
    MovieFactory(pk=1)
    fixture = tmp_path / "shows.json"
    shows = [
        {
            "model": "shows.show",
            "pk": pk,
            "fields": {"movie": 1, "total_seats": 3, "screen_name": "Studio", "date_time": date_time},
        }
        for pk, date_time in ((1, "+1d 19:00"), (2, "2031-03-30T19:00:00"))
    ]
    fixture.write_text(json.dumps(shows))
    call_command("loaddata", fixture, verbosity=0)
    shows = Show.objects.in_bulk()
    assert f"{to_local(shows[1].date_time):%H:%M}" == "19:00"
    assert shows[2].date_time == datetime(2031, 3, 30, 17, tzinfo=UTC)


def test_admin_shows_and_reads_wall_times(berlin, admin_client):
    show = ShowFactory(date_time=datetime(2031, 3, 30, 17, tzinfo=UTC))
    path = f"/admin/shows/show/{show.pk}/change/"
    page = admin_client.get(path).content.decode()
    assert 'name="date_time_0" value="2031-03-30"' in page
    assert 'name="date_time_1" value="19:00:00"' in page
    for day, hour, moment in (
        ("2031-03-29", "19:00", datetime(2031, 3, 29, 18, tzinfo=UTC)),
        ("2031-10-26", "02:30", datetime(2031, 10, 26, 0, 30, tzinfo=UTC)),
    ):
        values = show_form(show, date_time_0=day, date_time_1=hour)
        assert admin_client.post(path, values).status_code == 302
        show.refresh_from_db()
        assert show.date_time == moment
    skipped = admin_client.post(path, show_form(show, date_time_0="2031-03-30", date_time_1="02:30"))
    assert "The clocks skip 2031-03-30 02:30." in skipped.content.decode()


def test_week_over_a_clock_change_keeps_its_wall_times(berlin, admin_client):
    path = "/admin/shows/show/week/"
    values = {
        "movie": MovieFactory().pk,
        "screen_name": "Studio",
        "total_seats": 3,
        "first_day": "2031-03-28",
        "days": 5,
        "times": "19:00",
    }
    assert admin_client.post(path, values).status_code == 302
    hours = [show.date_time.hour for show in Show.objects.order_by("date_time")]
    assert hours == [18, 18, 17, 17, 17]
    skipped = admin_client.post(path, values | {"screen_name": "Box", "times": "02:30"})
    assert "The clocks skip 2031-03-30 02:30." in skipped.content.decode()
    assert not Show.objects.filter(screen_name="Box").exists()


def test_seat_map_is_sent_again_after_a_change_of_the_zone_or_of_the_show(settings, anyone, show):
    path = f"/shows/{show.pk}/seats/"

    def sent_again(etag):
        response = anyone.get(path, headers={"If-None-Match": etag})
        return response.status_code, response["ETag"]

    etag = anyone.get(path)["ETag"]
    assert sent_again(etag)[0] == 304
    settings.TIME_ZONE = "Europe/Berlin"
    status, etag = sent_again(etag)
    assert status == 200
    for change in ({"format": "OV"}, {"on_sale_from": show.date_time}):
        Show.objects.update(**change)
        status, etag = sent_again(etag)
        assert status == 200


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_relative_day_is_counted_by_the_cinemas_calendar(settings, zone):
    """At every moment, the date of at least one of these zones differs from that of UTC."""
    settings.TIME_ZONE = zone
    assert to_local(ShowTimeField().to_python("+0d 12:00")).date() == timezone.localdate()
